"""Providers for staff: how they stand, their settings, a test that spends nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.providers import AddForm, SettingsForm
from generations.models import Provider, User
from generations.services import providers as service
from generations.services.audit import about
from generations.services.callbacks import callbacks_off, webhook_address
from generations.services.kinds import Kind, kind_named, kinds
from generations.services.probe import Probe, probe_for
from generations.services.refresh import refresh
from generations.services.standing import standings
from generations.views.access import SignedIn, admin_only, admins_change, staff_only

LATEST = 12

Switch = tuple[Callable[[Provider, User], None], str]
SWITCHES: MappingProxyType[str, Switch] = MappingProxyType(
    {
        "offer": (service.enable, gettext_noop("{name} is offered; waiting jobs are sent.")),
        "stop": (
            service.disable,
            gettext_noop("{name} is no longer offered. Jobs in flight go on; waiting ones wait."),
        ),
        "pause": (service.hold, gettext_noop("{name} is paused: what is asked for waits. Jobs in flight go on.")),
        "resume": (service.resume, gettext_noop("{name} is tried again; waiting jobs are sent.")),
    }
)


@staff_only
@require_safe
def providers(request: SignedIn) -> HttpResponse:
    return render(request, "generations/providers.html", {"standings": standings(list(Provider.objects.all()))})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def provider_add(request: SignedIn) -> HttpResponse:
    """First the kind of host, then its settings."""
    slug = request.GET.get("preset", "")
    kind = kind_named(slug)
    if kind is None and slug:
        raise Http404
    if kind is None:
        return render(request, "generations/provider_add.html", {"kinds": kinds()})
    form = AddForm(kind, request.POST if request.method == "POST" else None)
    if form.is_valid() and (added := _added(form, kind, request.user)):
        messages.info(request, _welcome(added))
        return _to(added)
    context = {"form": form, "kind": kind}
    return render(request, "generations/provider_add.html", context, status=422 if form.is_bound else 200)


def _welcome(added: Provider) -> str:
    models = added.models.count()
    told = ngettext(
        "{name} is added with {models} model. Test the connection.",
        "{name} is added with {models} models. Test the connection.",
        models,
    )
    return told.format(name=added, models=models)


def _added(form: AddForm, kind: Kind, actor: User) -> Provider | None:
    try:
        return service.add_provider(dialect=kind.dialect, preset=kind.preset.slug, actor=actor, **form.columns)
    except ValidationError as error:
        form.refuse(error)
        return None


@admins_change
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: SignedIn, pk: int) -> HttpResponse:
    """A provider's page. Reviewers see how it stands; admins also change it."""
    row = get_object_or_404(Provider, pk=pk)
    form = SettingsForm(row, request.POST if request.method == "POST" else None)
    if form.is_valid() and _changed(form, row, request):
        return _to(row)
    return _page(request, row, form, status=422 if form.is_bound else 200)


def _changed(form: SettingsForm, row: Provider, request: SignedIn) -> bool:
    had_secret = bool(row.key or row.headers_json or row.webhook_secret)
    try:
        now = service.change_provider(row, form.changes, request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    lost = had_secret and now.origin != row.origin and not (now.key or now.headers_json)
    told = [CLEARED if lost else _("Saved."), HELD if now.paused_by_hand else ""]
    messages.info(request, " ".join(map(str, filter(None, told))))
    return True


HELD = _("It stays paused, by hand, until somebody resumes it.")
CLEARED = _("Saved. The address is another one, so key and headers were cleared. Set them again.")


@admin_only
@require_POST
def provider_test(request: SignedIn, pk: int) -> HttpResponse:
    """Try the saved settings; the verdict alone for htmx, else the whole page with it."""
    row = get_object_or_404(Provider, pk=pk)
    result = probe_for(row, request.user)
    if request.htmx:
        return render(request, "generations/_provider_verdict.html", {"verdict": result, "provider": row})
    return _page(request, row, SettingsForm(row), verdict=result)


@admin_only
@require_POST
def provider_switch(request: SignedIn, pk: int) -> HttpResponse:
    """Offer, stop offering, pause, resume."""
    row = get_object_or_404(Provider, pk=pk)
    act, told = SWITCHES.get(request.POST.get("to", ""), (None, ""))
    if act is None:
        raise Http404
    act(row, request.user)
    messages.info(request, _(told).format(name=row))
    return _to(row)


@admin_only
@require_POST
def provider_refresh(request: SignedIn, pk: int) -> HttpResponse:
    """Bring the models up to the catalogue; what changed is said."""
    row = get_object_or_404(Provider, pk=pk)
    messages.info(request, str(refresh(row, request.user)))
    return _to(row)


def _page(
    request: SignedIn, row: Provider, form: SettingsForm, verdict: Probe | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "provider": row,
        "standing": standings([row])[0],
        "form": form,
        "verdict": verdict,
        "models": row.models.prefetch_related("combinations"),
        "callbacks_off": callbacks_off(row),
        "webhook_address": webhook_address(row),
        "entries": about(row)[:LATEST],
    }
    return render(request, "generations/provider.html", context, status=status)


def _to(row: Provider) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("provider", args=[row.pk]), status=303)

"""The team's webhooks, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.notices import TeamHookForm
from generations.models import Webhook
from generations.services.hooks import make_secret, remove_hook, save_hook
from generations.views.access import SignedIn, admin_only
from generations.views.notices import saved, tested


@admin_only
@require_safe
def webhooks(request: SignedIn) -> HttpResponse:
    return render(request, "generations/webhooks.html", {"hooks": Webhook.objects.of_team()})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_add(request: SignedIn) -> HttpResponse:
    return _edited(request, Webhook())


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: SignedIn, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(Webhook.objects.of_team(), pk=pk))


@admin_only
@require_POST
def webhook_act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    """Make its secret, which this answer alone shows; send a test; remove it."""
    hook = get_object_or_404(Webhook.objects.of_team(), pk=pk)
    if act == "secret":
        secret = make_secret(hook, request.user)
        return _page(request, hook, TeamHookForm(hook), new_secret=secret)
    if act == "test":
        messages.info(request, tested(hook, request.user))
        return _to("webhook", hook.pk)
    if act != "remove":
        raise Http404
    name = str(hook)
    remove_hook(hook, request.user)
    messages.info(request, _("{name} is removed.").format(name=name))
    return _to("webhooks")


def _edited(request: SignedIn, hook: Webhook) -> HttpResponse:
    form = TeamHookForm(hook, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, hook, form, status=422 if form.is_bound else 200)
    save_hook(hook, form.cleaned_data, request.user)
    messages.info(request, saved(hook))
    return _to("webhook", hook.pk)


def _page(
    request: SignedIn, hook: Webhook, form: TeamHookForm, new_secret: str = "", status: int = 200
) -> HttpResponse:
    context = {"hook": hook if hook.pk else None, "form": form, "new_secret": new_secret}
    return render(request, "generations/webhook.html", context, status=status)


def _to(name: str, *args: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=args), status=303)

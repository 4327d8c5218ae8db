"""Who may use which provider and model, and what roles begin with: staff look, admins set them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from generations.forms.access import LimitForm, RoleForm
from generations.models import Provider, Role, RoleDefault, VideoModel
from generations.services.access_settings import limit, open_to_all, set_role
from generations.views.access import SignedIn, admin_only, staff_only

MAKERS = (Role.MEMBER, Role.REVIEWER, Role.ADMIN)


@staff_only
@require_safe
def permissions(request: SignedIn) -> HttpResponse:
    providers = Provider.objects.prefetch_related("groups", "people", "models__groups", "models__people")
    known = {row.role: row for row in RoleDefault.objects.select_related("provider", "model")}
    roles = [known.get(role, RoleDefault(role=role)) for role in MAKERS]
    return render(request, "generations/permissions.html", {"providers": providers, "roles": roles})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def permission_provider(request: SignedIn, pk: int) -> HttpResponse:
    return _limited(request, get_object_or_404(Provider, pk=pk))


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def permission_model(request: SignedIn, pk: int) -> HttpResponse:
    return _limited(request, get_object_or_404(VideoModel.objects.select_related("provider"), pk=pk))


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def permission_role(request: SignedIn, role: str) -> HttpResponse:
    if role not in MAKERS:
        raise Http404
    row = RoleDefault.objects.filter(role=role).first() or RoleDefault(role=role)
    form = RoleForm(row, request.POST if request.method == "POST" else None)
    if form.is_valid():
        set_role(Role(role), **form.columns, actor=request.user)
        return _home(request)
    return _page(request, "permission_role", form, role=row)


def _limited(request: SignedIn, row: Provider | VideoModel) -> HttpResponse:
    form = LimitForm(row, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if form.is_limited:
            limit(row, form.cleaned_data["groups"], form.cleaned_data["people"], request.user)
        else:
            open_to_all(row, request.user)
        return _home(request)
    return _page(request, "permission", form, row=row, provider=getattr(row, "provider", None))


def _page(request: SignedIn, name: str, form: Form, **more: Any) -> HttpResponse:
    context = {"form": form, **more}
    return render(request, f"generations/{name}.html", context, status=422 if form.errors else 200)


def _home(request: SignedIn) -> HttpResponseRedirect:
    messages.info(request, _("Saved."))
    return HttpResponseRedirect(reverse("permissions"), status=303)

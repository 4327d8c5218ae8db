"""The models of a provider, for admins: by hand, as a copy, switched on and off."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generations.forms.models import CombinationSet, ModelForm, combination_set, refuse
from generations.models import Provider, User, VideoModel
from generations.services.models import add_model, change_model, copy_model, switch_model
from generations.views.access import SignedIn, admin_only


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def provider_model_add(request: SignedIn, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Provider, pk=pk), None)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def provider_model(request: SignedIn, pk: int) -> HttpResponse:
    row = _row(pk)
    return _edit(request, row.provider, row)


@admin_only
@require_POST
def provider_model_copy(request: SignedIn, pk: int) -> HttpResponse:
    """The same model under another wire id, ready to be edited."""
    row = _row(pk)
    try:
        copy = copy_model(row, request.POST.get("slug", "").strip(), request.user)
    except ValidationError as error:
        texts = [text for texts in error.message_dict.values() for text in texts]
        return _page(request, row.provider, row, *_forms(row.provider, row, None), copying=" ".join(texts))
    messages.info(
        request, _("{copy} is a copy of {model}. It is offered like it.").format(copy=copy.slug, model=row.slug)
    )
    return HttpResponseRedirect(reverse("provider-model", args=[copy.pk]), status=303)


@admin_only
@require_POST
def provider_model_switch(request: SignedIn, pk: int) -> HttpResponse:
    """Offer a model or not; its row comes back, or the provider's page without htmx."""
    row = _row(pk)
    switch_model(row, enabled=request.POST.get("to") == "on", actor=request.user)
    row.refresh_from_db()
    if request.htmx:
        return render(request, "generations/_provider_model.html", {"model": row})
    return HttpResponseRedirect(f"{reverse('provider', args=[row.provider_id])}#model-{row.pk}", status=303)


def _row(pk: int) -> VideoModel:
    return get_object_or_404(VideoModel.objects.select_related("provider"), pk=pk)


def _edit(request: SignedIn, provider: Provider, row: VideoModel | None) -> HttpResponse:
    form, rows = _forms(provider, row, request)
    valid = form.is_bound and all([form.is_valid(), rows.is_valid()])
    if valid and (kept := _kept(provider, row, form, rows, request.user)):
        messages.info(request, _("{model} is saved.").format(model=kept))
        return HttpResponseRedirect(f"{reverse('provider', args=[provider.pk])}#model-{kept.pk}", status=303)
    return _page(request, provider, row and _row(row.pk), form, rows)


def _forms(provider: Provider, row: VideoModel | None, request: SignedIn | None) -> tuple[ModelForm, CombinationSet]:
    data = request.POST if request and request.method == "POST" else None
    combinations = [c.value() for c in row.combinations.all()] if row else []
    return ModelForm(provider.dialect, data, instance=row), combination_set(data, combinations)


def _kept(
    provider: Provider, row: VideoModel | None, form: ModelForm, rows: CombinationSet, actor: User
) -> VideoModel | None:
    try:
        if row is None:
            return add_model(provider, form.columns, rows.values, actor)
        return change_model(row, form.columns, rows.values, actor)
    except ValidationError as error:
        refuse(form, error)
        return None


def _page(
    request: SignedIn,
    provider: Provider,
    row: VideoModel | None,
    form: ModelForm,
    rows: CombinationSet,
    copying: str = "",
) -> HttpResponse:
    context = {"provider": provider, "model": row, "form": form, "rows": rows, "copying": copying}
    status = 422 if form.is_bound or copying else 200
    return render(request, "generations/provider_model.html", context, status=status)

"""Prompts from a file: a preview of every row, and nothing written before somebody says so."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from generations.forms.intake import IntakeForm
from generations.services.batch.table import NotReadable
from generations.services.intake import KEPT, Intake, plan, save
from generations.views.access import SignedIn
from generations.views.batch import creators_only

CHANGED = _("Something changed since the preview. Here is how it is now.")
WRONG = _("Not every row is good. Mend those that are marked, or import the good ones only.")


@creators_only
@require_http_methods(["GET", "HEAD", "POST"])
def prompts_import(request: SignedIn) -> HttpResponse:
    if request.method != "POST":
        return _page(request, IntakeForm())
    form, wants = IntakeForm(request.POST, request.FILES), request.POST.get("make", "")
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        found = plan(request.user, form.content, form.default)
    except NotReadable as problem:
        form.add_error("file" if form.cleaned_data.get("file") else "text", str(problem))
        return _page(request, form, status=422)
    return _confirmed(request, form, found, wants) if wants else _page(request, form, found)


def _confirmed(request: SignedIn, form: IntakeForm, found: Intake, wants: str) -> HttpResponse:
    """Write what was shown, and only that."""
    if form.cleaned_data["digest"] != found.digest:
        return _page(request, form, found, str(CHANGED), 422)
    if found.bad and wants != "good":
        return _page(request, form, found, str(WRONG), 422)
    made = save(request.user, found.new)
    told = ngettext("{made} prompt imported.", "{made} prompts imported.", made)
    messages.info(request, told.format(made=made))
    return HttpResponseRedirect(reverse("prompts"), status=303)


def _page(
    request: SignedIn, form: IntakeForm, found: Intake | None = None, notice: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "intake": found, "notice": notice, "columns": KEPT}
    return render(request, "generations/prompts_import.html", context, status=status)

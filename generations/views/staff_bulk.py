"""One act on many jobs of the staff's table: counted and priced first, then done to those that are as they were."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generations.forms.compose import new_token
from generations.forms.job_table_bulk import ChoiceForm, ConfirmedForm
from generations.services.job_table_deeds import do
from generations.services.job_table_plan import plan
from generations.services.rates import portal_currency
from generations.views.access import SignedIn, staff_only

NOTHING = "Choose some jobs first."


@staff_only
@require_POST
def staff_jobs_confirm(request: SignedIn) -> HttpResponse:
    """How many it can be done to, which not and why, and what it costs. Nothing is done."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    if not form.keys:
        messages.warning(request, _(NOTHING))
        return HttpResponseRedirect(form.back, status=303)
    context = {
        "plan": plan(request.user, form.deed, form.keys), "form": form, "token": new_token(),
        "currency": portal_currency(),
    }  # fmt: skip
    return render(request, "generations/staff_jobs_confirm.html", context)


@staff_only
@require_POST
def staff_jobs_do(request: SignedIn) -> HttpResponse:
    """Do it, and say to how many, and what was left out. A second click finds it done."""
    form = ConfirmedForm(request.POST)
    if not form.is_valid() or not form.keys:
        raise BadRequest
    messages.info(request, str(do(request.user, form.deed, form.seen, form.cleaned_data["token"])))
    return HttpResponseRedirect(form.back, status=303)

"""Settings of the whole portal, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from generations.forms.budgets import CurrencyForm
from generations.forms.portal import ApprovalDaysForm, PortalForm
from generations.services.budget_settings import set_currency
from generations.services.not_saved import NotSaved
from generations.services.portal import choose, chosen
from generations.services.shares import that_work
from generations.views.access import SignedIn, admin_only
from generations.views.budgets import refuse

SAVED = _("Saved.")


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def staff_settings(request: SignedIn) -> HttpResponse:
    """Look at them, or set them."""
    if request.method != "POST":
        return _page(request)
    form = PortalForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    choose(request.user, **form.cleaned_data)
    return _saved(request)


@admin_only
@require_POST
def staff_currency(request: SignedIn) -> HttpResponse:
    form = CurrencyForm(request.POST)
    if form.is_valid():
        try:
            set_currency(form.cleaned_data["currency"], request.user)
            return _saved(request)
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, money=form)


@admin_only
@require_POST
def staff_approval_days(request: SignedIn) -> HttpResponse:
    form = ApprovalDaysForm(request.POST)
    if not form.is_valid():
        return _page(request, approval=form)
    choose(request.user, **form.cleaned_data)
    return _saved(request)


def _page(
    request: SignedIn,
    form: PortalForm | None = None,
    money: CurrencyForm | None = None,
    approval: ApprovalDaysForm | None = None,
) -> HttpResponse:
    """All forms, one of them perhaps with what is wrong with it."""
    now = chosen()
    status = 422 if form or money or approval else 200
    form = form or PortalForm(initial={"shares_outside": now.shares_outside, "approved_only": now.approved_only})
    money = money or CurrencyForm(initial={"currency": now.currency})
    approval = approval or ApprovalDaysForm(initial={"approval_days": now.approval_days})
    context = {"links": that_work(now), "portal": now, "form": form, "money": money, "approval": approval}
    return render(request, "generations/staff_settings.html", context, status=status)


def _saved(request: SignedIn) -> HttpResponseRedirect:
    messages.info(request, SAVED)
    return HttpResponseRedirect(reverse("staff-settings"), status=303)

"""Budgets, the groups they are for, and exchange rates: staff look, admins set them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.budgets import BudgetForm, GroupForm, NewBudgetForm, RateForm
from generations.models import Budget, ExchangeRate, Group
from generations.services import budget_settings as settings
from generations.services.budgets import all_lines, line_of
from generations.services.months import this_month
from generations.services.not_saved import NotSaved
from generations.services.rates import portal_currency, units_without_rate
from generations.views.access import SignedIn, admin_only, staff_only


@staff_only
@require_safe
def staff_budgets(request: SignedIn) -> HttpResponse:
    return _overview(request, RateForm())


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def budget_add(request: SignedIn) -> HttpResponse:
    form = NewBudgetForm(request.POST if request.method == "POST" else None, request.GET.get("whose", ""))
    if form.is_valid():
        try:
            settings.add_budget(form.target, form.cleaned_data["amount"], form.cleaned_data["is_hard"], request.user)
            return _home(request, _("The budget is set."))
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, "budget", form)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: SignedIn, pk: int) -> HttpResponse:
    row = get_object_or_404(Budget.objects.select_related("group", "member"), pk=pk)
    form = BudgetForm(request.POST if request.method == "POST" else None, row)
    if form.is_valid():
        settings.change_budget(row, form.cleaned_data["amount"], form.cleaned_data["is_hard"], request.user)
        return _home(request, _("The budget is set."))
    return _page(request, "budget", form, line=line_of(row, this_month()))


@admin_only
@require_POST
def budget_remove(request: SignedIn, pk: int) -> HttpResponse:
    settings.remove_budget(get_object_or_404(Budget, pk=pk), request.user)
    return _home(request, _("The budget is removed."))


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def group_add(request: SignedIn) -> HttpResponse:
    return _edited(request, Group())


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: SignedIn, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(Group, pk=pk))


@admin_only
@require_POST
def group_remove(request: SignedIn, pk: int) -> HttpResponse:
    row = get_object_or_404(Group, pk=pk)
    try:
        settings.remove_group(row, request.user)
    except NotSaved as problem:
        return _page(request, "group", GroupForm(row), status=422, group=row, refused=str(problem))
    return _home(request, _("{name} is removed.").format(name=row.name))


@admin_only
@require_POST
def rate_add(request: SignedIn) -> HttpResponse:
    form = RateForm(request.POST)
    if not form.is_valid():
        return _overview(request, form)
    settings.set_rate(**form.cleaned_data, actor=request.user)
    return _home(request, _("The rate is set."))


@admin_only
@require_POST
def rate_remove(request: SignedIn, pk: int) -> HttpResponse:
    settings.remove_rate(get_object_or_404(ExchangeRate, pk=pk), request.user)
    return _home(request, _("The rate is removed."))


def refuse(form: Form, problem: NotSaved) -> None:
    """Say it at the control it names, or above the form when there is none."""
    form.add_error(problem.field if problem.field in form.fields else None, str(problem))


def _edited(request: SignedIn, row: Group) -> HttpResponse:
    form = GroupForm(row, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            saved = settings.save_group(row, form.cleaned_data["name"], form.cleaned_data["members"], request.user)
            return _home(request, _("{name} is saved.").format(name=saved.name))
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, "group", form, group=row if row.pk else None)


def _overview(request: SignedIn, form: RateForm) -> HttpResponse:
    return _page(
        request, "staff_budgets", form,
        month=this_month(), lines=all_lines(this_month()), groups=Group.objects.prefetch_related("members", "budgets"),
        rates=ExchangeRate.objects.all(), missing=units_without_rate(),
    )  # fmt: skip


def _page(request: SignedIn, name: str, form: Form, status: int = 0, **more: Any) -> HttpResponse:
    """A form that breaks a rule comes back as 422."""
    context = {"form": form, "currency": portal_currency(), **more}
    return render(request, f"generations/{name}.html", context, status=status or (422 if form.errors else 200))


def _home(request: SignedIn, said: str) -> HttpResponseRedirect:
    messages.info(request, said)
    return HttpResponseRedirect(reverse("staff-budgets"), status=303)

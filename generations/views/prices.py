"""What models cost and from when on: staff look, admins say."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.prices import PriceRuleForm
from generations.models import PriceRule, Provider, VideoModel
from generations.services.months import today
from generations.services.not_saved import NotSaved
from generations.services.price_rules import add_rule, change_rule, in_force, may_change, priced, remove_rule, rule_for
from generations.services.rates import portal_currency, units_without_rate
from generations.views.access import SignedIn, admin_only, admins_change, staff_only
from generations.views.budgets import refuse


@staff_only
@require_safe
def staff_prices(request: SignedIn) -> HttpResponse:
    """Every model that is offered, with what its clips cost today and the rules to come."""
    rules, to_come = in_force(today()), PriceRule.objects.to_come(today()).order_by("valid_from", "pk")
    models = VideoModel.objects.filter(provider__is_sandbox=False).select_related("provider")
    rows = models.order_by("provider__name", "position", "slug").prefetch_related("combinations")
    coming = {rule.model_id: rule for rule in reversed(list(to_come))}
    context = {
        "models": [(model, _today(model, rules.get(model.pk, {})), coming.get(model.pk)) for model in rows],
        "missing": units_without_rate(), "currency": portal_currency(),
        "has_sandbox_only": not Provider.objects.filter(is_sandbox=False).exists(),
    }  # fmt: skip
    return render(request, "generations/staff_prices.html", context)


@admins_change
@require_http_methods(["GET", "HEAD", "POST"])
def model_prices(request: SignedIn, pk: int) -> HttpResponse:
    """A model's rules, those to come and those that were, and one more."""
    model = _model(pk)
    form = PriceRuleForm(model, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            add_rule(model, form.said, request.user)
            return _to(request, model, _("The rule is added. Jobs that were asked for keep their price."))
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, model, form)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def price_rule(request: SignedIn, pk: int) -> HttpResponse:
    """Change one whose first day is still to come."""
    rule = _rule(pk)
    form = PriceRuleForm(rule.model, request.POST if request.method == "POST" else None, rule)
    if form.is_valid():
        try:
            change_rule(rule, form.said, request.user)
            return _to(request, rule.model, _("The rule is changed."))
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, rule.model, form, rule=rule, has_begun=not may_change(rule))


@admin_only
@require_POST
def price_rule_remove(request: SignedIn, pk: int) -> HttpResponse:
    rule = _rule(pk)
    try:
        remove_rule(rule, request.user)
    except NotSaved as problem:
        return _page(request, rule.model, PriceRuleForm(rule.model), status=422, refused=str(problem))
    return _to(request, rule.model, _("The rule is removed."))


def _model(pk: int) -> VideoModel:
    return get_object_or_404(VideoModel.objects.select_related("provider"), pk=pk)


def _rule(pk: int) -> PriceRule:
    return get_object_or_404(PriceRule.objects.select_related("model__provider"), pk=pk)


def _today(model: VideoModel, rules: Any) -> list[tuple[Any, str, Any]]:
    """Each combination as it is priced today, its unit, and by which rule; None where by the list."""
    found = [(priced(row.value(), rules), rule_for(row.value(), rules)) for row in model.combinations.all()]
    return [(one, one.currency or model.currency, rule) for one, rule in found]


def _page(request: SignedIn, model: VideoModel, form: PriceRuleForm, status: int = 0, **more: Any) -> HttpResponse:
    rules = PriceRule.objects.filter(model=model).select_related("added_by")
    current = in_force(today(), model).get(model.pk, {})
    context = {
        "model": model, "form": form, "rules": rules, "today": today(),
        "current": {rule.pk for rule in current.values()}, "prices": _today(model, current),
        "currency": portal_currency(), **more,
    }  # fmt: skip
    return render(request, "generations/model_prices.html", context, status=status or (422 if form.errors else 200))


def _to(request: SignedIn, model: VideoModel, said: str) -> HttpResponseRedirect:
    messages.info(request, said)
    return HttpResponseRedirect(reverse("model-prices", args=[model.pk]), status=303)

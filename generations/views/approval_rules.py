"""The rules that make jobs wait for approval: staff look, admins set them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.approvals import RuleForm
from generations.models import ApprovalRule, RoleDefault
from generations.services.portal import chosen
from generations.services.rates import portal_currency
from generations.services.rule_settings import remove_rule, save_rule
from generations.views.access import SignedIn, admin_only, staff_only


@staff_only
@require_safe
def approval_rules(request: SignedIn) -> HttpResponse:
    rules = ApprovalRule.objects.select_related("group", "member", "provider", "model__provider")
    context = {
        "rules": rules, "roles": RoleDefault.objects.filter(needs_approval=True), "days": chosen().approval_days,
        "currency": portal_currency(),
    }  # fmt: skip
    return render(request, "generations/approval_rules.html", context)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def approval_rule_add(request: SignedIn) -> HttpResponse:
    return _edited(request, ApprovalRule())


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def approval_rule(request: SignedIn, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(ApprovalRule, pk=pk))


@admin_only
@require_POST
def approval_rule_remove(request: SignedIn, pk: int) -> HttpResponse:
    remove_rule(get_object_or_404(ApprovalRule, pk=pk), request.user)
    return _home(request, _("The rule is removed. What waits already waits on."))


def _edited(request: SignedIn, rule: ApprovalRule) -> HttpResponse:
    form = RuleForm(request.POST if request.method == "POST" else None, rule)
    if form.is_valid():
        save_rule(rule, form.columns, request.user)
        return _home(request, _("The rule is saved."))
    return _page(request, form, rule=rule if rule.pk else None)


def _page(request: SignedIn, form: Form, **more: Any) -> HttpResponse:
    context = {"form": form, "currency": portal_currency(), **more}
    return render(request, "generations/approval_rule.html", context, status=422 if form.errors else 200)


def _home(request: SignedIn, said: str) -> HttpResponseRedirect:
    messages.info(request, said)
    return HttpResponseRedirect(reverse("approval-rules"), status=303)

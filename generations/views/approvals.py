"""Jobs that await approval: reviewers decide, one by one or many at once after a look at what they come to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from generations.forms.approvals import APPROVE, AT_ONCE, REJECT, DecisionForm, seen_in
from generations.models import Job
from generations.services.approvals import NotDecided, approve, reject
from generations.services.budgets import OverBudget
from generations.services.paging import Keyset
from generations.services.rates import portal_currency
from generations.services.waiting import asks, sum_of, to_decide
from generations.views.access import SignedIn, staff_only

NEWEST = Keyset(at="created_at", name="key")
PAGE = 20
NOTHING = "Choose at least one job that still waits."


@staff_only
@require_safe
def staff_approvals(request: SignedIn) -> HttpResponse:
    return _page(request)


@staff_only
@require_POST
def approvals_confirm(request: SignedIn) -> HttpResponse:
    """What was chosen, counted and priced, before anything is decided."""
    seen, act = seen_in(request.POST), request.POST.get("act")
    found = asks(list(to_decide(request.user).filter(key__in=seen).order_by("created_at", "pk")), request.user)
    chosen = [ask for ask in found if not ask.is_mine]
    if not chosen or act not in (APPROVE, REJECT):
        return _page(request, [("", _(NOTHING))])
    return _confirm(request, DecisionForm(initial={"act": act}), chosen, act)


@staff_only
@require_POST
def approvals_decide(request: SignedIn) -> HttpResponse:
    """Approve or reject what was seen. Whatever could not be decided comes back with its reason."""
    form, seen = DecisionForm(request.POST), seen_in(request.POST)
    jobs = list(Job.objects.filter(key__in=seen).select_related("prompt").order_by("created_at", "pk"))
    if not form.is_valid() or not jobs:
        return _page(
            request, [("", " ".join(str(error) for errors in form.errors.values() for error in errors) or _(NOTHING))]
        )
    problems = [(job, _tried(request, job, seen[job.key], form)) for job in jobs]
    wrong = [(ask_id(job), said) for job, said in problems if said]
    if done := len(jobs) - len(wrong):
        messages.info(request, _said(form.cleaned_data["act"], done))
    return _page(request, wrong) if wrong else HttpResponseRedirect(reverse("staff-approvals"), status=303)


def ask_id(job: Job) -> str:
    """The id of its panel on the page."""
    return f"ask-{job.key}"


def _tried(request: SignedIn, job: Job, rev: int, form: DecisionForm) -> str:
    """Why nothing was decided about this one; "" when it was."""
    do = approve if form.cleaned_data["act"] == APPROVE else reject
    try:
        do(job, rev, request.user, form.cleaned_data["note"])
    except (NotDecided, OverBudget) as problem:
        return str(problem)
    return ""


def _said(act: str, count: int) -> str:
    if act == APPROVE:
        told = ngettext(
            "{count} clip is approved and waits for its turn.",
            "{count} clips are approved and wait for their turn.",
            count,
        )
    else:
        told = ngettext("{count} clip is not approved.", "{count} clips are not approved.", count)
    return told.format(count=count)


def _confirm(request: SignedIn, form: DecisionForm, chosen: list[Any], act: str) -> HttpResponse:
    context = {
        "form": form, "asks": chosen, "act": act, "sum": sum_of([ask.job for ask in chosen]),
        "over": sum(ask.is_over for ask in chosen), "currency": portal_currency(),
    }  # fmt: skip
    return render(request, "generations/approvals_confirm.html", context)


def _page(request: SignedIn, problems: list[tuple[str, str]] | None = None) -> HttpResponse:
    page = NEWEST.page(to_decide(request.user), request.GET.get("after", ""), PAGE)
    context = {
        "page": page, "asks": asks(page.rows, request.user), "problems": problems or [], "at_once": AT_ONCE,
        "form": DecisionForm(), "currency": portal_currency(),
    }  # fmt: skip
    template = "_staff_approvals_page.html" if request.htmx else "staff_approvals.html"
    return render(request, f"generations/{template}", context, status=422 if problems else 200)

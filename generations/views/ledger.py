"""The book: of one job, of all, what is held, and corrections. Staff read, admins correct. Never a prompt or a clip."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.ledger import CorrectionForm, LedgerFilter, MemberCorrectionForm
from generations.models import FINAL, Charged, Job
from generations.services.book import NEWEST, entries, entries_of, still_held, sums_of
from generations.services.corrections import correct_job, correct_member, say_charged
from generations.services.not_saved import NotSaved
from generations.services.rates import portal_currency
from generations.views.access import SignedIn, admin_only, admins_change, staff_only
from generations.views.budgets import refuse

PAGE, HELD = 50, 100
SAID = {"charged": Charged.YES, "not-charged": Charged.NO}


@staff_only
@require_safe
def staff_ledger(request: SignedIn) -> HttpResponse:
    """What is held, and every entry, the newest first."""
    filters = LedgerFilter(request.GET)
    page = NEWEST.page(entries(filters.picked), request.GET.get("after", ""), PAGE)
    context: dict[str, Any] = {"filters": filters, "page": page, "currency": portal_currency()}
    if request.htmx:
        return render(request, "generations/_ledger_page.html", context)
    held = list(still_held()[: HELD + 1])
    return render(request, "generations/staff_ledger.html", context | {"held": held[:HELD], "more": len(held) > HELD})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def ledger_correct(request: SignedIn) -> HttpResponse:
    """A correction that is about no job."""
    form = MemberCorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            correct_member(*form.whose, actor=request.user, **form.said)
            return _to(request, f"{reverse('staff-ledger')}?kind=correction")
        except NotSaved as problem:
            refuse(form, problem)
    context = {"form": form, "currency": portal_currency()}
    return render(request, "generations/ledger_correct.html", context, status=422 if form.errors else 200)


@admins_change
@require_http_methods(["GET", "HEAD", "POST"])
def job_ledger(request: SignedIn, key: UUID) -> HttpResponse:
    """Every entry of a job, a private one's too; admins correct it here."""
    job = get_object_or_404(Job.objects.select_related("author", "provider"), key=key)
    form = CorrectionForm(request.POST if request.method == "POST" else None, job)
    if form.is_valid():
        try:
            correct_job(job, actor=request.user, **form.said)
            return _to(request, reverse("job-ledger", args=[key]))
        except NotSaved as problem:
            refuse(form, problem)
    return _job_page(request, job, form)


@admin_only
@require_POST
def job_ledger_say(request: SignedIn, key: UUID, number: int, charged: str) -> HttpResponse:
    """An admin says whether a held submission was charged."""
    told = SAID.get(charged)
    if told is None:
        raise Http404
    job = get_object_or_404(Job, key=key)
    try:
        say_charged(job, number, told, request.user)
    except NotSaved as problem:
        return _job_page(request, job, CorrectionForm(job=job), refused=str(problem))
    return _to(request, reverse("job-ledger", args=[key]))


def _job_page(request: SignedIn, job: Job, form: CorrectionForm, refused: str = "") -> HttpResponse:
    found = entries_of(job)
    held = still_held().filter(job=job) if job.state in FINAL else []
    context = {
        "job": job, "form": form, "entries": found, "sums": sums_of(found), "currency": portal_currency(),
        "may_read": job.is_visible_to(request.user), "held": held, "refused": refused,
    }  # fmt: skip
    return render(request, "generations/job_ledger.html", context, status=422 if form.errors or refused else 200)


def _to(request: SignedIn, address: str) -> HttpResponseRedirect:
    messages.info(request, _("The correction is in the book."))
    return HttpResponseRedirect(address, status=303)

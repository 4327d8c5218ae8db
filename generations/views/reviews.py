"""Review of finished clips: on a clip's own page, and one after the other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generations.forms.reviews import ReviewForm
from generations.models import Job, Verdict
from generations.services.paging import Keyset
from generations.services.reviews import NotReviewed, count_to_review, may_review, review, to_review
from generations.views.access import SignedIn, signed_in, staff_only
from generations.views.jobs import page, visible

NEWEST = Keyset(at="created_at", name="key")
TOLD = 40  # characters of a prompt


@staff_only
@require_safe
def staff_clips(request: SignedIn) -> HttpResponse:
    """The newest clip that nobody judged, behind the one that `after` names."""
    after = request.GET.get("after", "")
    cards = Job.objects.visible_to(request.user).for_cards(request.user)
    found = NEWEST.page(to_review(request.user), after, 1, full=cards).rows
    return _clip(request, found[0] if found else None, after)


@signed_in
@require_POST
def job_review(request: SignedIn, key: UUID) -> HttpResponse:
    """Say something of a clip. From the page of clips (`after`) it leads to the next one there."""
    job = visible(request, key)
    if not request.user.is_reviewer:
        raise PermissionDenied
    form = ReviewForm(request.POST)
    problem = _tried(request, job, form) if form.is_valid() else form.problem
    if "after" in request.POST:
        return _in_the_row(request, job, form, problem)
    if request.htmx:
        context = page(request, visible(request, key)) | {"problem": problem, "typed": form.typed if problem else ""}
        return render(request, "generations/_job_review.html", context, status=422 if problem else 200)
    if problem:
        messages.warning(request, problem)
        context = page(request, visible(request, key)) | {"problem": problem, "typed": form.typed}
        return render(request, "generations/job.html", context, status=422)
    return HttpResponseRedirect(f"{job.get_absolute_url()}#review", status=303)


def _tried(request: SignedIn, job: Job, form: ReviewForm) -> str:
    """Why nothing was written; "" when it was, or was before."""
    try:
        review(job, form.cleaned_data["seen"] or 0, request.user, form.said)
    except NotReviewed as problem:
        return str(problem)
    return ""


def _in_the_row(request: SignedIn, job: Job, form: ReviewForm, problem: str) -> HttpResponse:
    """The next clip; the same one once more where something was wrong and it still waits."""
    after, now = request.POST["after"], visible(request, job.key)
    if problem and not now.verdict and may_review(now, request.user):
        return _clip(request, now, after, problem=problem, typed=form.typed)
    if problem:
        messages.warning(request, problem)
    else:
        messages.info(request, _said(form, job))
    query = f"?{urlencode({'after': after})}" if after else ""
    return HttpResponseRedirect(reverse("staff-clips") + query, status=303)


def _said(form: ReviewForm, job: Job) -> str:
    verdict = form.said.verdict
    told = _("{verdict}: “{prompt}”")
    label = Verdict(verdict).label if verdict else _("No verdict")
    return told.format(verdict=label, prompt=Truncator(job.prompt.shown).chars(TOLD))


def _clip(request: SignedIn, job: Job | None, after: str, **more: Any) -> HttpResponse:
    context = {
        "job": job, "after": after, "skip": NEWEST.cursor(job) if job else "",
        "count": count_to_review(request.user), **more,
    }  # fmt: skip
    return render(request, "generations/staff_clips.html", context, status=422 if "problem" in more else 200)

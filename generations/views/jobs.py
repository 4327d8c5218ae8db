"""One job: its page, its card, and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from generations.forms.compose import new_token
from generations.models import Job
from generations.services.actions import actions
from generations.services.cancel import cancel, may_act_on
from generations.services.line import placed
from generations.services.trash import restore, trash
from generations.views.access import SignedIn, signed_in

CANCELLED = _("Cancelled. Nothing was sent or charged.")
TRASHED, NOT_TRASHED = _("Moved to the trash."), _("It is in the trash already, or not over yet.")
RESTORED, NOT_RESTORED = _("Taken out of the trash."), _("It is not in the trash any more.")
TOO_LATE = _("It was just being sent. It is cancelled only if the provider does not take it.")


def visible(request: SignedIn, key: UUID) -> Job:
    """The job with all that its card shows, or 404 for who may not see it."""
    jobs = Job.objects.visible_to(request.user).for_cards(request.user)
    return placed([get_object_or_404(jobs, key=key)])[0]


def page(request: SignedIn, job: Job) -> dict[str, Any]:
    """What the job's page shows around the job itself."""
    return {"job": job, "acts": actions(job, request.user), "token": new_token()}


@signed_in
@require_safe
def job(request: SignedIn, key: UUID) -> HttpResponse:
    return render(request, "generations/job.html", page(request, visible(request, key)))


@signed_in
@require_safe
def job_card(request: SignedIn, key: UUID) -> HttpResponse:
    return render(request, "generations/_job_card.html", {"job": visible(request, key)})


@signed_in
@require_safe
def job_body(request: SignedIn, key: UUID) -> HttpResponse:
    """The job page's live part; 204 when the page already shows this revision."""
    job = visible(request, key)
    if request.GET.get("rev") == job.revision:
        return HttpResponse(status=204)
    return render(request, "generations/_job_body.html", page(request, job))


@signed_in
@require_POST
def job_cancel(request: SignedIn, key: UUID) -> HttpResponse:
    """Take a waiting job back; its own card comes back, or its page without htmx."""
    job = visible(request, key)
    if not may_act_on(job, request.user):
        raise PermissionDenied
    told = CANCELLED if cancel(job, request.user) else TOO_LATE
    if request.htmx:
        card = render(request, "generations/_job_card.html", {"job": visible(request, key)})
        return trigger_client_event(card, "say", {"value": told})
    messages.info(request, told)
    return redirect(job)


@signed_in
@require_POST
def job_trash(request: SignedIn, key: UUID) -> HttpResponse:
    """Move a finished job to the trash; its page then offers the way back."""
    job = visible(request, key)
    if not may_act_on(job, request.user):
        raise PermissionDenied
    messages.info(request, TRASHED if trash(job, request.user) else NOT_TRASHED)
    return _to(reverse("job", args=[key]))


@signed_in
@require_POST
def job_restore(request: SignedIn, key: UUID) -> HttpResponse:
    """Take a job out of the trash: the author, and admins, who need not see its text for that.

    htmx gets nothing in place of the row; a form goes back to where it was sent from.
    """
    mine = Job.objects.in_trash_of(request.user).values("pk")
    seen = Job.objects.visible_to(request.user).values("pk")
    job = get_object_or_404(Job.objects.filter(Q(pk__in=mine) | Q(pk__in=seen)), key=key)
    if not may_act_on(job, request.user):
        raise PermissionDenied
    told = RESTORED if restore(job, request.user) else NOT_RESTORED
    if request.htmx:
        return trigger_client_event(HttpResponse(), "say", {"value": told})
    messages.info(request, told)
    return _to(reverse("trash") if request.POST.get("from") == "trash" else reverse("job", args=[key]))


def _to(url: str) -> HttpResponse:
    """After a change: the page is asked for by GET."""
    return HttpResponseRedirect(url, status=303)

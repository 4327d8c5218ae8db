"""One job: its page, its card, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from generations.models import Job
from generations.services.cancel import cancel, may_act_on
from generations.views.access import SignedIn, signed_in

CANCELLED = "Cancelled. Nothing was sent or charged."
TOO_LATE = "It was just being sent. It is cancelled only if the provider does not take it."


def _visible(request: SignedIn, key: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user).for_cards(), key=key)


@signed_in
@require_safe
def job(request: SignedIn, key: UUID) -> HttpResponse:
    return render(request, "generations/job.html", {"job": _visible(request, key)})


@signed_in
@require_safe
def job_card(request: SignedIn, key: UUID) -> HttpResponse:
    return render(request, "generations/_job_card.html", {"job": _visible(request, key)})


@signed_in
@require_safe
def job_body(request: SignedIn, key: UUID) -> HttpResponse:
    """The job page's live part; 204 when the page already shows this revision."""
    job = _visible(request, key)
    if request.GET.get("rev") == job.revision:
        return HttpResponse(status=204)
    return render(request, "generations/_job_body.html", {"job": job})


@signed_in
@require_POST
def job_cancel(request: SignedIn, key: UUID) -> HttpResponse:
    """Take a waiting job back; its own card comes back, or its page without htmx."""
    job = _visible(request, key)
    if not may_act_on(job, request.user):
        raise PermissionDenied
    told = CANCELLED if cancel(job, request.user) else TOO_LATE
    if request.htmx:
        card = render(request, "generations/_job_card.html", {"job": _visible(request, key)})
        return trigger_client_event(card, "say", {"value": told})
    messages.info(request, told)
    return redirect(job)

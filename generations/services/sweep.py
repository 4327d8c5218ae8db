"""Finding what a kick missed and what a dead process left behind. Any number of times, by anybody."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from generations.models import Job, Output, State, Submission
from generations.services.advance import advance
from generations.services.kick import ARCHIVES, kick_archive, waiting_in
from generations.services.submit import unheard

KICK_AGAIN = timedelta(seconds=60)
ENOUGH = 10


def sweep() -> None:
    """One round."""
    _dead_submitters()
    _waited_too_long()
    _to_archive()


def _dead_submitters() -> None:
    """Whoever was sending this is gone: it may have been accepted, no one knows."""
    live = Q(job__state=State.SUBMITTING, lease_until__lt=timezone.now())
    for submission in Submission.objects.filter(live).select_related("job"):
        if submission.job.token == submission.token:
            unheard(submission, "The process that sent it ended before an answer came.")


def _waited_too_long() -> None:
    aged = timezone.now() - timedelta(seconds=settings.QUEUED_MAX_AGE)
    for job in Job.objects.filter(state=State.QUEUED, created_at__lt=aged):
        advance(job, State.FAILED, reason="It waited for more than a day and was not sent.")
    for job in Job.objects.filter(state=State.QUEUED, provider=None):
        advance(job, State.FAILED, reason="Its provider was removed before it was sent.")


def _to_archive() -> None:
    """Outputs whose time has come and that nobody is copying; none while the archive has enough to do."""
    if waiting_in(ARCHIVES) >= ENOUGH:
        return
    now = timezone.now()
    idle = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Output.objects.filter(idle, stored_at=None, abandoned_at=None, next_try_at__lte=now)
    for pk, next_try in due.order_by("next_try_at").values_list("pk", "next_try_at")[:ENOUGH]:
        # Moving the time is winning the kick: two sweepers send one.
        if Output.objects.filter(pk=pk, next_try_at=next_try).update(next_try_at=now + KICK_AGAIN):
            kick_archive(pk)

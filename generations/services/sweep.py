"""Finding what a kick missed and what a dead process left behind. Any number of times, by anybody."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Cause
from generations.models import Heartbeat, Job, JobEvent, Output, State, Submission, UsageMark
from generations.services import spool
from generations.services.advance import advance
from generations.services.approvals import expire_stale
from generations.services.clock import mend_times
from generations.services.health import forget_old_hours
from generations.services.kick import ARCHIVES, kick_archive, kick_deliver, kick_roll_up, kick_tidy, waiting_in
from generations.services.notices import forget_told, something_to_tell
from generations.services.outcomes import settle, unheard
from generations.services.references import forget_unused

log = logging.getLogger(__name__)

NOT_SENT = gettext_noop("It waited for more than a day and was not sent.")
REMOVED = gettext_noop("Its provider was removed before it was sent.")
KICK_AGAIN = timedelta(seconds=60)
ENOUGH = 10
TIDY_EVERY = timedelta(hours=1)
ROLL_UP_EVERY = timedelta(minutes=5)
OLD_EVERY = 3600  # seconds between two rounds of what may wait


def sweep() -> None:
    """One round."""
    _left_in_the_spool()
    _dead_submitters()
    _waited_too_long()
    expire_stale()
    mend_times()
    _to_archive()
    if something_to_tell():
        kick_deliver()
    if Heartbeat.take_turn("tidy:kicked", TIDY_EVERY):
        kick_tidy()
    if UsageMark.objects.exists() and Heartbeat.take_turn("usage:kicked", ROLL_UP_EVERY):
        kick_roll_up()
    if cache.add("swept-old", True, OLD_EVERY):
        forget_old_hours()
        forget_unused()
        forget_told()


def _left_in_the_spool() -> None:
    """What was answered and written down, though the process ended or the database was away before it was saved."""
    for token, result in spool.left_behind():
        try:
            if settle(token, result):
                log.warning("an answer was recovered from the spool")
            spool.drop(token)
        except Submission.DoesNotExist:
            spool.put_aside(token)


def _dead_submitters() -> None:
    """Whoever was sending this is gone: it may have been accepted, no one knows."""
    live = Q(job__state=State.SUBMITTING, lease_until__lt=timezone.now())
    for submission in Submission.objects.filter(live).select_related("job"):
        if submission.job.token == submission.token:
            unheard(submission, gettext_noop("The process that sent it ended before an answer came."))


def _waited_too_long() -> None:
    aged = timezone.now() - timedelta(seconds=settings.QUEUED_MAX_AGE)
    # What a person put back into the queue waits from then on.
    again = JobEvent.objects.filter(job=OuterRef("pk"), state=State.QUEUED, actor__isnull=False, at__gte=aged)
    for job in Job.objects.filter(~Exists(again), state=State.QUEUED, created_at__lt=aged):
        advance(job, State.FAILED, reason=NOT_SENT, cause=Cause.LATE)
    for job in Job.objects.filter(state=State.QUEUED, provider=None):
        advance(job, State.FAILED, reason=REMOVED, cause=Cause.REMOVED)


def _to_archive() -> None:
    """Outputs whose time has come and that nobody is copying; none while the archive has enough to do."""
    if waiting_in(ARCHIVES) >= ENOUGH:
        return
    now = timezone.now()
    idle = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Output.objects.wanted().filter(idle, next_try_at__lte=now)
    # Links that end soon come first, those that say nothing of an end last.
    urgent = due.order_by(F("expires_at").asc(nulls_last=True), "next_try_at")
    for pk, next_try in urgent.values_list("pk", "next_try_at")[:ENOUGH]:
        # Moving the time is winning the kick: two sweepers send one.
        if Output.objects.filter(pk=pk, next_try_at=next_try).update(next_try_at=now + KICK_AGAIN):
            kick_archive(pk)

"""The one way a job moves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generations.models import FINAL, Charged, Job, JobEvent, State, Submission, User, Watch
from generations.services.typical import usual_time

log = logging.getLogger(__name__)


def advance(
    job: Job,
    to: State,
    *,
    token: UUID | None = None,
    new_token: UUID | None = None,
    reason: str = "",
    detail: str = "",
    charged: Charged | None = None,
    actor: User | None = None,
    watch: Mapping[str, object] | None = None,
    **changes: Any,
) -> bool:
    """Move the job and record everything the move entails, in one transaction; False when somebody was first.

    `token` fences: with it, only the submission that holds it may move the job; `new_token` hands the job to another
    submission. `reason` is for members, `detail` for
    staff. `charged` settles what the job's live submission cost. `watch` fences a move that follows a look: the Watch
    row must still match it. `changes` are further columns of the job.
    """
    now = timezone.now()
    where: dict[str, object] = {} if token is None else {"token": token}
    if new_token is not None:
        changes["token"] = new_token
    changes |= {"reason": reason, "state_since": now, "finished_at": now if to in FINAL else None}
    with transaction.atomic():
        if watch is not None and not Watch.objects.select_for_update().filter(job=job, **watch).exists():
            return False
        if not job.move(to, where, **changes):
            return False
        JobEvent.objects.create(job=job, at=now, state=to, note=reason, detail=detail, actor=actor)
        _settle(job, token, charged)
        _keep_watch(job, to, now)
    log.info("job %s: %s -> %s%s", job.key, job.state, to, f" ({detail or reason})" if detail or reason else "")
    job.refresh_from_db(fields=["state", "rev", "token", *changes])
    return True


def put_off(job: Job, until: datetime, reason: str) -> bool:
    """Let a waiting job wait until then and say why; False when somebody moved it meanwhile."""
    shown = {} if job.reason == reason else {"reason": reason, "rev": F("rev") + 1}
    mine = Job.objects.filter(pk=job.pk, state=State.QUEUED, rev=job.rev)
    return job.state == State.QUEUED and bool(mine.update(not_before=until, **shown))


def _settle(job: Job, token: UUID | None, charged: Charged | None) -> None:
    live = token or job.token
    if charged is not None and live is not None:
        Submission.objects.filter(job=job, token=live).update(charged=charged)


def _first_wait(job: Job, live: Submission) -> timedelta:
    """What was just taken needs a moment; what was found later may have ended long ago."""
    just_taken = job.state == State.SUBMITTING and live.provider is not None
    return timedelta(seconds=live.provider.poll_interval if just_taken and live.provider else 0)


def _keep_watch(job: Job, to: State, now: Any) -> None:
    """A Watch exists exactly while the job is RUNNING."""
    if job.state == State.RUNNING:
        Watch.objects.filter(job=job).delete()
    if to != State.RUNNING:
        return
    live = job.submissions.select_related("provider").order_by("number").last()
    if live is None:
        raise ValueError(f"Job {job.key} cannot run: nothing was ever sent.")
    usual = usual_time(live.provider_id, job.model, job.seconds)
    Watch.objects.create(
        job=job,
        provider=live.provider,
        remote_id=live.remote_id,
        dialect=job.dialect,
        origin=job.origin,
        since=now,
        next_poll_at=now + _first_wait(job, live),
        usual_low=usual.low if usual else None,
        usual_high=usual.high if usual else None,
    )

"""The one way a job moves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generations.contract import Cause
from generations.models import FINAL, MOVES, Charged, Job, JobEvent, Prompt, State, Submission, User, Watch
from generations.services.figures import recount_of
from generations.services.forget import forget_words
from generations.services.ledger import go_on_with, reserve_again, square
from generations.services.months import this_month
from generations.services.notices import note_end
from generations.services.typical import usual_time
from generations.services.usage.marks import changed

log = logging.getLogger(__name__)
ON_ITS_WAY = frozenset({State.SUBMITTING, State.RUNNING, State.DONE})
DECIDED = frozenset({State.AWAITING_APPROVAL, State.UNKNOWN})
"""From these only a person's word leads to the queue, and the month of that word pays: its budgets were looked at."""


def advance(
    job: Job,
    to: State,
    *,
    by: Submission | None = None,
    new_token: UUID | None = None,
    reason: str = "",
    detail: str = "",
    cause: Cause = Cause.OTHER,
    charged: Charged | None = None,
    cost: Decimal | None = None,
    actor: User | None = None,
    watch: Mapping[str, object] | None = None,
    **changes: Any,
) -> bool:
    """Move the job and record everything the move entails, in one transaction; False when somebody was first.

    `by` fences: with it, only the submission that holds the job may move it, and only so can a job come to run;
    `new_token` hands the job to another submission. `reason` is for members, `detail` for staff, and `cause` says what
    can be done. `charged` settles whether the job's live submission cost money, `cost` how much, in the provider's
    unit. `watch` fences a move that follows a look: the Watch row must still match it. `changes` are further columns.
    The job at hand is then as stored, but for a `rev` that somebody else changed too.
    """
    _check(job, to, by)
    now = timezone.now()
    where: dict[str, object] = {} if by is None else {"token": by.token}
    if new_token is not None:
        changes["token"] = new_token
    changes |= {"reason": reason, "cause": cause.value, "state_since": now, "finished_at": now if to in FINAL else None}
    # No savepoint of its own: it is most often called within a transaction, and has nothing to undo alone.
    with transaction.atomic(savepoint=False):
        if watch is not None and not Watch.objects.select_for_update().filter(job=job, **watch).exists():
            return False
        if not job.move(to, where, **changes):
            return False
        JobEvent.objects.create(job=job, at=now, state=to, note=reason, detail=detail, actor=actor)
        _settle(job, by.token if by else job.token, charged, cost)
        _hold_prompt(job, to)
        _book(job, to, by, charged)
        _keep_watch(job, to, by, now)
        note_end(job, to, reason, now)
        _count(job, to)
        changed(job)
        if reason or detail:
            _unsay_of_erased(job)
    log.info("job %s: %s -> %s%s", job.key, job.state, to, f" ({detail or reason})" if detail or reason else "")
    _mirror(job, changes | {"state": to, "rev": job.rev + 1})
    return True


def _mirror(job: Job, columns: Mapping[str, Any]) -> None:
    """The row at hand as it was just written, without reading it again."""
    for column, value in columns.items():
        setattr(job, column, value)


def _check(job: Job, to: State, by: Submission | None) -> None:
    """A move that may not be is a mistake of the caller, told before anything is written."""
    if to not in MOVES[State(job.state)]:
        raise ValueError(f"A {job.state} job cannot become {to}.")
    if to == State.RUNNING and by is None:
        raise ValueError(f"Job {job.key} cannot run: no submission says what to look at.")


def put_off(job: Job, until: datetime, reason: str, cause: Cause = Cause.OTHER) -> bool:
    """Let a waiting job wait until then and say why; False when somebody moved it meanwhile."""
    shown = {} if job.reason == reason else {"reason": reason, "cause": cause.value, "rev": F("rev") + 1}
    mine = Job.objects.filter(pk=job.pk, state=State.QUEUED, rev=job.rev)
    return job.state == State.QUEUED and bool(mine.update(not_before=until, **shown))


def _hold_prompt(job: Job, to: State) -> None:
    """An end holds its prompt before the book, as asking does: the other way round two could wait for each other."""
    if to in FINAL or job.state in FINAL:
        list(Prompt.objects.select_for_update(of=("self",), no_key=True).filter(jobs=job.pk).values_list("pk"))


def _count(job: Job, to: State) -> None:
    """A prompt's figures are about ends: also about one that turns out to be none."""
    if to in FINAL or job.state in FINAL:
        recount_of(job.pk)


def _unsay_of_erased(job: Job) -> None:
    """What is said after a prompt was erased may still quote it."""
    if Prompt.objects.filter(jobs=job, erased_at__isnull=False).exists():
        forget_words(Job.objects.filter(pk=job.pk))


def _settle(job: Job, live: UUID | None, charged: Charged | None, cost: Decimal | None) -> None:
    if charged is not None and live is not None:
        said = {} if cost is None else {"cost": cost}
        Submission.objects.filter(job=job, token=live).update(charged=charged, **said)


def _book(job: Job, to: State, by: Submission | None, charged: Charged | None) -> None:
    """Money moves where a submission ends, is lost or is to be made again; on its way it stays where it is."""
    if to == State.RUNNING and by is not None and by.number != job.attempt:
        go_on_with(job, by.number, to)
    if to not in ON_ITS_WAY:
        square(job, job.attempt, to, charged)
    if to == State.QUEUED:
        reserve_again(job, this_month() if job.state in DECIDED or job.month is None else job.month)


def _first_wait(job: Job, live: Submission) -> timedelta:
    """What was just taken needs a moment; what was found later may have ended long ago."""
    just_taken = job.state == State.SUBMITTING and live.provider is not None
    return timedelta(seconds=live.provider.poll_interval if just_taken and live.provider else 0)


def _keep_watch(job: Job, to: State, live: Submission | None, now: Any) -> None:
    """A Watch exists exactly while the job is RUNNING."""
    if job.state == State.RUNNING:
        Watch.objects.filter(job=job).delete()
    if to != State.RUNNING or live is None:
        return
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

"""What a look means: what is noted on the watch, and what ends the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Cause, DialectError, Misconfigured, NotKnown, RemoteOutput, RemoteState, Snapshot
from generations.models import Charged, Job, Output, State, Watch
from generations.services.advance import advance
from generations.services.afterwards import afterwards
from generations.services.kick import kick_archive

NO_URL_LOOKS = 6
MISSING_LOOKS = 5
SILENT_LOOKS = 30  # about half an hour at the slowest pace
TROUBLE_AFTER = 3
NOBODY_ASKED = gettext_noop("So nobody could ask how it went, and it was given up.")
NO_FILE = gettext_noop("The provider says it is finished but gives no file.")
NO_REASON = gettext_noop("The provider failed and gave no reason.")
BROKEN = gettext_noop("The provider could not make it: {why}")
STOPPED = gettext_noop("The provider began, then its content rules stopped it: {why}")
CANCELLED_SAYING = gettext_noop("The provider cancelled it: {why}")
CANCELLED = gettext_noop("The provider cancelled it.")
NOT_KNOWN = gettext_noop("The provider no longer knows this job.")
LATE = gettext_noop("The provider did not finish within {hours} hours.")
REASON = 500  # characters of a provider's words that are kept


class OutOfReach(DialectError):
    """Nobody can be asked about the job: its provider is gone, or has moved; the text says which."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the job goes after a look, why, and whether it cost money. `detail` is for staff."""

    to: State
    reason: str
    charged: Charged
    cause: Cause = Cause.OTHER
    detail: str = ""
    outputs: tuple[RemoteOutput, ...] = ()
    cost: Decimal | None = None


def judge(watch: Watch, result: Snapshot | DialectError) -> Ending | None:
    """Note what was seen on the watch; what ends the job, or None while it goes on."""
    if isinstance(result, DialectError):
        return _judge_error(watch, result)
    watch.errors = watch.missing = 0
    watch.trouble, watch.word = "", ""
    match result.state:
        case RemoteState.SUCCEEDED if result.outputs:
            return Ending(State.ARCHIVING, "", Charged.YES, outputs=result.outputs, cost=result.cost)
        case RemoteState.SUCCEEDED:
            watch.no_url += 1
            watch.progress = 100
            if watch.no_url >= NO_URL_LOOKS:
                return Ending(State.FAILED, NO_FILE, Charged.YES, Cause.LOST, cost=result.cost)
        case RemoteState.FAILED:
            return Ending(State.FAILED, _why(result), Charged.UNKNOWN, result.cause, result.detail)
        case RemoteState.CANCELLED:
            return Ending(State.CANCELLED, _why(result), Charged.UNKNOWN, result.cause, result.detail)
        case RemoteState.UNRECOGNISED:
            watch.word = result.word[:60]
    if result.progress is not None:
        watch.progress = max(watch.progress or 0, result.progress)
    return _too_old(watch)


def _why(seen: Snapshot) -> str:
    """Why the provider ended it, in a sentence of ours around its own words."""
    if not seen.reason:
        return CANCELLED if seen.state == RemoteState.CANCELLED else NO_REASON
    if seen.cause == Cause.CONTENT:
        said = STOPPED
    elif seen.state == RemoteState.CANCELLED:
        said = CANCELLED_SAYING
    else:
        said = BROKEN if seen.cause == Cause.BROKEN else "{why}"
    return said.format(why=seen.reason)[:REASON]


def _judge_error(watch: Watch, error: DialectError) -> Ending | None:
    """One error is nothing; only a run of "no such job" or old age ends a job.

    A 404 that may as well be about the path counts as "no such job" only once the job is too old.
    """
    watch.errors += 1
    watch.missing = watch.missing + 1 if isinstance(error, NotKnown) else 0
    if watch.errors >= TROUBLE_AFTER:
        watch.trouble = error.detail[:REASON]
    if watch.missing >= MISSING_LOOKS and (error.cause != Cause.PATH or _too_old(watch)):
        return Ending(State.FAILED, NOT_KNOWN, Charged.UNKNOWN, Cause.LOST)
    # Old age is judged by news, or by a long silence: the portal may just have been off, or its key be wrong.
    if watch.errors < SILENT_LOOKS or isinstance(error, Misconfigured):
        return None
    ending = _too_old(watch)
    return replace(ending, reason=f"{error} {NOBODY_ASKED}") if ending and isinstance(error, OutOfReach) else ending


def _too_old(watch: Watch) -> Ending | None:
    if timezone.now() - watch.since < timedelta(seconds=settings.RUNNING_MAX_AGE):
        return None
    hours = settings.RUNNING_MAX_AGE / 3600
    return Ending(State.FAILED, LATE.format(hours=f"{hours:g}"), Charged.UNKNOWN, Cause.LATE)


def end(watch: Watch, ending: Ending, fence: dict[str, object]) -> bool:
    """Move the watched job out of RUNNING, if the watch still matches the fence."""
    job, move = watch.job, partial(advance, watch.job, ending.to, charged=ending.charged, cost=ending.cost, watch=fence)
    if ending.to != State.ARCHIVING:
        return move(reason=ending.reason, cause=ending.cause, detail=ending.detail or watch.trouble)
    return _to_archive(job, ending.outputs, partial(move, rendered_in=_seconds_since(watch.since)))


def _to_archive(job: Job, outputs: tuple[RemoteOutput, ...], move: Callable[[], bool]) -> bool:
    with transaction.atomic():
        if not move():
            return False
        for number, output in enumerate(outputs, 1):
            row = Output.objects.create(
                job=job,
                number=number,
                remote_url=output.url,
                expires_at=_moment(output.expires_at),
                next_try_at=timezone.now(),
                needs_key=output.needs_key,
            )
            if number == 1:
                Job.objects.filter(pk=job.pk).update(cover=row)
            afterwards(kick_archive, row.pk)
    return True


def _seconds_since(moment: datetime) -> float:
    return max(0.0, (timezone.now() - moment).total_seconds())


def _moment(unix: float | None) -> datetime | None:
    """Unix seconds as a time; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(unix, tz=UTC) if unix else None
    except (ValueError, OverflowError, OSError):
        return None

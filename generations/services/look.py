"""Looking at jobs in flight: claiming what is due, keeping what was seen, ending what has ended."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from generations.contract import Dialect, DialectError, HttpCall, Misconfigured, NotKnown, RemoteState, Snapshot
from generations.dialects import DIALECTS
from generations.models import Charged, Job, Output, Provider, State, Watch
from generations.services.advance import advance
from generations.services.kick import kick_archive

log = logging.getLogger(__name__)

VISIBILITY = timedelta(seconds=20)  # longer than a look may take, so no second one starts meanwhile
SLOWEST = 60.0
NO_URL_LOOKS = 6
MISSING_LOOKS = 5
SILENT_LOOKS = 30  # about half an hour at the slowest pace
TROUBLE_AFTER = 3
REASON = 500  # characters of a provider's words that are kept


@dataclass(frozen=True, slots=True)
class Look:
    """One look to be taken. `call` is None when it cannot be: `obstacle` says why."""

    watch: Watch
    lease: UUID
    provider: Provider | None
    dialect: Dialect | None
    call: HttpCall | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to."""

    look: Look
    result: Snapshot | DialectError


def claim_looks(limit: int) -> list[Look]:
    """Take up to `limit` due watches, so that nobody else looks at them for a while."""
    now = timezone.now()
    if not Watch.objects.filter(next_poll_at__lte=now).exists():
        return []
    lease = uuid4()
    pks = _claim(lease, now, limit)
    watches = Watch.objects.filter(pk__in=pks, lease=lease).select_related("job", "provider")
    return [_look(watch, lease) for watch in watches]


def keep_seen(seen: Iterable[Seen]) -> None:
    """Write down what looks came to: one bulk write, or the job moves. A stale lease changes nothing."""
    quiet = []
    for one in seen:
        watch = one.look.watch
        before = (watch.progress, watch.word, watch.trouble)
        ending = _judge(watch, one.result)
        if ending is None or not _ended(ending, one.look):
            watch.rev += (watch.progress, watch.word, watch.trouble) != before
            watch.looks += 1
            watch.next_poll_at = _next_look(watch)
            quiet.append(one.look)
    _keep_quiet(quiet)


def _ended(ending: _Ending, look: Look) -> bool:
    """True when the look ended its job. An end that cannot be written holds up no other job of the batch."""
    try:
        return ending(look)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("the end of job %s could not be written", look.watch.job.key)
        return False


def _claim(lease: UUID, now: datetime, limit: int) -> list[int]:
    """UPDATE ... RETURNING: one statement wins each row once, on both databases."""
    table, value = Watch._meta.db_table, Watch._meta.get_field("lease").get_db_prep_value(lease, connection)
    skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    due = f"SELECT job_id FROM {table} WHERE next_poll_at <= %s ORDER BY next_poll_at LIMIT %s{skip}"  # noqa: S608
    sql = f"UPDATE {table} SET lease = %s, next_poll_at = %s WHERE job_id IN ({due}) RETURNING job_id"  # noqa: S608
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [value, adapt(now + VISIBILITY), adapt(now), limit])
        return [row[0] for row in cursor.fetchall()]


def _look(watch: Watch, lease: UUID) -> Look:
    job, provider = watch.job, watch.provider
    if provider is None:
        return Look(watch, lease, None, None, None, "The provider was removed.")
    if job.origin != provider.origin:
        # The job lives at the old address; the key belongs to the new one.
        return Look(watch, lease, provider, None, None, "The provider's address was changed after this was sent.")
    if job.dialect not in DIALECTS:
        return Look(watch, lease, provider, None, None, f"This version of the portal does not speak {job.dialect}.")
    dialect = DIALECTS[job.dialect](provider.base_url, provider.key)
    return Look(watch, lease, provider, dialect, dialect.query(watch.remote_id))


class _Ending:
    """Moves a job out of RUNNING after a look, if the look's lease still holds."""

    def __init__(self, to: State, reason: str, charged: Charged, snapshot: Snapshot | None = None) -> None:
        self.to, self.reason, self.charged, self.snapshot = to, reason, charged, snapshot

    def __call__(self, look: Look) -> bool:
        job, fence = look.watch.job, {"lease": look.lease}
        detail = look.watch.trouble
        if self.to != State.ARCHIVING:
            return advance(job, self.to, reason=self.reason, detail=detail, charged=self.charged, watch=fence)
        with transaction.atomic():
            if not advance(job, self.to, charged=self.charged, watch=fence):
                return False
            self._keep_outputs(job)
        return True

    def _keep_outputs(self, job: Job) -> None:
        outputs = self.snapshot.outputs if self.snapshot else ()
        for number, output in enumerate(outputs, 1):
            expires, now = _moment(output.expires_at), timezone.now()
            row = Output.objects.create(
                job=job, number=number, remote_url=output.url, expires_at=expires, next_try_at=now
            )
            if number == 1:
                Job.objects.filter(pk=job.pk).update(cover=row)
            transaction.on_commit(partial(kick_archive, row.pk), robust=True)


def _moment(unix: float | None) -> datetime | None:
    """Unix seconds as a time; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(unix, tz=UTC) if unix else None
    except (ValueError, OverflowError, OSError):
        return None


def _judge(watch: Watch, result: Snapshot | DialectError) -> _Ending | None:
    """Note what was seen on the watch; what ends the job, or None while it goes on."""
    if isinstance(result, DialectError):
        return _judge_error(watch, result)
    watch.errors = watch.missing = 0
    watch.trouble, watch.word, said = "", "", result.reason[:REASON]
    match result.state:
        case RemoteState.SUCCEEDED if result.outputs:
            return _Ending(State.ARCHIVING, "", Charged.YES, result)
        case RemoteState.SUCCEEDED:
            watch.no_url += 1
            watch.progress = 100
            if watch.no_url >= NO_URL_LOOKS:
                return _Ending(State.FAILED, "The provider says it is finished but gives no file.", Charged.YES)
        case RemoteState.FAILED:
            return _Ending(State.FAILED, said or "The provider failed and gave no reason.", Charged.UNKNOWN)
        case RemoteState.CANCELLED:
            return _Ending(State.CANCELLED, said or "The provider cancelled it.", Charged.UNKNOWN)
        case RemoteState.UNRECOGNISED:
            watch.word = result.word[:60]
    if result.progress is not None:
        watch.progress = max(watch.progress or 0, result.progress)
    return _too_old(watch)


def _judge_error(watch: Watch, error: DialectError) -> _Ending | None:
    """One error is nothing; only a run of "no such job" or old age ends a job."""
    watch.errors += 1
    watch.missing = watch.missing + 1 if isinstance(error, NotKnown) else 0
    if watch.errors >= TROUBLE_AFTER:
        watch.trouble = error.detail[:REASON]
    if watch.missing >= MISSING_LOOKS:
        return _Ending(State.FAILED, "The provider no longer knows this job.", Charged.UNKNOWN)
    # Old age is judged by news, or by a long silence: the portal may just have been off, or its key be wrong.
    silent = watch.errors >= SILENT_LOOKS and not isinstance(error, Misconfigured)
    return _too_old(watch) if silent else None


def _too_old(watch: Watch) -> _Ending | None:
    if timezone.now() - watch.since < timedelta(seconds=settings.RUNNING_MAX_AGE):
        return None
    hours = settings.RUNNING_MAX_AGE / 3600
    return _Ending(State.FAILED, f"The provider did not finish within {hours:g} hours.", Charged.UNKNOWN)


def _next_look(watch: Watch) -> datetime:
    interval = watch.provider.poll_interval if watch.provider else SLOWEST
    seconds = min(SLOWEST, interval * 2 ** min(watch.errors, 6)) if watch.errors else interval
    return timezone.now() + timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311


def _keep_quiet(looks: list[Look]) -> None:
    columns = {"next_poll_at", "looks", "errors", "missing", "no_url", "progress", "word", "trouble", "rev"}
    fields = [field for field in Watch._meta.concrete_fields if field.name in columns]
    sets = ", ".join(f"{field.column} = %s" for field in fields)
    sql = f"UPDATE {Watch._meta.db_table} SET {sets} WHERE job_id = %s AND lease = %s"  # noqa: S608
    lease = Watch._meta.get_field("lease")
    rows = [
        [*(f.get_db_prep_save(getattr(look.watch, f.attname), connection) for f in fields), look.watch.pk,
         lease.get_db_prep_value(look.lease, connection)]
        for look in looks
    ]  # fmt: skip
    if rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, rows)

"""Looking at jobs in flight: claiming what is due, keeping what was seen."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Dialect, DialectError, HttpCall, NotTaken, Snapshot
from generations.models import Provider, Watch
from generations.services.glances import keep_glances
from generations.services.health import answered
from generations.services.judge import Ending, end, judge
from generations.services.leases import new_lease
from generations.services.pace import SLOWEST, Usual, after_error, jittered, next_look
from generations.services.speaking import NotSpoken, dialect_of

log = logging.getLogger(__name__)

VISIBILITY = timedelta(seconds=20)  # longer than a look may take, so no second one starts meanwhile
LATE = 1.0  # seconds of lateness that the next look makes good
AT_ONCE = 384  # looks under way at one provider; a hanging one takes no other's place


@dataclass(frozen=True, slots=True)
class Look:
    """One look to be taken, begun `at`, `lag` seconds late. `call` is None when it cannot be: `obstacle` says why."""

    watch: Watch
    lease: UUID
    at: datetime
    lag: float
    provider: Provider | None
    dialect: Dialect | None
    call: HttpCall | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to. `asked`: seconds the provider asks us to wait before the next one."""

    look: Look
    result: Snapshot | DialectError
    asked: float | None = None


def claim_looks(busy: Mapping[int | None, int]) -> list[Look]:
    """Take due watches, so that nobody else looks at them for a while: for each provider as many as it has room for.

    `busy` counts the looks under way by provider.
    """
    now = timezone.now()
    due = Watch.objects.filter(next_poll_at__lte=now)
    providers: list[Provider | None] = list(Provider.objects.filter(Exists(due.filter(provider=OuterRef("pk")))))
    if due.filter(provider=None).exists():
        providers.append(None)
    rooms = [(provider, _room(provider, busy)) for provider in providers]
    looks: list[Look] = []
    with transaction.atomic():
        for provider, room in rooms:
            looks += _claim(provider, room, now) if room > 0 else []
    return looks


def _room(provider: Provider | None, busy: Mapping[int | None, int]) -> int:
    """How many more looks may be under way: none while it is left alone, one in all while nothing gets through."""
    if provider is None:
        return AT_ONCE
    if provider.is_quiet:
        return 0
    return (1 if provider.is_failing else AT_ONCE) - busy.get(provider.pk, 0)


def _claim(provider: Provider | None, room: int, now: datetime) -> list[Look]:
    rows = Watch.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    due = list(rows.filter(provider=provider, next_poll_at__lte=now).order_by("next_poll_at")[:room])
    lease, says = new_lease(), _Speaker(provider)
    looks = [says.look(watch, lease, now) for watch in due]
    Watch.objects.filter(pk__in=[watch.pk for watch in due]).update(lease=lease, next_poll_at=now + VISIBILITY)
    return looks


class _Speaker:
    """Builds the calls of one provider's looks: its address and secrets are read once for all of them."""

    def __init__(self, provider: Provider | None) -> None:
        self.provider, self.origin = provider, provider.origin if provider else ""
        self.dialects: dict[str, Dialect | str] = {}

    def look(self, watch: Watch, lease: UUID, now: datetime) -> Look:
        dialect, lag = self._dialect(watch), (now - watch.next_poll_at).total_seconds()
        if isinstance(dialect, str):
            return Look(watch, lease, now, lag, self.provider, None, None, dialect)
        return Look(watch, lease, now, lag, self.provider, dialect, dialect.query(watch.remote_id))

    def _dialect(self, watch: Watch) -> Dialect | str:
        """The dialect the job was sent in, or why it cannot be spoken."""
        if self.provider is None:
            return gettext_noop("The provider was removed.")
        if watch.origin != self.origin:
            # The job lives at the old address; the key belongs to the new one.
            return gettext_noop("The provider's address was changed after this was sent.")
        if watch.dialect not in self.dialects:
            try:
                self.dialects[watch.dialect] = dialect_of(self.provider, watch.dialect)
            except NotSpoken as error:
                self.dialects[watch.dialect] = str(error)
        return self.dialects[watch.dialect]


def keep_seen(seen: Iterable[Seen]) -> None:
    """Write down what looks came to: jobs that ended move, the rest is one bulk write.

    A stale lease changes nothing.
    """
    quiet: list[tuple[Watch, UUID]] = []
    seen = list(seen)
    for one in seen:
        watch = one.look.watch
        before = (watch.progress, watch.word, watch.trouble)
        ending = judge(watch, one.result)
        if ending is None or not _ended(one.look, ending):
            watch.rev += (watch.progress, watch.word, watch.trouble) != before
            watch.looks += 1
            watch.next_poll_at = _next_look(one)
            quiet.append((watch, one.look.lease))
    with transaction.atomic():
        _keep_health(seen)
        keep_glances(quiet)


def _ended(look: Look, ending: Ending) -> bool:
    """True when the look ended its job. An end that cannot be written holds up no other job of the batch."""
    try:
        return end(look.watch, ending, {"lease": look.lease})
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("the end of job %s could not be written", look.watch.job_id)
        return False


def _keep_health(seen: Iterable[Seen]) -> None:
    """What the calls say about their providers, one write each."""
    told: dict[int, list[DialectError | None]] = {}
    for one in seen:
        if one.look.provider and one.look.call:
            error = one.result if isinstance(one.result, DialectError) else None
            told.setdefault(one.look.provider.pk, []).append(error)
    for provider, results in told.items():
        answered(provider, results)


def _next_look(seen: Seen) -> datetime:
    """Counted from when this one was due, or the time an answer takes would stretch every interval."""
    look, watch = seen.look, seen.look.watch
    base = look.provider.poll_interval if look.provider else SLOWEST
    if watch.errors:
        asked = seen.result.retry_after if isinstance(seen.result, NotTaken) else None
        return timezone.now() + timedelta(seconds=jittered(after_error(watch.errors, base, asked)))
    usual = Usual(watch.usual_low, watch.usual_high) if watch.usual_low and watch.usual_high else None
    age = (look.at - watch.since).total_seconds()
    wait = jittered(next_look(age, base, usual=usual, progress=watch.progress, asked=seen.asked))
    made_good = look.lag if 0 < look.lag < LATE else 0.0
    return look.at + timedelta(seconds=max(wait - made_good, wait / 2))

"""Some days counted from the rows themselves: jobs by the day they were asked for, money by the day of its entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from generations.contract import Cause
from generations.models import Grain, Job, LedgerEntry, Outcome, State, Submission
from generations.services.months import DAY, begins, day_of
from generations.services.usage.times import letter

MILLION = 1_000_000
CAUSES = {
    Cause.OTHER: "o", Cause.NAME: "n", Cause.UNREACHABLE: "u", Cause.TLS: "t", Cause.CERTIFICATE: "c",
    Cause.FORBIDDEN: "f", Cause.KEY: "k", Cause.BALANCE: "b", Cause.PAGE: "p", Cause.PATH: "a", Cause.BUSY: "y",
    Cause.CONTENT: "r", Cause.MODEL: "m", Cause.IMAGE: "i", Cause.BROKEN: "x", Cause.LATE: "l", Cause.LOST: "s",
    Cause.REMOVED: "g",
}  # fmt: skip
"""A letter for each cause of a failure, as cells keep it."""
DROPPED = frozenset({State.CANCELLED, State.REJECTED})
JOB = ("author_id", "provider_id", "provider_name", "model", "state", "seconds", "cause", "rendered_in", "created_at")
ENTRY = ("day", "member_id", "job__provider_id", "job__provider_name", "job__model", "spent", "held")


class Where(NamedTuple):
    """Whose figures: what a grain does not tell apart is empty."""

    day: date
    member: int | None = None
    provider: int | None = None
    provider_name: str = ""
    model: str = ""

    def at(self, grain: Grain) -> Where:
        """The coarser one it belongs to."""
        one = self if grain in (Grain.MEMBER, Grain.BOTH) else self._replace(member=None)
        if grain in (Grain.MODEL, Grain.BOTH):
            return one
        return one._replace(provider=None, provider_name="", model="")


@dataclass(slots=True)
class Figures:
    """What can be put together from day to day. Money in millionths; of times and causes a letter each."""

    jobs: int = 0
    done: int = 0
    failed: int = 0
    dropped: int = 0
    seconds: int = 0
    spent: int = 0
    held: int = 0
    waits: str = ""
    renders: str = ""
    causes: str = ""

    def add(self, other: Figures) -> None:
        self.jobs += other.jobs
        self.done += other.done
        self.failed += other.failed
        self.dropped += other.dropped
        self.seconds += other.seconds
        self.spent += other.spent
        self.held += other.held
        self.waits += other.waits
        self.renders += other.renders
        self.causes += other.causes


NAMES = tuple(Figures.__dataclass_fields__)
Counted = dict[Where, Figures]


def count(days: Sequence[date]) -> Counted:
    """These days as the rows say, members and models apart. In two queries, and none for no days."""
    found: Counted = defaultdict(Figures)
    if days:
        for where, figures in [*_jobs(days), *_money(days)]:
            found[where].add(figures)
    return dict(found)


def at_grain(cells: Counted, grain: Grain) -> Counted:
    """The same, told less apart."""
    found: Counted = defaultdict(Figures)
    for where, figures in cells.items():
        found[where.at(grain)].add(figures)
    return dict(found)


def jobs_of(days: Iterable[date]) -> QuerySet[Job]:
    """The jobs that were asked for on these days."""
    asked = Q(pk__in=[])
    for day in days:
        asked |= Q(created_at__gte=begins(day), created_at__lt=begins(day + DAY))
    return Job.objects.filter(asked)


def millionths(amount: Decimal) -> int:
    """As SQLite may give it back, a hair off: to the six places that are kept."""
    return round(amount * MILLION)


def amount(of: int) -> Decimal:
    return Decimal(of) / MILLION


def _jobs(days: Sequence[date]) -> Iterable[tuple[Where, Figures]]:
    taken = Submission.objects.filter(job=OuterRef("pk"), outcome=Outcome.ACCEPTED).order_by("number")
    rows = jobs_of(days).order_by().annotate(sent=Subquery(taken.values("sent_at")[:1]))
    return map(_job, rows.values_list(*JOB, "sent").iterator())


def _job(row: Sequence[Any]) -> tuple[Where, Figures]:
    author, provider, name, model, state, seconds, cause, rendered, asked, sent = row
    is_done, is_failed = state == State.DONE, state == State.FAILED
    return Where(day_of(asked), author, provider, name, model), Figures(
        jobs=1,
        done=int(is_done),
        failed=int(is_failed),
        dropped=int(state in DROPPED),
        seconds=seconds if is_done else 0,
        waits=letter((sent - asked).total_seconds()) if sent else "",
        renders=letter(rendered) if rendered is not None else "",
        causes=CAUSES.get(cause, CAUSES[Cause.OTHER]) if is_failed else "",
    )


def _money(days: Sequence[date]) -> Iterable[tuple[Where, Figures]]:
    """Entries that move what is reserved only are none of ours."""
    rows = LedgerEntry.objects.filter(~Q(spent=0) | ~Q(held=0), day__in=days).order_by()
    for day, member, provider, name, model, spent, held in rows.values_list(*ENTRY).iterator():
        where = Where(day, member, provider, name or "", model or "")
        yield where, Figures(spent=millionths(spent), held=millionths(held))

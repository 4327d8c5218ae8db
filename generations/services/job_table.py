"""The table of all jobs that staff review: its queues, its orders, and its lines, however many jobs there are.

Staff see every job's state, people and money. Text and clip are in a line only where its reader may see them anyway.
Others' private jobs show theirs while they await approval where one of them is looked at, and not in a list or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from generations.models import FINAL, Charged, Job, Output, State, Submission, User
from generations.models.job import JobQuerySet
from generations.services.booked import Booked, booked_of
from generations.services.paging import Keyset
from generations.services.reviews import to_review
from generations.services.search import jobs_in_order, jobs_on_the_way
from generations.services.ways import ALL, counted, first_few

COUNTED = 100
"""A queue's count goes no further: 99 and more are "many"."""
KEPT = Q(trashed_at=None, purged_at=None)
OPEN = frozenset(State) - FINAL


class Queue(StrEnum):
    """What waits for somebody of the staff."""

    APPROVAL = "approval"
    UNKNOWN = "unknown"
    FAILED = "failed"
    ARCHIVE = "archive"
    VERDICT = "verdict"


QUEUES: dict[Queue, Callable[[User], JobQuerySet]] = {
    Queue.APPROVAL: Job.objects.to_judge,
    Queue.UNKNOWN: lambda user: Job.objects.filter(state=State.UNKNOWN),
    Queue.FAILED: lambda user: Job.objects.filter(KEPT, state=State.FAILED),
    Queue.ARCHIVE: lambda user: Job.objects.filter(purged_at=None, pk__in=_not_kept()),
    Queue.VERDICT: to_review,
}


@dataclass(frozen=True, slots=True)
class Sort:
    """An order, and the jobs that have a place in it."""

    order: Keyset
    where: Q = field(default_factory=Q)


NEWEST = Keyset(at="created_at", name="key")
SORTS = {
    "newest": Sort(NEWEST),
    "oldest": Sort(replace(NEWEST, is_ascending=True)),
    "waiting": Sort(replace(NEWEST, is_ascending=True, is_short=True), Q(state__in=OPEN)),
    "dearest": Sort(Keyset(at="estimate", name="key"), Q(estimate__isnull=False)),
    "slowest": Sort(Keyset(at="rendered_in", name="key"), Q(rendered_in__isnull=False)),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A job as this reader sees it in the table: `is_open` says whether its text and clip are in it."""

    job: Job
    cost: Booked
    is_open: bool


def counts(user: User) -> dict[Queue, int]:
    """How much waits in each queue, up to COUNTED, in one statement."""
    return dict(zip(QUEUES, counted([rows(user) for rows in QUEUES.values()], COUNTED), strict=True))


def charged(said: Charged) -> Q:
    """Jobs by their money: of any of their submissions it is known, or not known, that it cost something."""
    paid, unclear = _has(Charged.YES), _has(Charged.UNKNOWN)
    return {Charged.YES: paid, Charged.UNKNOWN: unclear, Charged.NO: ~paid & ~unclear}[said]


def unsettled() -> QuerySet[Any]:
    """The jobs of which nobody knows (yet) whether they were charged, by key."""
    return Submission.objects.filter(charged=Charged.UNKNOWN).values("job_id")


def found(jobs: JobQuerySet, sort: Sort, parts: Sequence[QuerySet[Any]]) -> tuple[JobQuerySet, Keyset]:
    """Jobs of this sort, and their order as a page is found in it soonest.

    `parts` are what is asked of the jobs, each by itself: keys that an index counts. Where one of them is few, the list
    begins with those; where all are many, it goes through its order and stops when the page is full.
    """
    jobs = jobs.filter(sort.where)
    few = first_few(parts)
    if few is None:
        return jobs, sort.order
    return jobs.filter(pk__in=few.order_by()[:ALL]), replace(sort.order, is_short=True)


def searched(jobs: JobQuerySet, text: str, sort: Sort, where: Q, in_days: bool) -> tuple[JobQuerySet, Keyset]:
    """Those of them that hold every word; the caller has narrowed them to what its reader may see."""
    if sort is SORTS["newest"]:
        return jobs_on_the_way(jobs, text, where, in_days)
    return jobs_in_order(jobs.filter(sort.where), text, where, sort.order)


def lines(jobs: Sequence[Job], user: User) -> list[Line]:
    costs = booked_of(jobs)
    return [Line(job, costs[job.pk], job.is_visible_to(user)) for job in jobs]


def _has(said: Charged) -> Q:
    return Q(Exists(Submission.objects.filter(job=OuterRef("pk"), charged=said)))


def _not_kept() -> QuerySet[Any]:
    return Output.objects.filter(stored_at=None, settled_by=None).values("job_id")

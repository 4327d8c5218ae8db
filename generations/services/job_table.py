"""The table of all jobs that staff review: its queues, its orders, and its lines, however many jobs there are.

Staff see every job's state, people and money. Text and clip are in a line only where its reader may see them anyway.
Others' private jobs show theirs while they await approval where one of them is looked at, and not in a list or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
RENDERED = frozenset({State.ARCHIVING, State.DONE})


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
    Queue.FAILED: lambda user: Job.objects.filter(KEPT, state=State.FAILED, verdict=""),
    Queue.ARCHIVE: lambda user: Job.objects.filter(purged_at=None, pk__in=_not_kept()),
    Queue.VERDICT: to_review,
}


@dataclass(frozen=True, slots=True)
class Sort:
    """An order, and the jobs that have a place in it. `is_few`: there are never many of them.

    `has_index`: by one that holds nothing else, so no filter is found along it; `states` are those such jobs are in.
    """

    order: Keyset
    where: Q = field(default_factory=Q)
    has_index: bool = False
    is_few: bool = False
    states: Collection[State] = tuple(State)


NEWEST = Keyset(at="created_at", name="key")
SORTS = {
    "newest": Sort(NEWEST),
    "oldest": Sort(replace(NEWEST, is_ascending=True)),
    "waiting": Sort(replace(NEWEST, is_ascending=True, is_short=True), Q(state__in=OPEN), is_few=True),
    "dearest": Sort(Keyset(at="estimate", name="key"), Q(estimate__isnull=False), has_index=True),
    "slowest": Sort(
        Keyset(at="rendered_in", name="key"), Q(rendered_in__isnull=False), has_index=True, states=RENDERED
    ),
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
    """These jobs, as a page of them is found soonest in this order, and the order.

    `parts` are what was asked of them, each by itself: keys that an index counts. Where one of them is few, the list
    begins with those; where all are many, it goes through its order and stops when the page is full.
    """
    own = [Job.objects.filter(sort.where).values("pk")] * sort.is_few
    few = first_few([*own, *(_placed(part, sort) for part in parts)])
    if few is not None:
        return _asked(jobs.filter(sort.where), pk__in=few.order_by()[:ALL]), replace(sort.order, is_short=True)
    if parts and sort.has_index:
        return _asked(jobs, sort.where), sort.order
    return jobs.filter(sort.where), sort.order


def _placed(part: QuerySet[Any], sort: Sort) -> QuerySet[Any]:
    """Those of them that have a place in the order: many that have none would be gone through in vain."""
    return part.filter(sort.where, state__in=sort.states) if sort.has_index and part.model is Job else part


def _asked(jobs: JobQuerySet, *begin: Q, **with_these: Any) -> JobQuerySet:
    """The same jobs, sought among others and asked one by one: no index of what they are narrowed by leads astray."""
    return Job.objects.filter(*begin, **with_these).filter(Exists(jobs.order_by().filter(pk=OuterRef("pk"))))


def searched(jobs: JobQuerySet, text: str, sort: Sort, where: Q, in_days: bool) -> tuple[JobQuerySet, Keyset]:
    """Those that fit `where` and hold every word; the caller has narrowed them to what its reader may see."""
    if sort is SORTS["newest"]:
        held, order = jobs_on_the_way(jobs, text, where, in_days)
    else:
        held, order = jobs_in_order(jobs.filter(sort.where), text, where, sort.order)
    return held.filter(where), order


def lines(jobs: Sequence[Job], user: User) -> list[Line]:
    costs = booked_of(jobs)
    return [Line(job, costs[job.pk], job.is_visible_to(user)) for job in jobs]


def _has(said: Charged) -> Q:
    return Q(Exists(Submission.objects.filter(job=OuterRef("pk"), charged=said)))


def _not_kept() -> QuerySet[Any]:
    return Output.objects.filter(stored_at=None, settled_by=None).values("job_id")

"""Which days have changed since they were counted.

A mark is added in the transaction of the change, and never looked for first: a count that runs meanwhile removes only
the marks it saw, so that what it did not see yet is counted by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from generations.models import Job, UsageMark
from generations.services.months import day_of


def changed(job: Job) -> None:
    """Something that usage counts has changed on this job."""
    mark([day_of(job.created_at)])


def mark(days: Iterable[date]) -> None:
    UsageMark.objects.bulk_create(UsageMark(day=day) for day in sorted(set(days)))


def marked(since: date, until: date) -> list[date]:
    """The days of this period whose cells are behind, the oldest first."""
    rows = UsageMark.objects.filter(day__range=(since, until)).order_by("day")
    return list(rows.values_list("day", flat=True).distinct())

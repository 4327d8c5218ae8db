"""What each of many jobs costs: as the book has it, and what is expected of those that are not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from generations.models import Job, LedgerEntry, exact
from generations.services.ledger import PLACES

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Booked:
    """In the portal's currency. What is held may have been spent.

    `expected` is None where nobody knows the price; a job that `is_booked` has lines in the book.
    """

    spent: Decimal
    held: Decimal
    reserved: Decimal
    expected: Decimal | None
    is_booked: bool

    @property
    def moved(self) -> bool:
        """Does any money lie anywhere for it?"""
        return any((self.spent, self.held, self.reserved))


def booked_of(jobs: Sequence[Job]) -> dict[int, Booked]:
    """By the jobs' primary keys, in one query."""
    entries = LedgerEntry.objects.filter(job__in=[job.pk for job in jobs]).order_by()
    found = {row["job"]: row for row in entries.values("job").annotate(**{name: Sum(name) for name in PLACES.values()})}
    return {job.pk: _booked(job, found.get(job.pk)) for job in jobs}


def _booked(job: Job, sums: Mapping[str, Any] | None) -> Booked:
    amounts = {name: exact(sums[name]) if sums else ZERO for name in PLACES.values()}
    return Booked(**amounts, expected=job.estimate, is_booked=sums is not None)

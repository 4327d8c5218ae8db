"""Everything staff may know of one job, on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generations.models import Job, LedgerEntry, User
from generations.services.book import Sums, entries_of, sums_of
from generations.services.booked import Booked, booked_of


@dataclass(frozen=True, slots=True)
class Sheet:
    """`is_open`: this reader sees its text and image, `is_visible`: also its page, clip and comments."""

    is_open: bool
    is_visible: bool
    cost: Booked
    entries: Sequence[LedgerEntry]
    sums: Sums


def sheet(job: Job, user: User) -> Sheet:
    """While others' private jobs await approval, whoever decides about them reads their text here too."""
    entries = entries_of(job)
    return Sheet(job.is_legible_to(user), job.is_visible_to(user), booked_of([job])[job.pk], entries, sums_of(entries))

"""What staff read in the book: entries, and what is held because nobody knows whether it was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from generations.models import Job, Kind, LedgerEntry, Submission
from generations.services.ledger import PLACES
from generations.services.months import DAY, this_month
from generations.services.paging import Keyset

NEWEST = Keyset(at="at", name="id")
MONTHS = 24


@dataclass(frozen=True, slots=True)
class Sums:
    """What entries come to."""

    reserved: Decimal
    held: Decimal
    spent: Decimal


def entries_of(job: Job) -> Sequence[LedgerEntry]:
    """All of a job, the oldest first."""
    return list(LedgerEntry.objects.filter(job=job).select_related("actor").order_by("pk"))


def sums_of(entries: Sequence[LedgerEntry]) -> Sums:
    return Sums(**{name: sum((getattr(entry, name) for entry in entries), Decimal(0)) for name in PLACES.values()})


def entries(kind: str = "") -> QuerySet[LedgerEntry]:
    """All, or those of a kind; with what a list shows of them."""
    rows = LedgerEntry.objects.select_related("member", "actor", "job")
    return rows.filter(kind=kind) if kind else rows


def still_held() -> QuerySet[LedgerEntry]:
    """The entries by which money is held now, the oldest first: nothing of that submission came after them.

    `is_known` where there is a row of the submission; a restore from a backup may hold money for one that has none.
    """
    same = {"job": OuterRef("job"), "number": OuterRef("number"), "pk__gt": OuterRef("pk")}
    later = LedgerEntry.objects.filter(**same).exclude(kind=Kind.CORRECTION)
    sent = Submission.objects.filter(job=OuterRef("job"), number=OuterRef("number"))
    rows = LedgerEntry.objects.filter(~Exists(later), kind=Kind.HOLD).annotate(is_known=Exists(sent))
    rows = rows.select_related("member", "job")
    return rows.order_by("at", "pk")


def months() -> list[date]:
    """This month and those before it, as far back as the book is corrected."""
    found = [this_month()]
    while len(found) < MONTHS:
        found.append((found[-1] - DAY).replace(day=1))
    return found

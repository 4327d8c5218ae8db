"""What a member's entries of a month come to: kept beside the book, and counted anew from it when they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from generations.models import LedgerEntry, MonthTotal, exact
from generations.services.usage.marks import mark

COLUMNS = ("reserved", "held", "spent")


def add(entries: Sequence[LedgerEntry]) -> None:
    """Add entries of one month and member to their total: by exact arithmetic, under its lock."""
    deltas = {name: sum((getattr(entry, name) for entry in entries), Decimal(0)) for name in COLUMNS}
    if not any(deltas.values()):
        return
    total = _held(entries[0].month, entries[0].member_id)
    for name, delta in deltas.items():
        setattr(total, name, getattr(total, name) + delta)
    total.save(update_fields=COLUMNS)
    mark(entry.day for entry in entries)


def rebuild() -> Iterator[str]:
    """Count every total anew from the book; a sentence for each that was wrong. Any number of times, at any moment."""
    known = {pair for model in (LedgerEntry, MonthTotal) for pair in _pairs(model)}
    yield from filter(None, (_mend(month, member) for month, member in sorted(known)))


@transaction.atomic
def _mend(month: date, member: int) -> str:
    """Whoever writes an entry adds it to the total before he commits, so that the book is whole while it is held."""
    total = _held(month, member)
    found = LedgerEntry.objects.filter(month=month, member=member).aggregate(**{name: Sum(name) for name in COLUMNS})
    wrong = [name for name in COLUMNS if getattr(total, name) != exact(found[name])]
    for name in wrong:
        setattr(total, name, exact(found[name]))
    total.save(update_fields=wrong)
    return f"{month:%Y-%m}, member {member}: the total of what is {' and '.join(wrong)} is mended." if wrong else ""


def _held(month: date, member: int) -> MonthTotal:
    whose: dict[str, Any] = {"month": month, "member_id": member}
    MonthTotal.objects.get_or_create(**whose)
    return MonthTotal.objects.select_for_update(of=("self",), no_key=True).get(**whose)


def _pairs(model: type[LedgerEntry | MonthTotal]) -> Iterator[tuple[date, int]]:
    return model._default_manager.order_by().values_list("month", "member").distinct().iterator()

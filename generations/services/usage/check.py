"""Do the counted days say what the rows say, and is the money that of the book and of the totals of its months?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from generations.models import Grain, LedgerEntry, MonthTotal, UsageCell, UsageDay, UsageMark, exact
from generations.services.months import last_day
from generations.services.usage.cells import NAMES, Counted, Figures, Where, amount, at_grain, count
from generations.services.usage.report import Asked, By, Report

MONEY = ("spent", "held")


def problems(since: date, until: date) -> Iterator[str]:
    """What is wrong in this period, a sentence each. Days that are marked are counted soon, and are not looked at."""
    yield from (said for day in _days(since, until) for said in _of_day(day))
    yield from (said for month in _months(since, until) for said in _of_month(month))


def known_days() -> tuple[date, date] | None:
    """The first and the last day of which anything is known; None of an empty portal."""
    days = {*UsageDay.objects.values_list("day", flat=True), *UsageMark.objects.values_list("day", flat=True)}
    return (min(days), max(days)) if days else None


def _of_day(day: date) -> Iterator[str]:
    if UsageMark.objects.filter(day=day).exists():
        return
    raw = count([day])
    for grain in Grain:
        stored, wanted = _stored(day, grain), _same_order(at_grain(raw, grain))
        if stored != wanted and not UsageMark.objects.filter(day=day).exists():
            wrong = [where for where in stored.keys() | wanted.keys() if stored.get(where) != wanted.get(where)]
            yield f"{day}: {len(wrong)} figures told by {grain.value} are not what the rows say."


def _stored(day: date, grain: Grain) -> Counted:
    found: Counted = defaultdict(Figures)
    for cell in UsageCell.objects.filter(day=day, grain=grain):
        where = Where(day, cell.member_id, cell.provider_id, cell.provider_name, cell.model)
        found[where].add(Figures(**{name: getattr(cell, name) for name in NAMES}))
    return _same_order(found)


def _same_order(cells: Counted) -> Counted:
    """Letters come in any order."""
    for figures in cells.values():
        for name in ("waits", "renders", "causes"):
            setattr(figures, name, "".join(sorted(getattr(figures, name))))
    return dict(cells)


def _of_month(month: date) -> Iterator[str]:
    """The book, the totals and what usage tells, for each member: the same to the last digit."""
    told = Report(Asked(month, last_day(month), By.MEMBER)).told(By.MEMBER, names=MONEY)
    usage = {member: tuple(amount(getattr(of, name)) for name in MONEY) for (member,), of in told.items()}
    sums = LedgerEntry.objects.filter(month=month).order_by().values_list("member").annotate(*map(Sum, MONEY))
    book = {member: (exact(spent), exact(held)) for member, spent, held in sums}
    rows = MonthTotal.objects.filter(month=month).values_list("member", *MONEY)
    totals = {member: (spent, held) for member, spent, held in rows}
    nothing = (Decimal(0), Decimal(0))
    for member in sorted(usage.keys() | book.keys() | totals.keys()):
        said = [one.get(member, nothing) for one in (usage, book, totals)]
        if said != [said[0]] * 3:
            told_by = ", ".join(f"{name} {money}" for name, money in zip(("usage", "book", "total"), said, strict=True))
            yield f"{month:%Y-%m}, member {member}: spent and held differ: {told_by}."


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _months(since: date, until: date) -> list[date]:
    return sorted({day.replace(day=1) for day in _days(since, until)})

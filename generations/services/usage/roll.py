"""Counting the days that have changed, and keeping what was counted. Any number of times, by anybody."""

from __future__ import annotations

import time
from datetime import date, timedelta

from django.db import transaction

from generations.models import Grain, Heartbeat, Job, LedgerEntry, UsageCell, UsageDay, UsageMark
from generations.services.kick import ARCHIVE_BEAT
from generations.services.months import day_of
from generations.services.usage.cells import NAMES, Counted, at_grain, count
from generations.services.usage.marks import mark, marked

ROUND_SECONDS = 45.0


def roll_up(seconds: float = ROUND_SECONDS) -> int:
    """Count the days that are marked, the newest first, for so long; how many. The rest is another round's."""
    until, done = time.monotonic() + seconds, 0
    for day in reversed(marked(date.min, date.max)):
        if time.monotonic() > until:
            break
        Heartbeat.beat(ARCHIVE_BEAT)
        roll(day)
        done += 1
    return done


@transaction.atomic
def roll(day: date) -> None:
    """Write the day's cells as its rows are now, in place of what was counted before.

    The day is held, so that of two at once the later one counts later, too. The marks go before the rows are read: one
    that is committed meanwhile is not seen here, and stays.
    """
    UsageDay.objects.get_or_create(day=day)
    held = UsageDay.objects.select_for_update().get(day=day)
    UsageMark.objects.filter(day=day).delete()
    cells = count([day])
    UsageCell.objects.filter(day=day).delete()
    UsageCell.objects.bulk_create([row for grain in Grain for row in _rows(cells, grain)], batch_size=500)
    held.save()


def mark_all() -> int:
    """Have every day counted anew; how many there are."""
    first = Job.objects.order_by("created_at", "pk").values_list("created_at", flat=True).first()
    last = Job.objects.order_by("-created_at", "-pk").values_list("created_at", flat=True).first()
    days = set(LedgerEntry.objects.order_by().values_list("day", flat=True).distinct())
    days |= set(UsageDay.objects.values_list("day", flat=True))
    if first and last:
        begin, end = day_of(first), day_of(last)
        days |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
    mark(days)
    return len(days)


def _rows(cells: Counted, grain: Grain) -> list[UsageCell]:
    return [
        UsageCell(
            day_id=where.day, grain=grain, member_id=where.member, provider_id=where.provider,
            provider_name=where.provider_name, model=where.model, **{name: getattr(told, name) for name in NAMES},
        )
        for where, told in at_grain(cells, grain).items()
    ]  # fmt: skip

"""Quiet hours: until when a person is left alone. Pure functions of a clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from generations.models import User

LEAST = timedelta(minutes=1)


def quiet_until(user: User, now: datetime) -> datetime | None:
    """The end of the person's quiet hours that are on at `now`; None when they are not."""
    if user.quiet_from is None or user.quiet_until is None:
        return None
    return _until(user.quiet_from, user.quiet_until, user.zone, now)


def _until(start: time, end: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    local = now.astimezone(zone)
    clock = local.time()
    over_night = start > end
    if not (clock >= start or clock < end if over_night else start <= clock < end):
        return None
    day = local.date() + timedelta(days=1 if over_night and clock >= start else 0)
    # When clocks are set back, the end by the clock may lie behind: then it is looked at again in a minute.
    return max(datetime.combine(day, end, tzinfo=zone), now + LEAST)

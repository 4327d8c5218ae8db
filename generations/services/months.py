"""Months and days as budgets and usage know them: they begin at midnight in the portal's own time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

DAY = timedelta(days=1)


def this_month() -> date:
    """The first day of the month that pays for what is asked for now."""
    return month_of(timezone.now())


def month_of(moment: datetime) -> date:
    """The first day of its month, in PORTAL_TIME_ZONE."""
    return day_of(moment).replace(day=1)


def today() -> date:
    return day_of(timezone.now())


def day_of(moment: datetime) -> date:
    """Its day, in PORTAL_TIME_ZONE."""
    return moment.astimezone(zone()).date()


def begins(day: date) -> datetime:
    """The day's first moment."""
    return datetime.combine(day, time(), zone())


def day_within(month: date, moment: datetime) -> date:
    """The moment's day, or the nearest one of this month: so that the days of a month add up to the month."""
    return min(max(day_of(moment), month), last_day(month))


def last_day(month: date) -> date:
    return (month.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def zone() -> ZoneInfo:
    """Where the portal's days begin."""
    return ZoneInfo(settings.PORTAL_TIME_ZONE)

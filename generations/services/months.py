"""Months as budgets know them: they begin at midnight in the portal's own time zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def this_month() -> date:
    """The first day of the month that pays for what is asked for now."""
    return month_of(timezone.now())


def month_of(moment: datetime) -> date:
    """The first day of its month, in PORTAL_TIME_ZONE."""
    return moment.astimezone(ZoneInfo(settings.PORTAL_TIME_ZONE)).date().replace(day=1)


def today() -> date:
    return timezone.now().astimezone(ZoneInfo(settings.PORTAL_TIME_ZONE)).date()

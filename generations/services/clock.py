"""A clock that was set back leaves times that nobody meant: what lies further ahead than is ever set is due now."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from generations.models import Output, Provider, Watch
from generations.services.pace import LONGEST_HINT
from generations.services.slots import COOLING_MOST

FARTHEST = max(timedelta(seconds=LONGEST_HINT), COOLING_MOST) * 1.2


def mend_times() -> None:
    """Let what waits for a time that was set before the clock went back wait no longer."""
    now = timezone.now()
    waiting: list[tuple[QuerySet, str]] = [  # type: ignore[type-arg]
        (Watch.objects.all(), "next_poll_at"),
        (Output.objects.wanted(), "next_try_at"),
        (Provider.objects.all(), "cooling_until"),
        (Provider.objects.all(), "quiet_until"),
    ]
    for rows, column in waiting:
        rows.filter(**{f"{column}__gt": now + FARTHEST}).update(**{column: now})

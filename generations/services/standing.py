"""How each provider stands: what it holds, what it offers, and how it answered within a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from generations.dialects import DIALECTS
from generations.models import Job, Provider, ProviderHour, State, VideoModel

HOUR = timedelta(hours=1)
HELD = (State.SUBMITTING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Beat:
    """One hour of calls. No calls is no news."""

    hour: datetime
    calls: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A provider as staff see it. `beats` are the last 24 hours, oldest first."""

    provider: Provider
    in_flight: int
    waiting: int
    models: int
    models_on: int
    beats: tuple[Beat, ...]

    @property
    def title(self) -> str:
        """The dialect, in words."""
        kind = DIALECTS.get(self.provider.dialect)
        return kind.title if kind else self.provider.dialect

    @property
    def host(self) -> str:
        return self.provider.origin.partition("://")[2]

    @property
    def calls(self) -> int:
        return sum(beat.calls for beat in self.beats)

    @property
    def errors(self) -> int:
        return sum(beat.errors for beat in self.beats)

    @property
    def rate(self) -> float | None:
        """The share of calls that failed, None without any."""
        return self.errors / self.calls if self.calls else None


def standings(providers: Sequence[Provider]) -> list[Standing]:
    """How these providers stand, by three queries for any number of them."""
    jobs, models, hours = _jobs(providers), _models(providers), _hours(providers)
    return [
        Standing(
            provider,
            in_flight=sum(jobs[provider.pk, state] for state in HELD),
            waiting=jobs[provider.pk, State.QUEUED],
            models=models[provider.pk, True] + models[provider.pk, False],
            models_on=models[provider.pk, True],
            beats=hours[provider.pk],
        )
        for provider in providers
    ]


def _jobs(providers: Sequence[Provider]) -> defaultdict[tuple[int, str], int]:
    live = Job.objects.filter(provider__in=providers, state__in=[*HELD, State.QUEUED]).order_by()
    rows = live.values_list("provider", "state").annotate(n=Count("pk"))
    return defaultdict(int, {(pk, state): n for pk, state, n in rows if pk})


def _models(providers: Sequence[Provider]) -> defaultdict[tuple[int, bool], int]:
    rows = VideoModel.objects.filter(provider__in=providers).order_by().values_list("provider", "enabled")
    return defaultdict(int, {(pk, on): n for pk, on, n in rows.annotate(n=Count("pk"))})


def _hours(providers: Sequence[Provider]) -> dict[int, tuple[Beat, ...]]:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = [now - HOUR * back for back in reversed(range(24))]
    rows = ProviderHour.objects.filter(provider__in=providers, hour__gte=hours[0])
    found = {(row.provider_id, row.hour): Beat(row.hour, row.calls, row.errors) for row in rows}
    return {p.pk: tuple(found.get((p.pk, hour), Beat(hour)) for hour in hours) for p in providers}

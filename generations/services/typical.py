"""How long jobs take: learnt from the jobs that were made."""

from __future__ import annotations

import hashlib
import statistics

from django.core.cache import cache

from generations.models import Job
from generations.services.pace import Usual

ENOUGH = 6
LATEST = 40
REMEMBERED = 60  # seconds


def usual_time(provider_pk: int | None, model: str, seconds: int) -> Usual | None:
    """What the provider's latest jobs of this model and length took; None while there are too few."""
    key = "usual:" + hashlib.sha256(f"{provider_pk}/{seconds}/{model}".encode()).hexdigest()
    known = cache.get(key)
    if known is None:
        known = _learnt(provider_pk, model, seconds) or ()
        cache.set(key, known, REMEMBERED)
    return Usual(*known) if known else None


def in_words(usual: Usual) -> str:
    """A span of seconds as people say it: 40 to 70 s, 1.5 to 4 min."""
    if usual.high < 90:
        low, high, unit = f"{usual.low:.0f}", f"{usual.high:.0f}", "s"
    else:
        low, high, unit = _half_minutes(usual.low), _half_minutes(usual.high), "min"
    return f"{high} {unit}" if low == high else f"{low} to {high} {unit}"


def _half_minutes(seconds: float) -> str:
    return f"{round(seconds / 30) / 2:g}"


def _learnt(provider_pk: int | None, model: str, seconds: int) -> tuple[float, float] | None:
    made = Job.objects.filter(provider=provider_pk, model=model, seconds=seconds, rendered_in__isnull=False)
    took = list(made.order_by("-pk").values_list("rendered_in", flat=True)[:LATEST])
    if len(took) < ENOUGH:
        return None
    parts = statistics.quantiles([t for t in took if t is not None], n=20, method="inclusive")
    return parts[0] * 0.97, parts[-2]

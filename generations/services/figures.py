"""What came of a prompt, as its row keeps it: always counted anew from its jobs, never added up."""

from __future__ import annotations

import statistics
from math import sqrt
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count, Q, QuerySet

from generations.models import Job, Prompt, PromptMark, State, Visibility

NEWEST = 50
SURE = 1.96  # 95 %


def recount(prompt_pk: int) -> Prompt:
    """Write the prompt's figures as its jobs and marks are now; in the transaction of what changed them.

    Whoever counts holds the row, so that of two at once the later one counts what the earlier one changed.
    """
    with transaction.atomic(savepoint=False):
        prompt = Prompt.objects.select_for_update(no_key=True).get(pk=prompt_pk)
        Prompt.objects.filter(pk=prompt_pk).update(**_figures(prompt))
    return prompt


def recount_of(job_pk: int) -> None:
    """Count the prompt that the job hangs on by now: it may have been shared since the caller read it."""
    recount(Job.objects.values_list("prompt_id", flat=True).get(pk=job_pk))


def counted(prompt: Prompt) -> QuerySet[Job]:
    """The runs that its figures are about: of a shared prompt the shared ones."""
    jobs = Job.objects.filter(prompt=prompt)
    return jobs if prompt.owner_id else jobs.filter(visibility=Visibility.TEAM)


def lower_bound(good: int, of: int) -> float:
    """The share that is good at least, with 95 % certainty (Wilson): 1 of 1 is less than 9 of 10."""
    if not of:
        return 0.0
    share, z = good / of, SURE
    low = share + z * z / (2 * of) - z * sqrt((share * (1 - share) + z * z / (4 * of)) / of)
    return max(0.0, low / (1 + z * z / of))


def _figures(prompt: Prompt) -> dict[str, Any]:
    jobs = counted(prompt)
    figures: dict[str, Any] = jobs.order_by().aggregate(
        runs=Count("pk"), done=Count("pk", Q(state=State.DONE)), failed=Count("pk", Q(state=State.FAILED))
    )
    figures["success"] = lower_bound(figures["done"], figures["done"] + figures["failed"])
    return figures | _typical(jobs if figures["done"] else jobs.none()) | _rated(prompt)


def _typical(jobs: QuerySet[Job]) -> dict[str, Any]:
    """The medians of the newest ones that were made, the cost in the currency most of them had."""
    done = jobs.filter(state=State.DONE).order_by("-pk")
    times = [t for (t,) in done.filter(rendered_in__isnull=False).values_list("rendered_in")[:NEWEST] if t is not None]
    priced = done.filter(list_price__isnull=False).values_list("list_price", "currency")[:NEWEST]
    prices = [(price, unit) for price, unit in priced if price is not None]
    currency = statistics.mode(unit for _, unit in prices) if prices else ""
    return {
        "typical_seconds": statistics.median(times) if times else None,
        "typical_cost": statistics.median_low(p for p, unit in prices if unit == currency) if prices else None,
        "typical_currency": currency,
    }


def _rated(prompt: Prompt) -> dict[str, Any]:
    found = PromptMark.objects.filter(prompt=prompt, rating__isnull=False).aggregate(mean=Avg("rating"), n=Count("pk"))
    return {"rating": found["mean"] or 0.0, "ratings": found["n"]}

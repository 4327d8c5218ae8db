"""The whole installation in numbers, read from its rows when somebody asks: any web machine tells the same truth.

Nothing is counted in memory, so nothing is lost at a restart and no process needs to know of another.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from generations.models import Heartbeat, Job, Output, ProviderHour, Submission, Watch
from generations.services.kick import ARCHIVES, ENGINE, MAIN, waiting_in

DAY = timedelta(hours=24)
QUANTILES = (0.5, 0.9, 0.99)
MOST_ANSWERS = 20_000  # newest first, when a day had more
GONE = Value("(removed)")


def exposition() -> bytes:
    """All metrics in Prometheus' text format, by ten queries at most."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Portal())
    return generate_latest(registry)


class _Portal(Collector):
    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering it asks the database nothing

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield _jobs()
        yield from _polls(now)
        yield from _latency(now)
        yield _submissions()
        yield _calls(now)
        yield _queues()
        yield from _outputs(now)
        yield _heartbeats(now)


def _jobs() -> Metric:
    family = _gauge("jobs", "Jobs by state and provider.", "state", "provider")
    rows = Job.objects.order_by().annotate(of=Coalesce("provider__name", "provider_name"))
    for state, provider, count in rows.values_list("state", "of").annotate(n=Count("pk")):
        family.add_metric([state, provider], count)
    return family


def _polls(now: datetime) -> Iterator[Metric]:
    running = _gauge("polls_due", "Running jobs whose next look is due.", "provider")
    lag = _gauge("poll_lag_seconds", "How long the longest overdue look has been due.", "provider")
    due = Count("pk", filter=Q(next_poll_at__lte=now))
    watches = Watch.objects.order_by().annotate(of=Coalesce("provider__name", GONE)).values_list("of")
    for provider, count, first in watches.annotate(n=due, first=Min("next_poll_at")):
        running.add_metric([provider], count)
        lag.add_metric([provider], max(0.0, (now - first).total_seconds()))
    return iter((running, lag))


def _latency(now: datetime) -> Iterator[Metric]:
    """Quantiles of a day and not a histogram: buckets over all rows would cost a walk through all of them."""
    quantiles = _gauge(
        "submit_latency_seconds", "From sending a job to the provider's answer, last 24 hours.", "provider", "quantile"
    )
    answers = _gauge("submit_latency_answers", "Answers that the latency was taken from.", "provider")
    rows = Submission.objects.filter(sent_at__gt=now - DAY, answered_at__isnull=False).order_by("-sent_at")
    found: defaultdict[str, list[float]] = defaultdict(list)
    named = rows.annotate(of=Coalesce("provider__name", GONE), took=F("answered_at") - F("sent_at"))
    for provider, took in named.values_list("of", "took")[:MOST_ANSWERS]:
        found[provider].append(took.total_seconds())
    for provider, seconds in found.items():
        seconds.sort()
        answers.add_metric([provider], len(seconds))
        for q in QUANTILES:
            quantiles.add_metric([provider, str(q)], seconds[math.ceil(q * len(seconds)) - 1])
    return iter((quantiles, answers))


def _submissions() -> Metric:
    """Not a counter: an answer that comes late changes a row, and a counter may never go down."""
    family = _gauge("submissions", "Requests to make a video, by what they came to.", "provider", "outcome")
    rows = Submission.objects.order_by().annotate(of=Coalesce("provider__name", GONE))
    for provider, outcome, count in rows.values_list("of", "outcome").annotate(n=Count("pk")):
        family.add_metric([provider, outcome], count)
    return family


def _calls(now: datetime) -> Metric:
    family = _gauge("provider_calls", "HTTP calls to a provider in the last 24 hours.", "provider", "result")
    rows = ProviderHour.objects.filter(hour__gt=now - DAY).order_by().values_list("provider__name")
    for provider, calls, errors in rows.annotate(n=Sum("calls"), wrong=Sum("errors")):
        family.add_metric([provider, "ok"], calls - errors)
        family.add_metric([provider, "error"], errors)
    return family


def _queues() -> Metric:
    family = _gauge("queue_tasks", "Tasks that wait in a queue.", "cluster")
    for cluster in (MAIN, ENGINE, ARCHIVES):
        family.add_metric([cluster], waiting_in(cluster))
    return family


def _outputs(now: datetime) -> Iterator[Metric]:
    waiting = Q(stored_at=None, abandoned_at=None)
    found = Output.objects.aggregate(
        stored=Count("pk", filter=~Q(stored_at=None)),
        waiting=Count("pk", filter=waiting),
        abandoned=Count("pk", filter=Q(stored_at=None) & ~Q(abandoned_at=None)),
        oldest=Min("job__state_since", filter=waiting),
        bytes=Sum("size", filter=~Q(stored_at=None)),
    )
    counts = _gauge("outputs", "Finished files: kept, waiting to be copied, given up.", "status")
    for status in ("stored", "waiting", "abandoned"):
        counts.add_metric([status], found[status])
    oldest = _gauge("archive_backlog_oldest_seconds", "How long the oldest file has waited to be copied.")
    oldest.add_metric([], (now - found["oldest"]).total_seconds() if found["oldest"] else 0)
    kept = _gauge("archived_bytes", "Bytes of all clips that are kept.")
    kept.add_metric([], found["bytes"] or 0)
    return iter((counts, oldest, kept))


def _heartbeats(now: datetime) -> Metric:
    family = _gauge("heartbeat_age_seconds", "Time since a part gave its last sign of life.", "part")
    for name, at in Heartbeat.objects.values_list("name", "at"):
        family.add_metric([name], (now - at).total_seconds())
    return family


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sora_portal_{name}", about, labels=labels)

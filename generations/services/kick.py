"""Waking the queue. A kick may come 0, 1 or many times; the rows hold the truth and the sweeper finds what it missed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.brokers import get_broker
from django_q.tasks import async_task

from generations.models import Heartbeat

# Tasks by dotted name: a pickled function would pin the module it lives in.
RUN_ENGINE = "generations.tasks.run_engine"
ARCHIVE = "generations.tasks.archive"
CANARY = "generations.tasks.canary"
CLUSTERS = ("default", "engine", "archive")

ENGINE_BEAT = "engine"
ENGINE_STALE = timedelta(seconds=5)


def kick_engine() -> None:
    """See that an engine is awake: enqueue a turn unless one is alive or already waits."""
    last = Heartbeat.last(ENGINE_BEAT)
    if (last is None or timezone.now() - last > ENGINE_STALE) and not waiting_in("engine"):
        async_task(RUN_ENGINE, cluster="engine")


def kick_archive(output_pk: int) -> None:
    """Have the archive cluster copy this output."""
    async_task(ARCHIVE, output_pk, cluster="archive")


def kick_canary(cluster: str) -> None:
    """Send a sign of life through a cluster's whole chain; its acknowledgement is stamped by `signals`."""
    async_task(CANARY, cluster, **({} if cluster == "default" else {"cluster": cluster}))


def waiting_in(cluster: str) -> int:
    """How many tasks wait in a cluster's queue."""
    return int(get_broker(cluster).queue_size())

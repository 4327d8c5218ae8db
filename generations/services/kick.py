"""Waking the queue. A kick may come 0, 1 or many times: the rows hold the truth, the sweeper finds what was missed."""

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
MAIN, ENGINE, ARCHIVES = "portal", "engine", "archive"
"""The clusters by name. Always named in full: inside a cluster's own processes the default is that cluster."""

ENGINE_BEAT = "engine"
ARCHIVE_BEAT = "archive"
ENGINE_STALE = timedelta(seconds=5)


def kick_engine() -> None:
    """See that an engine is awake: enqueue a turn unless one is alive or already waits."""
    last = Heartbeat.last(ENGINE_BEAT)
    if last is None or timezone.now() - last > ENGINE_STALE:
        kick_engine_again()


def kick_engine_again() -> None:
    """Enqueue a turn of the engine, unless one waits already."""
    if not waiting_in(ENGINE):
        async_task(RUN_ENGINE, cluster=ENGINE)


def kick_archive(output_pk: int) -> None:
    """Have the archive cluster copy this output."""
    async_task(ARCHIVE, output_pk, cluster=ARCHIVES)


def kick_canary(cluster: str) -> None:
    """Send a sign of life through a cluster's whole chain; `signals` stamps its acknowledgement."""
    if not waiting_in(cluster):
        async_task(CANARY, cluster, cluster=cluster)


def canary_beat(cluster: str) -> str:
    """The name of a cluster's heartbeat."""
    return f"canary:{cluster}"


def waiting_in(cluster: str) -> int:
    """How many tasks wait in a cluster's queue."""
    return int(get_broker(cluster).queue_size())

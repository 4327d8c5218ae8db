"""Waking the queue. A kick may come 0, 1 or many times: the rows hold the truth, the sweeper finds what was missed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.brokers import get_broker
from django_q.tasks import async_task

from generations.models import Heartbeat
from sora_portal.brokers import own_door

# Tasks by dotted name: a pickled function would pin the module it lives in.
RUN_ENGINE = "generations.tasks.run_engine"
ARCHIVE = "generations.tasks.archive"
TIDY = "generations.tasks.tidy"
ROLL_UP = "generations.tasks.roll_up"
DELIVER = "generations.tasks.deliver"
CANARY = "generations.tasks.canary"
MAIN, ENGINE, ARCHIVES = "portal", "engine", "archive"
"""The clusters by name. Always named in full: inside a cluster's own processes the default is that cluster."""

ENGINE_BEAT = "engine"
ARCHIVE_BEAT = "archive"
ENGINE_STALE = timedelta(seconds=5)


def kick_engine() -> None:
    """See that an engine is awake, on whichever machine: enqueue a turn unless one is alive or already waits."""
    last = Heartbeat.last(ENGINE_BEAT)
    if last is None or abs(timezone.now() - last) > ENGINE_STALE:
        _enqueue_once(ENGINE, RUN_ENGINE)


def kick_engine_again(under_way: int = 0) -> None:
    """Enqueue a turn of this instance's own engine, unless it has one beside those known to be `under_way`.

    Turns that a cluster has taken count, where the broker knows them (Redis forgets): each enqueues the next one, so
    two would never become one again.
    """
    door = get_broker(own_door(ENGINE))
    if door.queue_size() + (door.lock_size() or 0) <= under_way:
        async_task(RUN_ENGINE, cluster=own_door(ENGINE))


def kick_archive(output_pk: int) -> None:
    """Have an archive cluster copy this output."""
    async_task(ARCHIVE, output_pk, cluster=ARCHIVES)


def kick_tidy() -> None:
    """Have the archive cluster, where the files arrive, bring files and rows together."""
    async_task(TIDY, cluster=ARCHIVES)


def kick_roll_up() -> None:
    """Have the archive cluster, which has the time, count the days that have changed."""
    async_task(ROLL_UP, cluster=ARCHIVES)


def kick_deliver() -> None:
    """Have a queue cluster tell what waits to be told, unless one is asked already."""
    _enqueue_once(MAIN, DELIVER)


def kick_canary(cluster: str) -> None:
    """Send a sign of life through the whole chain of our own cluster; `signals` stamps its acknowledgement."""
    _enqueue_once(own_door(cluster), CANARY, cluster)


def canary_beat(cluster: str) -> str:
    """The name of a cluster's heartbeat."""
    return f"canary:{cluster}"


def waiting_in(queue: str) -> int:
    """How many tasks wait in a queue: a cluster's, or an own door."""
    return int(get_broker(queue).queue_size())


def fresh_start(cluster: str) -> None:
    """Before our cluster starts: drop what its killed predecessor had taken from its own door; an engine has a turn."""
    get_broker(own_door(cluster)).delete_queue()
    if cluster == ENGINE:
        kick_engine_again()


def forget_gone_instances() -> None:
    """Remove the heartbeats of instances that have been silent for a day, and what waits at their doors."""
    for instance in Heartbeat.forget_gone():
        for cluster in (MAIN, ENGINE, ARCHIVES):
            get_broker(own_door(cluster, instance)).delete_queue()


def _enqueue_once(queue: str, task: str, *args: object) -> None:
    if not waiting_in(queue):
        async_task(task, *args, cluster=queue)

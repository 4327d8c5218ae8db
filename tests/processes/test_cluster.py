"""A queue's cluster ends when it is told to, whatever its processes are doing at that moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.processes.harness import Installation

pytestmark = [pytest.mark.process, pytest.mark.matrix]

STOPS = """
from multiprocessing import Event, Process
from uuid import uuid4
from django_q.tasks import async_task
from generations.management.commands.cluster import Sentinel

for _ in range(9):
    async_task("generations.tasks.canary", "portal")
asked = Event()
asked.set()
sentinel = Sentinel(asked, asked, uuid4(), timeout=5, start=False)
recycled = Process(target=int)
recycled.start()
recycled.join()
sentinel.pool = [recycled]
sentinel.monitor, sentinel.pusher = sentinel.spawn_monitor(), sentinel.spawn_pusher()
while not sentinel.task_queue.full():
    pass
sentinel.stop()
print("stopped", sentinel.pusher.is_alive(), sentinel.monitor.is_alive())
"""


def test_it_stops_though_the_queue_is_full_and_its_last_worker_has_just_ended(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    assert installation.manage("migrate").returncode == 0
    assert installation.python(STOPS).splitlines()[-1] == "stopped False False"

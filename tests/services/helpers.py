"""Calling services at the same moment, and looking at the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django_q.models import OrmQ


def race(*calls: Callable[[], Any]) -> list[Any]:
    """Make all calls at once, each on a thread and a database connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number, call]) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def queued() -> list[tuple[str, str, tuple[Any, ...]]]:
    """What waits in the queue: (cluster, task, arguments), oldest first."""
    rows = OrmQ.objects.order_by("pk")
    return [(row.key, row.task["func"], tuple(row.task["args"])) for row in rows]

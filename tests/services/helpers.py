"""Calling services at the same moment, and looking at the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from generations.models import Candidate, Job, Source


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


def named(job: Job, remote_id: str, source: Source = Source.CALLBACK, said: str = "") -> Candidate:
    """An id that may be the job's, which nobody is to be asked about now."""
    sent = job.submissions.get()
    assert sent.provider
    return Candidate.objects.create(
        provider=sent.provider, submission=sent, remote_id=remote_id, source=source, heard_at=timezone.now(), said=said
    )


def queued() -> list[tuple[str, str, tuple[Any, ...]]]:
    """What waits in the queue: (cluster, task, arguments), oldest first."""
    rows = OrmQ.objects.order_by("pk")
    return [(row.key, row.task["func"], tuple(row.task["args"])) for row in rows]

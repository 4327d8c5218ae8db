"""django-q2's brokers with a second door: a queue that only this instance's clusters take from.

All instances share a cluster's queue, and whichever is faster takes a task. A sign of life and an engine's turn are
meant for one instance; they come by its own door and cannot be taken, or kept waiting, by another one. The broker for
Redis is in `redis_broker`: its library is 6 MB that no process needs without it.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf


def own_door(cluster: str, instance: str = "") -> str:
    """The queue of an instance's cluster (default: ours) beside the shared one."""
    return f"{cluster}@{instance or settings.INSTANCE}"


class OrmDoors(ORM):  # type: ignore[misc]
    """Takes from both queues in one SELECT, the own door first."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        doors = [own_door(self.list_key), self.list_key]
        waiting = self.get_connection().filter(key__in=doors, lock__lt=timezone.now())
        # Backwards by name: the own door's name is the longer one.
        tasks = list(waiting.order_by("-key", "pk")[: Conf.BULK])
        if not tasks:
            time.sleep(Conf.POLL)
            return None
        return [(task.pk, task.payload) for task in tasks if self._take(task)]

    def _take(self, task: Any) -> bool:
        """Whether no other cluster was faster."""
        same = self.get_connection().filter(pk=task.pk, lock=task.lock)
        return bool(same.update(lock=self.timeout(task)))

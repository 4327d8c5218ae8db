"""The broker with two doors (see `brokers`) on Redis."""

from __future__ import annotations

from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf

from sora_portal.brokers import own_door


class RedisDoors(Redis):  # type: ignore[misc]
    """Waits at both lists at once, the own door first."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self.own_list = f"django_q:{own_door(list_key or Conf.CLUSTER_NAME)}:q"

    def dequeue(self) -> list[tuple[None, bytes]] | None:
        task = self.connection.blpop([self.own_list, self.list_key], 1)
        return [(None, task[1])] if task else None

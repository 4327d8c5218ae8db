"""Two doors to every cluster: the shared queue, and one that only this instance's clusters take from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django_q.conf import Conf
from pytest_django import Settings

from sora_portal.brokers import OrmDoors, own_door
from sora_portal.redis_broker import RedisDoors
from tests.conftest import needs

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def cluster() -> str:
    """A queue's name of our own, since tests may share a Redis."""
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture(params=["database", "redis"])
def broker(
    request: pytest.FixtureRequest, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    if request.param == "database":
        yield lambda queue=cluster: OrmDoors(list_key=queue)
        return
    server = os.environ.get("TEST_REDIS_URL", "")
    needs(server, "Redis tests need a server: TEST_REDIS_URL=redis://host:6379/9 make test")
    monkeypatch.setattr(Conf, "REDIS", server)
    yield lambda queue=cluster: RedisDoors(list_key=queue)
    with redis.from_url(server) as connection:
        for key in connection.scan_iter(f"django_q:{cluster}*"):
            connection.delete(key)


def taken(one: Any) -> str | None:
    """What a cluster takes next, at once or not at all."""
    found = one.dequeue()
    text = found[0][1] if found else None
    return text.decode() if isinstance(text, bytes) else text


def test_the_own_door_comes_first_and_nobody_else_s_is_opened(
    broker: Callable[..., Any], cluster: str, settings: Settings
) -> None:
    broker().enqueue("for anyone")
    broker(own_door(cluster, "there")).enqueue("for there")
    broker(own_door(cluster, "here")).enqueue("for here")
    settings.INSTANCE = "here"
    assert [taken(broker()) for _ in range(3)] == ["for here", "for anyone", None]
    settings.INSTANCE = "there"
    assert [taken(broker()) for _ in range(2)] == ["for there", None]


def test_what_waits_at_a_door_is_counted_and_cleared_by_itself(broker: Callable[..., Any], cluster: str) -> None:
    own = broker(own_door(cluster))
    own.enqueue("a canary")
    broker().enqueue("a task")
    assert (own.queue_size(), broker().queue_size()) == (1, 1)
    own.delete_queue()
    assert (own.queue_size(), broker().queue_size()) == (0, 1)
    assert taken(broker()) == "a task"

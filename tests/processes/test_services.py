"""The same engine on PostgreSQL and Redis: real servers, a real cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from generations.sandbox import Sandbox
from tests.conftest import needs
from tests.processes.harness import Installation, wait_for
from tests.processes.test_failpoints import DELIVER, SET_UP, engine

pytestmark = [pytest.mark.process, pytest.mark.matrix]

STATES = "from generations.models import Job; print(*Job.objects.values_list('state', flat=True))"


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a PostgreSQL database of our own, dropped afterwards."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    needs(server, "PostgreSQL tests need a server: TEST_DATABASE_URL=postgres://user@host/database make test")
    name = f"portal_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def redis() -> str:
    server = os.environ.get("TEST_REDIS_URL", "")
    needs(server, "Redis tests need a server: TEST_REDIS_URL=redis://host:6379/9 make test")
    return server


def test_a_job_is_sent_once_though_its_task_comes_three_times(database: str, redis: str, tmp_path: Path) -> None:
    # The cluster's name is the queue's name in Redis, and tests may share a server: empty it first.
    installation = Installation(tmp_path / "data", DATABASE_URL=database, REDIS_URL=redis)
    assert installation.manage("migrate", "-v0").returncode == 0
    installation.python("from django_q.brokers import get_broker; get_broker('engine').delete_queue()")
    with Sandbox(key="k", speed=0.05) as provider:
        installation.python(SET_UP.format(url=provider.url))
        installation.generate("On PostgreSQL and Redis")
        installation.python("\n".join([DELIVER] * 3))
        with engine(installation):
            wait_for(lambda: installation.python(STATES) == "running", "rendering")
        assert (provider.creates, provider.posts) == (1, 1)

"""The three stacks a portal may stand on, each ready within a moment: migrated once, copied for each installation."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from tests.prepared import PREPARE
from tests.processes.harness import Installation
from tests.processes.servers import PostgreSQL, Redis, new_database, own_postgresql, own_redis

TEMPLATE = "prepared"
QUICK = {"SANDBOX": "0", "SUBMIT_LEASE": "4", "ARCHIVE_LEASE": "4"}
"""No sandbox of the portal's own, since a test holds one; leases that end soon."""


class Stack(StrEnum):
    """Where the rows are and what carries the tasks."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    REDIS = "redis"  # carries the tasks, the rows are in PostgreSQL

    @property
    def has_servers(self) -> bool:
        return self is not Stack.SQLITE


class Stacks:
    """Makes installations. Servers start with the first installation that needs them and end with `close`."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        self.prepared, self.folder = prepared, folder
        self.open = contextlib.ExitStack()
        self.lock, self.numbers = threading.Lock(), itertools.count(1)
        self.postgresql: PostgreSQL | None = None

    def close(self) -> None:
        self.open.close()

    def install(self, stack: Stack, **env: str) -> Installation:
        """A fresh installation on this stack; with Redis, on a server of its own."""
        with self.lock:
            name = f"{stack}_{next(self.numbers)}"
            data = self.folder / name / "data"
            shutil.copytree(self.prepared, data)
            addresses = {"DATABASE_URL": self._database(name)} if stack.has_servers else {}
            if stack is Stack.REDIS:
                addresses["REDIS_URL"] = self.open.enter_context(own_redis()).url
            return Installation(data, **(QUICK | addresses | env))

    def redis(self) -> Redis:
        return self.open.enter_context(own_redis())

    def _database(self, name: str) -> str:
        if self.postgresql is None:
            self.postgresql = self.open.enter_context(own_postgresql())
            url = new_database(self.postgresql.url, TEMPLATE)
            Installation(self.prepared, DATABASE_URL=url).python(PREPARE)
        return new_database(self.postgresql.url, name, TEMPLATE)


@contextlib.contextmanager
def all_stacks(prepared: Path, folder: Path) -> Iterator[Stacks]:
    stacks = Stacks(prepared, folder)
    try:
        yield stacks
    finally:
        stacks.close()

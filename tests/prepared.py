"""One folder a test run, migrated and with its static files, from which every other is copied: migrating takes long."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.processes.harness import Installation

PREPARE = """
from django.core.management import call_command
from generations.supervisor.prepare import collect_static
call_command("migrate", verbosity=0)
collect_static()
"""


def prepare(data: Path) -> Path:
    """Make a data folder that is migrated, has its static files and nobody in it."""
    Installation(data).python(PREPARE)
    return data


def prepared_once(factory: pytest.TempPathFactory) -> Path:
    """The folder of this run, for all its workers: whoever comes first makes it, the others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data, done = shared / "prepared", shared / "prepared.done"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            prepare(data)
            done.touch()
    return data

"""A prepared data folder, made once and copied for each test: migrated, static files collected, nobody in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.harness import Installation

PREPARE = """
from django.core.management import call_command
from generations.management.commands.portal import collect_static
call_command("migrate", verbosity=0)
collect_static()
"""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("prepared") / "data"
    Installation(data).python(PREPARE)
    return data


@pytest.fixture
def install(prepared: Path, tmp_path: Path) -> Callable[..., Installation]:
    """A fresh installation on a copy of the prepared folder."""

    def make(**env: str) -> Installation:
        shutil.copytree(prepared, tmp_path / "data")
        return Installation(tmp_path / "data", **env)

    return make

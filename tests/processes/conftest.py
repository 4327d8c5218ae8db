"""A prepared data folder is copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes.harness import Installation
from tests.processes.stacks import Stacks, all_stacks


@pytest.fixture
def install(prepared: Path, tmp_path: Path) -> Callable[..., Installation]:
    """A fresh installation on a copy of the prepared folder."""

    def make(**env: str) -> Installation:
        shutil.copytree(prepared, tmp_path / "data")
        return Installation(tmp_path / "data", **env)

    return make


@pytest.fixture(scope="session")
def stacks(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    """Installations on any stack, with servers of their own, which start when the first one needs them."""
    with all_stacks(prepared, tmp_path_factory.mktemp("stacks")) as made:
        yield made

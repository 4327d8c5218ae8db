"""One portal, or one of each role, on one data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another portal holds this data folder."""


@contextmanager
def hold_lock(data: Path, roles: Iterable[str]) -> Iterator[None]:
    """Hold these roles of the data folder; the kernel lets go of them even after a kill. Raises AlreadyRunning."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as held:
        for role in sorted(roles):
            held.enter_context(_hold(data, role))
        yield


@contextmanager
def _hold(data: Path, role: str) -> Iterator[None]:
    with (data / f"portal-{role}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise AlreadyRunning(
                f"A portal already runs on {data} (process {file.read().strip() or 'unknown'}, role {role}). "
                "Stop it first, or give this one a folder of its own by PORTAL_DATA."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield

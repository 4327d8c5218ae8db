"""One portal on one data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another portal holds this data folder."""


@contextmanager
def hold_lock(data: Path) -> Iterator[None]:
    """Hold the data folder; the kernel lets go of it even after a kill. Raises AlreadyRunning."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data / "portal.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise AlreadyRunning(
                f"A portal already runs on {data} (process {file.read().strip() or 'unknown'}). "
                "Stop it first, or give this one a folder of its own by PORTAL_DATA."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield

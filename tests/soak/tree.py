"""The portal's processes from outside: which there are, what each is, and whether one outlived its time."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from tests.processes.harness import Installation, Running


@dataclass(frozen=True)
class Process:
    """A process by its id and start, since ids are used again. `part` is the part of the portal it belongs to."""

    pid: int
    born: str
    part: str

    @property
    def is_alive(self) -> bool:
        return born(self.pid) == self.born

    def __str__(self) -> str:
        return f"{self.part} ({self.pid})"


def tree(running: Running) -> list[Process]:
    """The supervisor and everything below it."""
    found = [described(pid) for pid in (running.process.pid, *running.descendants())]
    return [process for process in found if process]


def described(pid: int) -> Process | None:
    """The process, or None when it is gone."""
    at = born(pid)
    if not at:
        return None
    with contextlib.suppress(OSError):
        return Process(pid, at, _part(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")))
    return None


def born(pid: int) -> str:
    """When it started, in the kernel's ticks; empty for a dead one, buried or not."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""


def left_behind(installation: Installation) -> list[Process]:
    """Every process that was started for this installation and still lives."""
    mark = f"PORTAL_DATA={installation.data}".encode()
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0") and (process := described(int(entry))):
                found.append(process)
    return found


def _part(argv: list[str]) -> str:
    if "cluster" in argv:
        return argv[argv.index("cluster") + 1]
    if "portal" in argv:
        return "supervisor"
    return "web server" if "gunicorn" in argv else "file reader"

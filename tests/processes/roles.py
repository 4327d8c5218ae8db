"""Who is who among the processes of a running portal."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from pathlib import Path

from tests.processes.harness import Running

CLUSTER = re.compile(r"\0cluster\0(\w+)\0")


def roles(running: Running) -> dict[str, list[int]]:
    """Process ids by role: "web master", "portal sentinel", "engine worker", …; what has no role is left out."""
    found: dict[str, list[int]] = defaultdict(list)
    for pid in running.descendants():
        with contextlib.suppress(OSError):
            if role := _role(pid, running.process.pid):
                found[role].append(pid)
    return dict(found)


def shape(running: Running) -> dict[str, int]:
    """How many processes play each role."""
    return {role: len(pids) for role, pids in roles(running).items()}


def alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has buried yet does not."""
    with contextlib.suppress(OSError):
        return _stat(pid)[0] != "Z"
    return False


def unburied(supervisor: int) -> list[int]:
    """Dead processes that their parent has not taken leave of."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            state, parent, *_ = _stat(int(entry.name))
            if state == "Z" and int(parent) == supervisor:
                found.append(int(entry.name))
    return found


def _role(pid: int, supervisor: int) -> str:
    arguments = Path(f"/proc/{pid}/cmdline").read_text()
    leads = int(_stat(pid)[1]) == supervisor
    if match := CLUSTER.search(arguments):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return f"{match[1]} {'main' if leads and name.startswith('python') else name}"
    if "gunicorn" in arguments:
        return "web master" if leads else "web worker"
    return "sandbox" if "generations.sandbox" in arguments else ""


def _stat(pid: int) -> list[str]:
    """State and parent of a process, and what follows."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

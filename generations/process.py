"""Being one of the portal's processes: dying with the parent, hearing the stop, failing on purpose in tests."""

from __future__ import annotations

import ctypes
import os
import select
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_FD = "PORTAL_STOP_FD"
FAILPOINT = "PORTAL_FAILPOINT"


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies (Linux; elsewhere the session kill has to do)."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return


def guard_descendants() -> None:
    """Every process forked from here on dies with its own parent, so a killed cluster leaves no orphan."""
    os.register_at_fork(after_in_child=die_with_parent)


def stop_requested() -> bool:
    """True once the supervisor has asked its children to finish.

    The supervisor holds the other end of a pipe that every child inherits, forks included; closing it is the message,
    so a supervisor that dies says stop as well. django-q2 tells a running task nothing, hence our own way.
    """
    fd = os.environ.get(STOP_FD)
    if fd is None:
        return False
    try:
        return bool(select.select([int(fd)], [], [], 0)[0])
    except OSError:
        return True


def failpoint(name: str) -> None:
    """Die here by SIGKILL, once, when a test armed this point: PORTAL_FAILPOINT=name:/path/of/flag/file."""
    armed, _, flag = os.environ.get(FAILPOINT, "").partition(":")
    if armed != name:
        return
    try:
        Path(flag).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

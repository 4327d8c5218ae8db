"""Being one of the portal's processes: named, dying with its parent, hearing the stop, failing on purpose in tests."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
STOP_FD = "PORTAL_STOP_FD"
FAILPOINT = "PORTAL_FAILPOINT"

_fork = {"parent": 0, "name": ""}


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies (Linux; elsewhere the session kill has to do)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, as process 1 of a container is anyway (Linux)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def call_me(name: str) -> None:
    """Show this name, up to 15 letters, in `ps -o comm` and `top` (Linux)."""
    _prctl(PR_SET_NAME, ctypes.c_char_p(name.encode()))


def spare_collector() -> None:
    """What is loaded by now stays for good: the garbage collector need not walk through it while a reader waits."""
    gc.collect()
    gc.freeze()


def guard_descendants() -> None:
    """Every process forked from here on dies with its own parent, so a killed cluster leaves no orphan."""
    os.register_at_fork(before=_about_to_fork, after_in_child=_born)


@contextlib.contextmanager
def forks_named(name: str) -> Iterator[None]:
    """Processes forked in here, after `guard_descendants`, are called `name`."""
    _fork["name"], before = name, _fork["name"]
    try:
        yield
    finally:
        _fork["name"] = before


def _about_to_fork() -> None:
    _fork["parent"] = os.getpid()


def _born() -> None:
    die_with_parent()
    if os.getppid() != _fork["parent"]:
        os._exit(1)  # the parent died before the kernel knew our wish
    if _fork["name"]:
        call_me(str(_fork["name"]))


def _prctl(option: int, value: object) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


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

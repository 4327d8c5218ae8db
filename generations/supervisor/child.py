"""One running part: its process, its session, its restarts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from generations.process import STOP_FD, die_with_parent
from generations.supervisor.parts import Part

STARTING = 20.0  # seconds a part may take before its first sign of life
CALM = 15.0  # what ran this long has not failed at its start
BACK_OFF_MOST = 10.0


class Child:
    """A part as a process that leads its own session. Never blocks: a restart waits by the clock, not by sleeping."""

    def __init__(self, part: Part, stop_fd: int) -> None:
        self.part, self.stop_fd = part, stop_fd
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.start_at = 0.0
        self.back_off = 0.5
        self.pulse: datetime | None = None
        self.pulse_since = 0.0

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if self.part.sees is None or name in self.part.sees}
        env = {**kept, **self.part.env, STOP_FD: str(self.stop_fd)}
        self.process = subprocess.Popen(
            self.part.argv,
            env=env,
            cwd=settings.BASE_DIR,
            start_new_session=True,
            pass_fds=[self.stop_fd],
            preexec_fn=die_with_parent,
        )
        self.started = self.pulse_since = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_stuck(self) -> bool:
        """Alive as a process, but with the same sign of life for too long by our own clock; nobody sets that one."""
        if self.part.pulse is None:
            return False
        now, pulse = time.monotonic(), self.part.pulse()
        if pulse != self.pulse:
            self.pulse, self.pulse_since = pulse, now
        return now - self.pulse_since > self.part.stale and now - self.started > max(STARTING, self.part.stale)

    def fell(self) -> None:
        """Clear the whole session away and plan the next start, later after each fall in short order."""
        self.kill_session()
        self.back_off = 0.5 if time.monotonic() - self.started > CALM else min(self.back_off * 2, BACK_OFF_MOST)
        self.start_at = time.monotonic() + self.back_off

    def terminate(self) -> None:
        """Ask the leader to end; its own children are its matter."""
        if self.process and self.is_running:
            self.process.send_signal(signal.SIGTERM)

    def kill_session(self) -> None:
        """End every process of the session, so that no orphan goes on pulling tasks."""
        if self.process is None:
            return
        members = _members(self.process.pid)
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for pid in members:
            # We inherited the rest of the session, and must bury it.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self.process = None


def bury_orphans(children: Iterable[Child]) -> None:
    """Take leave of the dead that came to us because their own parent had died first."""
    ours = {child.process.pid for child in children if child.process}
    with contextlib.suppress(ChildProcessError):
        # Looked at before it is taken: how a part of ours ended is for its Popen to learn.
        while (dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and dead.si_pid not in ours:
            os.waitpid(dead.si_pid, 0)


def _members(session: int) -> list[int]:
    """Process ids of a session, its leader included."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.getsid(int(entry)) == session:
                    found.append(int(entry))
            except (ProcessLookupError, PermissionError):
                continue
    return found

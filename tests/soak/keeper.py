"""Runs the portal as systemd would, kills parts of it, and remembers what died when."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.processes.harness import Installation, Running
from tests.soak.plan import Plan
from tests.soak.tree import Process, left_behind, tree

RESTART_AFTER = 1.0
GONE_WITHIN = 5.0
WINDOW = timedelta(seconds=15)  # a POST takes no longer, however busy this machine is
A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Death:
    """A process of this part died at this time."""

    at: datetime
    part: str


class Keeper:
    """The portal's life. `deaths` are our kills and the supervisor's own, `orphans` who outlived a supervisor."""

    def __init__(self, installation: Installation, plan: Plan) -> None:
        self.installation, self.dice = installation, random.Random(f"victims {plan.seed}")
        self.deaths: list[Death] = []
        self.kills: Counter[str] = Counter()
        self.orphans: list[str] = []
        self.starts = self.told = 0
        self.running = self._start()
        self.start_at = 0.0

    def kill_one(self) -> None:
        """SIGKILL a process of the portal, whichever."""
        everybody = tree(self.running)
        if self.running.process.poll() is None and everybody:
            self._kill(self.dice.choice(everybody), everybody)

    def tend(self) -> None:
        """Start the portal again when it ended; hear what the supervisor says."""
        self._listen()
        if self.running.process.poll() is None:
            return
        if not self.start_at:
            self.start_at = time.monotonic() + RESTART_AFTER
        elif time.monotonic() > self.start_at:
            self.start_at = 0.0
            self.running = self._start()

    def stop(self) -> None:
        """Stop the portal in order, and see who stays."""
        if self.running.process.poll() is None:
            self.running.interrupt()
            self.running.ended(90)
        self._expect_gone(left_behind(self.installation))

    def end(self) -> None:
        """Whatever happened before: nothing of it goes on."""
        for process in left_behind(self.installation):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.running.process.wait()

    def may_have_cut(self, sent_at: datetime) -> bool:
        """True when whoever sent at this time may have died before it heard the answer."""
        parts = ("engine", "supervisor")
        return any(sent_at - A_MOMENT <= d.at <= sent_at + WINDOW for d in self.deaths if d.part in parts)

    def _start(self) -> Running:
        self.starts, self.told = self.starts + 1, 0
        log = self.installation.data.parent / f"portal-{self.starts}.log"
        return Running(self.installation, [sys.executable, "manage.py", "portal"], log)

    def _kill(self, victim: Process, all_: list[Process]) -> None:
        self._note(victim.part)
        self.kills[victim.part] += 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
        if victim.part == "supervisor":
            self._expect_gone(all_)

    def _expect_gone(self, processes: list[Process]) -> None:
        until = time.monotonic() + GONE_WITHIN
        while any(process.is_alive for process in processes) and time.monotonic() < until:
            time.sleep(0.05)
        self.orphans += [str(process) for process in processes if process.is_alive]

    def _listen(self) -> None:
        """Parts that fell by themselves or were ended by the supervisor."""
        said = self.running.said
        for line in said[self.told :].splitlines():
            if line.startswith("The engine ") and "starting it again" in line:
                self._note("engine")
        self.told = said.rfind("\n") + 1

    def _note(self, part: str) -> None:
        self.deaths.append(Death(datetime.now(UTC), part))

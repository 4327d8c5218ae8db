"""Start all parts, watch them, stop them in order."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from functools import partial

from django.db import connection

from generations.process import adopt_orphans
from generations.services.kick import forget_gone_instances
from generations.supervisor.child import Child, bury_orphans
from generations.supervisor.parts import Part

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
PROMPT_EVERY = 3.0
FIRST_ALONE = 4.0
BUSY = 1.0
PATIENCE = 15.0
AGAIN = 5.0
FORGET_EVERY = 3600.0


class _Signals:
    """Counts the wishes to stop. A handler only counts: anything more could dead-lock.

    A terminal that closes says so more than once, which is one wish and not the impatient second one.
    """

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on)
        signal.signal(signal.SIGHUP, self._on_hang_up)

    def _on(self, *_: object) -> None:
        self.count += 1

    def _on_hang_up(self, *_: object) -> None:
        self.count = max(self.count, 1)


def supervise(parts: list[Part], say: Callable[[str], None], started: Callable[[], bool]) -> None:
    """Keep the parts running until a stop signal; `started` is asked until it says True, for the greeting."""
    read_end, write_end = os.pipe()
    signals = _Signals()
    adopt_orphans()
    children = [Child(part, read_end) for part in parts]
    look = _Look(children, say)
    greeted, prompted, alone_until = False, 0.0, time.monotonic() + FIRST_ALONE
    try:
        while not signals.count:
            # Two cores load six programs slowly; the page that people wait for goes first.
            _keep_running(children if greeted or time.monotonic() > alone_until else children[:1], say)
            bury_orphans(children)
            if time.monotonic() - prompted > PROMPT_EVERY:
                prompted = time.monotonic()
                look.round()
            greeted = greeted or started()
            time.sleep(LOOK_EVERY)
        say("Stopping. Press Ctrl-C again to stop at once.")
        os.close(write_end)  # every engine and archive worker reads this as: take nothing new, finish
        _stop_in_order(children, signals, say)
    finally:
        for child in children:
            child.kill_session()


def _keep_running(children: list[Child], say: Callable[[str], None]) -> None:
    for child in children:
        if child.process is not None and not child.is_running:
            say(f"The {child.part.name} ended by itself; starting it again.")
            child.fell()
        if child.process is None and time.monotonic() >= child.start_at:
            try:
                child.start()
            except OSError as error:
                say(f"The {child.part.name} could not be started ({error}); trying again.")
                child.start_at = time.monotonic() + AGAIN


class _Look:
    """Prompts each part for a sign of life and clears away the stuck.

    Nobody is called stuck soon after the database was busy or away: a sign of life is a row, so it had to wait as well.
    """

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children, self.say = children, say
        self.patient_until, self.last_round, self.forget_at = 0.0, time.monotonic(), 0.0

    def round(self) -> None:
        if time.monotonic() - self.last_round > 2 * PROMPT_EVERY:
            self._be_patient()  # we were held up or suspended ourselves, and so was everybody
        for child in self.children:
            self._try(partial(self._at, child), f"look at the {child.part.name}")
        if time.monotonic() > self.forget_at:
            self.forget_at = time.monotonic() + FORGET_EVERY
            self._try(forget_gone_instances, "clearing up after instances that are gone")
        self.last_round = time.monotonic()

    def _try(self, what: Callable[[], None], called: str) -> None:
        began = time.monotonic()
        try:
            what()
        except Exception as error:  # a database or a broker that is away must not end the portal
            log.warning("no %s: %s", called, error)
            connection.close()
            self._be_patient()
        if time.monotonic() - began > BUSY:
            self._be_patient()

    def _be_patient(self) -> None:
        self.patient_until = time.monotonic() + PATIENCE

    def _at(self, child: Child) -> None:
        if child.is_running and child.part.prompt:
            child.part.prompt()
        if time.monotonic() > self.patient_until and child.is_running and child.is_stuck():
            self.say(f"The {child.part.name} gives no sign of life; starting it again.")
            child.fell()


def _stop_in_order(children: list[Child], signals: _Signals, say: Callable[[str], None]) -> None:
    """The web server first, then the queues, the sandbox last: it may still owe an answer."""
    for group in groups(children):
        for child in group:
            child.terminate()
        began = time.monotonic()
        while any(child.is_running and time.monotonic() - began < child.part.grace for child in group):
            if signals.count > 1:
                say("Stopped at once. A request that was on its way shows as “Outcome unknown” after the next start.")
                return
            time.sleep(0.05)
        for child in group:
            child.kill_session()
    say("Stopped.")


def groups(children: list[Child]) -> list[list[Child]]:
    """The order of a stop: web server, queues, sandbox."""
    web = [child for child in children if child.part.name == "web server"]
    last = [child for child in children if child.part.name == "sandbox provider"]
    queues = [child for child in children if child not in web and child not in last]
    return [group for group in (web, queues, last) if group]

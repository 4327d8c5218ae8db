"""Telling others how jobs go: a thread that looks at watched jobs and calls whoever wants to know."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.tally import Tally

TICK = 0.02  # seconds between two looks
TRIES = 3
PAUSE = 0.2  # seconds before the second try, twice that before the third
FINAL = (Stage.COMPLETED, Stage.FAILED)

Announcing = Callable[[Job, Moment], None]


@dataclass(slots=True)
class _Watch:
    job: Job
    announce: Announcing
    seen: Stage = Stage.QUEUED


class Herald:
    """Announces changes of stage, one by one. `look` says where a job stands, `is_kept` whether it still matters."""

    def __init__(self, look: Callable[[Job], Moment], is_kept: Callable[[Job], bool], tally: Tally) -> None:
        self._look = look
        self._is_kept = is_kept
        self._tally = tally
        self._watches: list[_Watch] = []
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-herald", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Announce nothing more. An announcement on its way is not waited for longer than a second."""
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout=1)

    def watch(self, job: Job, announce: Announcing) -> None:
        """Call `announce`, in the herald's thread, at each change of stage until the job is final.

        A stage that passes between two looks is not announced, and being queued never is. When `announce` raises it
        is called twice more, and then the change is dropped and counted.
        """
        with self._lock:
            self._watches.append(_Watch(job, announce))
        self._work.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait()
            self._stopping.wait(TICK)
            for watch in self._current():
                self._check(watch)

    def _current(self) -> list[_Watch]:
        with self._lock:
            if not self._watches:
                self._work.clear()
            return list(self._watches)

    def _check(self, watch: _Watch) -> None:
        if self._stopping.is_set():
            return
        moment = self._look(watch.job)
        if moment.stage is not watch.seen and moment.stage is not Stage.QUEUED:
            watch.seen = moment.stage
            self._announce(watch, moment)
        if moment.stage in FINAL or not self._is_kept(watch.job):
            with self._lock:
                self._watches.remove(watch)

    def _announce(self, watch: _Watch, moment: Moment) -> None:
        for attempt in range(TRIES):
            if self._stopping.wait(PAUSE * attempt):
                return
            try:
                watch.announce(watch.job, moment)
            except Exception as error:  # whatever it was, the others still want to hear
                sys.stderr.write(f"The sandbox could not announce {watch.job.id}: {error!r}\n")
            else:
                return
        self._tally.dropped()

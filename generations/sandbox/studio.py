"""The renderer: one background thread that makes one clip at a time, at low priority."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading

from generations.sandbox.jobs import Job
from generations.sandbox.store import Store

NICENESS = 10


class Studio:
    """Renders the clips of the jobs it is given, in order. A clip appears on disk whole or not at all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._asked: set[str] = set()
        self._failed: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="sandbox-studio", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Give up the clip at hand, within a frame or two."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def render(self, job: Job) -> None:
        """Have the clip made, unless it is there or under way."""
        if job.needs_clip and job.id not in self._asked and not self._store.has_clip(job):
            self._asked.add(job.id)
            self._waiting.put(job)

    def failed(self, job: Job) -> bool:
        """True when the clip could not be made here, for want of disk space for instance."""
        return job.id in self._failed

    def _work(self) -> None:
        _be_nice()
        while (job := self._waiting.get()) is not None:
            if self._stopping.is_set():
                return
            self._make(job)
            self._asked.discard(job.id)

    def _make(self, job: Job) -> None:
        # Imported here, in the background: the encoder and the drawing library are what is slow to load.
        from generations.sandbox import clips

        try:
            clips.render(clips.clip_of(job), self._store.clip_path(job), self._stopping.is_set)
        except clips.StoppedError:
            return
        except Exception as error:  # whatever it was, the thread must live on for the next job
            self._failed.add(job.id)
            sys.stderr.write(f"The sandbox could not render {job.id}: {error!r}\n")


def _be_nice() -> None:
    """Lower the priority of this thread alone; where that is impossible nothing changes."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)

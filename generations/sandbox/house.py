"""What every dialect works with: the key, the clock, the jobs, the counts and the renderer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from generations.sandbox.herald import Herald
from generations.sandbox.jobs import Job, Moment, Order, Stage, moment, new_job
from generations.sandbox.store import Store
from generations.sandbox.studio import Studio
from generations.sandbox.tally import Tally
from generations.sandbox.webhooks import Hook

RENDER_FAILED = "internal error: the clip could not be rendered"


class House:
    """One sandbox behind its HTTP door. `speed` divides every job's time; `clock` gives unix seconds.

    `hook` hears of ended jobs, in the dialects that have webhooks.
    """

    def __init__(
        self, folder: Path, key: str, speed: float, clock: Callable[[], float], hook: Hook | None = None
    ) -> None:
        self.key = key
        self.speed = speed
        self.clock = clock
        self.hook = hook
        self.tally = Tally()
        self.store = Store(folder)
        self.studio = Studio(self.store)
        self.herald = Herald(self.look, self._is_kept, self.tally)

    def open(self) -> None:
        """Forget what is old, and begin."""
        self.store.forget_old(self.clock())
        self.studio.start()
        self.herald.start()

    def close(self) -> None:
        self.herald.stop()
        self.studio.stop()

    def take(self, order: Order, id_prefix: str) -> Job:
        """Accept an order under an id of this prefix."""
        return self.accept(order, id_prefix + secrets.token_hex(12))

    def accept(self, order: Order, job_id: str) -> Job:
        """Accept an order: the job is on disk and counted before this returns."""
        now = self.clock()
        job = new_job(job_id, order, now, self.speed)
        self.store.add(job)
        self.tally.created()
        self.store.forget_old(now)
        return job

    def find(self, dialect: str, job_id: str) -> Job | None:
        """The job of this id, if this dialect made it."""
        job = self.store.find(job_id)
        return job if job and job.order.dialect == dialect else None

    def look(self, job: Job) -> Moment:
        """Where the job stands now. A clip is drawn once somebody looks at a job that is past its queue."""
        if self.studio.failed(job):
            return Moment(Stage.FAILED, reason=RENDER_FAILED)
        now = moment(job, self.clock(), has_clip=self.store.has_clip(job))
        if now.stage is Stage.RENDERING:
            self.studio.render(job)
        return now

    def _is_kept(self, job: Job) -> bool:
        return self.store.find(job.id) is not None and not job.link_expired(self.clock())

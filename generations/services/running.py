"""What is under way: counts for every page, the reader's own jobs for his tray, everybody's for the queue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, Value, When

from generations.models import ACTIVE, Job, State, User
from generations.models.job import JobQuerySet, revision
from generations.services.line import placed, places

AT_WORK = (State.SUBMITTING, State.RUNNING, State.ARCHIVING)
IN_TRAY, IN_QUEUE = 20, 100
NARROW = ("pk", "state", "rev", "watch__rev", "cover__rev")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How many jobs: the reader's own at work and waiting, and `everyone`, all that he may see.

    `percent` is how far his own ones at work have come, taken together.
    """

    running: int = 0
    waiting: int = 0
    percent: int = 0
    everyone: int = 0

    @property
    def own(self) -> int:
        return self.running + self.waiting

    @property
    def ring(self) -> int:
        """As it is drawn: what has only begun shows, too."""
        return max(self.percent, 4) if self.running else 0


@dataclass(frozen=True, slots=True)
class Listed:
    """Some unfinished jobs. `rev` changes whenever their rows would look different; `cut` where there are more."""

    jobs: list[Job]
    rev: str
    cut: bool


def under_way(user: User) -> UnderWay:
    """Counted by one query over what is unfinished, so that a long history costs nothing."""
    own = Q(author=user)
    rows = _unfinished(user).order_by().values("state")
    told = rows.annotate(all=Count("pk"), own=Count("pk", filter=own), way=Sum("watch__progress", filter=own))
    by_state = {row["state"]: row for row in told}
    at_work = [by_state[state] for state in AT_WORK if state in by_state]
    running = sum(row["own"] for row in at_work)
    way = sum(row["own"] * 100 if row["state"] == State.ARCHIVING else row["way"] or 0 for row in at_work)
    return UnderWay(
        running=running,
        waiting=sum(row["own"] for row in by_state.values()) - running,
        percent=way // running if running else 0,
        everyone=sum(row["all"] for row in by_state.values()),
    )


def in_tray(user: User) -> Listed:
    """The reader's own unfinished jobs: what is at work first, then as they were asked for."""
    return _listed(_own(user), IN_TRAY)


def in_queue(user: User) -> Listed:
    """Everybody's that the reader may see."""
    return _listed(_unfinished(user), IN_QUEUE)


def tray_revision(user: User) -> str:
    return _revision(_own(user), IN_TRAY)


def queue_revision(user: User) -> str:
    return _revision(_unfinished(user), IN_QUEUE)


def _unfinished(user: User) -> JobQuerySet:
    return Job.objects.visible_to(user).on_the_shelf().filter(state__in=ACTIVE)


def _own(user: User) -> JobQuerySet:
    """The sum keeps a planner from the author's index, which leads through his whole history to a few rows."""
    return _unfinished(user).alias(whose=F("author_id") + 0).filter(whose=user.pk)


def _in_order(jobs: JobQuerySet) -> JobQuerySet:
    """What is at work before what waits, the oldest first."""
    waits = Case(When(state__in=AT_WORK, then=Value(0)), default=Value(1))
    return jobs.order_by(waits, "created_at", "pk")


def _listed(jobs: JobQuerySet, most: int) -> Listed:
    found = placed(_in_order(jobs.for_cards())[: most + 1])
    return Listed(found[:most], _digest(f"{job.pk}:{job.revision}" for job in found), len(found) > most)


def _revision(jobs: JobQuerySet, most: int) -> str:
    """That of the same list, read from few columns: an open page asks every two seconds."""
    rows: list[Any] = list(_in_order(jobs).values_list(*NARROW, named=True)[: most + 1])
    line = places(rows)
    return _digest(f"{r.pk}:{revision(r.rev, r.watch__rev, r.cover__rev, line.get(r.pk, 0))}" for r in rows)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

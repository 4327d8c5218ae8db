"""The child process whose engine is measured: `generations.engine.run` on a prepared installation, nothing else."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from generations import engine
from generations.engine import poller
from generations.models import Job, ProviderHour, State, Watch
from generations.services import look
from tests.bench.meters import Lags, Sample, cpu_of_tree, peak_of_tree
from tests.bench.seed import shift_first_looks

# By name: what is wrapped here belongs to the engine, and only its measuring may touch it.
CLAIM, NEXT = "claim_looks", "_next_look"


def measure_window(out: str, warm: float, seconds: float) -> None:
    """Run the engine, measure from `warm` seconds after its start for so many seconds, write a Sample to `out`."""
    shift_first_looks()
    lags, marks = _note_lags(), []

    def watch() -> None:
        for wait in (warm, seconds):
            time.sleep(wait)
            marks.append((time.monotonic(), cpu_of_tree()))

    _run_beside(watch)
    (start, before), (end, after) = marks
    _write(out, Sample(start, end, after - before, *peak_of_tree(), lags.between(start, end), _errors()))


def measure_submits(out: str, jobs: int, limit: float) -> None:
    """Run the engine until so many jobs are RUNNING or `limit` seconds have passed; write a Sample to `out`."""
    start, before, end = time.monotonic(), cpu_of_tree(), []

    def watch() -> None:
        while time.monotonic() < start + limit and Job.objects.filter(state=State.RUNNING).count() < jobs:
            time.sleep(0.1)
        end.append(time.monotonic())
        connection.close()

    _run_beside(watch)
    _write(out, Sample(start, end[0], cpu_of_tree() - before, *peak_of_tree(), {}, _errors()))


def _run_beside(watch: Callable[[], None]) -> None:
    """Run the engine until `watch`, on a thread of its own, returns."""
    stop = threading.Event()

    def until_seen() -> None:
        try:
            watch()
        finally:
            stop.set()

    watcher = threading.Thread(target=until_seen)
    watcher.start()
    engine.run(stop=stop.is_set)
    watcher.join()


def _note_lags() -> Lags:
    """Have each look note how late it was claimed, as it says itself (`Look.lag`) or by when it was to be next."""
    lags, claim = Lags(), getattr(poller, CLAIM)
    lag_of = _lag_it_says if hasattr(look.Look, "lag") else _lag_by_due_times()

    def claim_and_note(*args: Any, **kwargs: Any) -> Any:
        looks = claim(*args, **kwargs)
        at = time.monotonic()
        for one in looks:
            lags.add(one.provider.name if one.provider else "", at, lag_of(one))
        return looks

    setattr(poller, CLAIM, claim_and_note)
    return lags


def _lag_it_says(one: Any) -> float:
    return float(one.lag)


def _lag_by_due_times() -> Callable[[Any], float]:
    """For an engine whose looks do not know their lag: remember when each one was to be, and compare at the claim."""
    due: dict[int, datetime] = dict(Watch.objects.values_list("pk", "next_poll_at"))
    next_look: Callable[[Watch], datetime] = getattr(look, NEXT)

    def remember(watch: Watch) -> datetime:
        due[watch.pk] = next_look(watch)
        return due[watch.pk]

    setattr(look, NEXT, remember)
    return lambda one: (timezone.now() - due[one.watch.pk]).total_seconds()


def _errors() -> int:
    """How many calls went wrong in all, as the portal counts them itself."""
    return ProviderHour.objects.aggregate(errors=Sum("errors"))["errors"] or 0


def _write(out: str, sample: Sample) -> None:
    Path(out).write_text(json.dumps(dataclasses.asdict(sample)))

"""What a pace of looking costs and how soon it notices an end, simulated: `python -m tests.bench.pace`.

A pace is a function from a job's age in seconds, the looks taken so far and the provider's last progress (None when it
says none) to the seconds until the next look. Render times are drawn for each model, some jobs fail early, and answers
take no time.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import exp, log

from generations.services.pace import Usual, next_look
from tests.bench.meters import percentile
from tests.bench.table import table

NextLook = Callable[[float, int, int | None], float]
BASE = 5.0  # seconds

FAIL_EARLY = 0.05  # share of jobs that fail within the first seconds
EARLY = 1.0, 15.0
LOOKS_MOST = 100_000
HEAD = ("model", "polls a job, every 5 s", "s to notice", "p95", "paced", "s to notice", "p95", "ratio of polls")


@dataclass(frozen=True)
class Model:
    """A model's render times: lognormal around `typical` seconds, and whether its provider says how far it is."""

    name: str
    typical: float
    spread: float
    says_progress: bool


MODELS = (
    Model("60 s, progress", 60, 0.25, True),
    Model("120 s, progress", 120, 0.35, True),
    Model("240 s, progress", 240, 0.5, True),
    Model("120 s, silent, steady", 120, 0.12, False),
)
# A provider that says nothing and takes anything from one to five minutes: no schedule can save much there.
UNTOLD = (Model("120 s, silent", 120, 0.35, False), Model("240 s, silent", 240, 0.5, False))


@dataclass
class Outcome:
    """What a pace came to over some jobs. Seconds to notice are from a job's end to the look that sees it."""

    looks: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def polls_per_job(self) -> float:
        return sum(self.looks) / len(self.looks)

    @property
    def mean_wait(self) -> float:
        return sum(self.waits) / len(self.waits)

    @property
    def p95_wait(self) -> float:
        return percentile(self.waits, 95)


@dataclass(frozen=True)
class Course:
    """One job's course: it ends at `end`; its progress would be full at `render` and need not grow evenly."""

    end: float
    render: float
    bend: float
    says_progress: bool

    def progress_at(self, age: float) -> int | None:
        return min(99, int(100 * (age / self.render) ** self.bend)) if self.says_progress else None


def simulate(next_look: NextLook, jobs: int, rng: random.Random, models: tuple[Model, ...] = MODELS) -> Outcome:
    """Watch so many jobs, spread over the models, at this pace."""
    outcome = Outcome()
    for number in range(jobs):
        looks, noticed, end = _watch(next_look, _course(models[number % len(models)], rng))
        outcome.looks.append(looks)
        outcome.waits.append(noticed - end)
    return outcome


def every(seconds: float) -> NextLook:
    """A fixed pace."""
    return lambda age, looks, progress: seconds


def compare(pace_of: Callable[[Model], NextLook], models: tuple[Model, ...], jobs: int, seed: int = 1) -> Outcome:
    """Watch so many jobs of each model at the pace made for it."""
    whole = Outcome()
    for model in models:
        one = simulate(pace_of(model), jobs, random.Random(seed), (model,))
        whole.looks += one.looks
        whole.waits += one.waits
    return whole


def fixed(model: Model) -> NextLook:
    """Every model alike, as a plain poller would."""
    return every(BASE)


def portals(model: Model) -> NextLook:
    """The portal's own, which has learnt what such jobs took before."""
    low, high = (exp(log(model.typical) + z * model.spread) for z in (-1.645, 1.282))
    usual = Usual(low * 0.97, high)  # the fifth and the ninetieth of a hundred, as services/typical.py learns them

    def pace(age: float, looks: int, progress: int | None) -> float:
        return next_look(age, BASE, usual=usual, progress=progress) if looks else BASE

    return pace


def _course(model: Model, rng: random.Random) -> Course:
    render = rng.lognormvariate(log(model.typical), model.spread)
    bend, fails = rng.uniform(0.7, 1.4), rng.random() < FAIL_EARLY
    end = min(render, rng.uniform(*EARLY)) if fails else render
    return Course(end, render, bend, model.says_progress)


def _watch(next_look: NextLook, course: Course) -> tuple[int, float, float]:
    """How many looks it took, when the last one was, and when the job had ended."""
    age, looks, progress = 0.0, 0, None
    while age < course.end:
        wait = next_look(age, looks, progress)
        if wait <= 0 or looks >= LOOKS_MOST:
            raise ValueError(f"A pace must move on: it said {wait} s at {age:.1f} s after {looks} looks.")
        age, looks = age + wait, looks + 1
        progress = course.progress_at(age)
    return looks, age, course.end


def _rows(jobs: int, seed: int) -> Iterator[list[str]]:
    groups = [*((model.name, (model,)) for model in MODELS), ("all of these", MODELS)]
    for label, models in [*groups, *((model.name, (model,)) for model in UNTOLD)]:
        plain, own = compare(fixed, models, jobs, seed), compare(portals, models, jobs, seed)
        yield [
            label, *_told(plain), *_told(own), f"{own.polls_per_job / plain.polls_per_job:.2f}",
        ]  # fmt: skip


def _told(outcome: Outcome) -> tuple[str, str, str]:
    return f"{outcome.polls_per_job:.1f}", f"{outcome.mean_wait:.2f}", f"{outcome.p95_wait:.2f}"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=int, default=3000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    print(table(HEAD, _rows(chosen.jobs, chosen.seed)))

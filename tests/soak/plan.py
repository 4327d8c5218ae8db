"""What a soak does, all of it from one seed: who asks for what and when, which asks go wrong, when something dies."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from tests.processes.stacks import Stack

PEOPLE = 4
FAULTY = 0.4  # the share of asks that carry a directive
ASKING = 0.6  # the part of the run in which people ask
FIRST_KILL = 2.0

# Directives of the sandbox and how often each is drawn. None pauses the provider: that would need an admin.
FAULTS = {
    "rate-limit=1": 2, "overloaded": 1,
    "error-500": 3, "lost-answer": 3, "garbled": 2, "hang=3": 5,
    "moderation": 2, "fail": 3, "fail-at-94": 2, "vanish": 1,
    "late-url": 4, "slow=3": 3, "unknown-word": 2, "vanish-and-return": 2, "progress-back": 2,
    "query-error-500": 3, "query-lost": 3, "query-html": 2, "query-rate-limit": 2,
    "short-file": 4,
}  # fmt: skip
FAILING = frozenset({"moderation", "fail", "fail-at-94", "vanish"})
UNHEARD = frozenset({"error-500", "lost-answer", "garbled"})


@dataclass(frozen=True)
class Plan:
    """How long something is killed, how many jobs are asked for, on what."""

    seconds: float = 180
    jobs: int = 300
    seed: int = 1
    stack: Stack = Stack.SQLITE
    settle: float = 240  # at most


@dataclass(frozen=True)
class Wish:
    """One ask: `at` seconds after the start, under this compose key."""

    at: float
    person: int
    key: str
    prompt: str


def wishes(plan: Plan) -> list[Wish]:
    """Every ask of the run, by time."""
    dice = random.Random(f"wishes {plan.seed}")
    times = sorted(dice.uniform(0, plan.seconds * ASKING) for _ in range(plan.jobs))
    return [
        Wish(at, dice.randrange(PEOPLE), UUID(int=dice.getrandbits(128)).hex, _prompt(dice, number))
        for number, at in enumerate(times)
    ]


def _prompt(dice: random.Random, number: int) -> str:
    fault = dice.choices(list(FAULTS), list(FAULTS.values()))[0] if dice.random() < FAULTY else ""
    return f"Soak {number}" + (f" [sandbox:{fault}]" if fault else "")


def kill_times(plan: Plan) -> Iterator[float]:
    """Seconds after the start, one to five apart."""
    dice, at = random.Random(f"kills {plan.seed}"), FIRST_KILL
    while at < plan.seconds:
        yield at
        at += dice.uniform(1, 5)


def directives(prompt: str) -> set[str]:
    """The names of the directives in a prompt."""
    return {part.partition("]")[0].partition("=")[0] for part in prompt.split("[sandbox:")[1:]}

"""When to look next: seldom while nothing can have happened, closely while the end is near, calmly once overdue."""

from __future__ import annotations

import random
from dataclasses import dataclass

SLOWEST = 60.0  # seconds; the longest wait while the provider answers well
LONGEST_HINT = 600.0
EARLY = (1.0, 3.0)  # in base intervals: what fails at once, fails here
WAIT_MOST = 45.0  # so that a progress bar still moves
SHORT_OF_IT = 0.85  # of the way to the expected end: the estimate gets better with each look
TELLING = 10  # percent from which progress foretells the end
CLOSE = 0.85  # of the base interval, while the end is expected
AGEING = 20.0  # without any estimate the wait is this part of the age


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds that jobs like this one take: hardly one ends before `low`, most have ended by `high`."""

    low: float
    high: float


def next_look(
    age: float, base: float, *, usual: Usual | None = None, progress: int | None = None, asked: float | None = None
) -> float:
    """Seconds until the next look at a job that has run for `age` seconds.

    `base` is the provider's shortest interval, `asked` what it asked us to wait (seconds); `progress` is percent.
    """
    base = min(max(asked, 1.0), SLOWEST) if asked else base
    early = next((base * times for times in EARLY if age < base * (times - 0.5)), None)
    if early is not None:
        return _between(base * 0.5, early - age, max(base, SLOWEST))
    expected = _expected(age, usual, progress)
    if expected is None:
        return _between(base, age / AGEING, SLOWEST)
    if age < expected.low:
        return _between(base, (expected.low - age) * SHORT_OF_IT + 1, WAIT_MOST)
    if age <= expected.high:
        return base * CLOSE
    return _between(base, (age - expected.high) / 5, SLOWEST)


def after_error(errors: int, base: float, asked: float | None = None) -> float:
    """Seconds until the next look after so many errors in a row; never sooner than the provider asked."""
    backing_off: float = base * 2 ** min(errors, 6)
    return max(min(SLOWEST, backing_off), min(asked or 0.0, LONGEST_HINT))


def jittered(seconds: float) -> float:
    """A little sooner or later, so that jobs sent together are not looked at together for ever."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311


def _expected(age: float, usual: Usual | None, progress: int | None) -> Usual | None:
    """When the end may come, by what the provider says of this job, else by jobs like it."""
    if progress is None or progress < TELLING:
        return usual
    whole = age * 100 / min(progress, 99)
    return Usual(whole * 0.93, whole * 1.2)


def _between(least: float, wanted: float, most: float) -> float:
    return min(max(least, wanted), max(least, most))

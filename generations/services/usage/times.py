"""How long things took, in classes that can be put together from day to day.

A class is a letter, and spans a ninth of its time: from 2^(n/8) tenths of a second up to 2^((n+1)/8). What is told of
it is its middle, at most 4.5 % from any time in it. What takes less than a tenth of a second is in the first class.
"""

from __future__ import annotations

from collections import Counter
from math import ceil, floor, log2

STEPS = 8  # classes from a time to twice that time
LEAST = 0.1  # seconds
FIRST = 0x100  # "Ā"; from there on come 208 letters, and no sign that means something to a database
LAST = FIRST + 25 * STEPS  # 39 days


def letter(seconds: float) -> str:
    """The class of this time."""
    steps = floor(STEPS * log2(max(seconds, LEAST) / LEAST) + 1e-9)
    return chr(min(FIRST + steps, LAST))


def middle(of: str) -> float:
    """What is told of a class, in seconds."""
    return float(LEAST * 2 ** ((ord(of) - FIRST + 0.5) / STEPS))


def percentiles(counts: Counter[str], *shares: float) -> list[float | None]:
    """The times within which these shares, in percent, of the letters were over (nearest rank); None of none."""
    of, ordered = counts.total(), sorted(counts.items())
    return [_at(ordered, max(1, ceil(of * share / 100))) if of else None for share in shares]


def _at(counts: list[tuple[str, int]], rank: int) -> float:
    for of, n in counts:
        rank -= n
        if rank <= 0:
            return middle(of)
    return middle(counts[-1][0])

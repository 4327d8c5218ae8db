"""Prompts to search in, with words as frequent as in a language, and how much is rare in a library."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

FEW = 30  # of everything rare
SYLLABLES = [a + b for a in "bdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
VOCABULARY = list(dict.fromkeys("".join(random.Random(n).choices(SYLLABLES, k=1 + n % 4)) for n in range(1, 40_000)))
"""From the most common word to the rarest."""
RARE, COMMON, CHINESE = "zyzzyva", VOCABULARY[0], "雨夜"
HAN = [chr(0x4E00 + 7 * n) for n in range(1500)]


def zipf(many: int) -> list[float]:
    """Cumulated weights of a few that are had very often and many hardly ever."""
    return list(accumulate(1 / n for n in range(1, many + 1)))


def rarely(number: int, of: int, kind: int, few: int = FEW) -> bool:
    """Is this one of the few of its kind? Each kind falls on other numbers."""
    return number % max(1, of // few) == kind


def texts_of(dice: random.Random, prompts: int) -> Iterator[str]:
    """Words as people use them: few very often, most hardly ever. One text in ten is Chinese."""
    weights = zipf(len(VOCABULARY))
    for number in range(1, prompts + 1):
        if dice.random() < 0.1:
            yield "".join(dice.choices(HAN, k=30)) + CHINESE * (number % 3 == 0) + str(dice.random())
        else:
            said = dice.choices(VOCABULARY, cum_weights=weights, k=25)
            rare = [RARE] * rarely(number, prompts, 1, FEW)
            yield " ".join([*said, *rare, str(dice.random())])

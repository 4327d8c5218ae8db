"""What was changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

# A template's variable is one piece, and so is a word; scripts without blanks are compared sign by sign.
LETTER = r"[^\W\u2e80-\ud7af]"
PIECES = re.compile(
    r"\{[^{}]{0,250}\}|[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
    rf"|{LETTER}+(?:['’-]{LETTER}+)*|\s+|.",
    re.DOTALL,
)
# Texts made for it would cost minutes. So of more pieces than the first the frequent ones are not looked for, which
# difflib does where the new text has its own bound of them; more than the second are not compared. A second at most.
EXACT_MOST, QUICK_FROM, QUICK_MOST = 600, 200, 3000
Step = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text: `kind` is "same", "out" or "in"."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Part]:
    """The stretches in reading order: what went out stands before what came in there.

    What is alike at both ends is found in texts of any length; much that differs between them is told as one change.
    """
    old, new = PIECES.findall(before), PIECES.findall(after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    parts = [Part("same", "".join(new[:head]))]
    parts += _changes(old[head : len(old) - tail], new[head : len(new) - tail])
    parts += [Part("same", "".join(new[len(new) - tail :]))]
    return [part for part in parts if part.text]


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many of the same pieces both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[Part]:
    for kind, *_, a, b, c, d in _steps(old, new):
        if kind == "equal":
            yield Part("same", "".join(new[c:d]))
        else:
            yield Part("out", "".join(old[a:b]))
            yield Part("in", "".join(new[c:d]))


def _steps(old: Sequence[str], new: Sequence[str]) -> Sequence[Step]:
    pieces = len(old) + len(new)
    if pieces > QUICK_MOST or (pieces > EXACT_MOST and len(new) < QUICK_FROM):
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=pieces > EXACT_MOST).get_opcodes()

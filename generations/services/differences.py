"""What was changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# A template's variable is one piece, and so is a word; scripts without blanks are compared sign by sign.
PIECES = re.compile(
    r"\{[^{}]{0,250}\}|[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\W\u2e80-\ud7af]+|\s+|.", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text: `kind` is "same", "out" or "in"."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Part]:
    """The stretches in reading order: what went out stands before what came in there."""
    old, new = PIECES.findall(before), PIECES.findall(after)
    parts: list[Part] = []
    for step in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        parts += _parts(step, old, new)
    return parts


def _parts(step: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[Part]:
    kind, *_ = step
    out, came = "".join(old[step[1] : step[2]]), "".join(new[step[3] : step[4]])
    if kind == "equal":
        yield Part("same", came)
        return
    if out:
        yield Part("out", out)
    if came:
        yield Part("in", came)

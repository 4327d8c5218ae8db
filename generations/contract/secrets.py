"""Secrets of a call, blotted out of words that came back: some providers repeat a key in an error, which is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

DOTS = "•••"
SECRET_LENGTH = 12  # characters; a shorter key cannot be told from ordinary words
CUT_LENGTH = 6  # characters of a secret that are blotted at the end of words that were cut short
CREDENTIAL = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)
BETWEEN = re.compile(r"[\s;,]+")


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What nobody may read of these headers: the words of those that carry credentials."""
    values = [value for name, value in headers.items() if CREDENTIAL.search(name)]
    words = [word for value in values for word in BETWEEN.split(value)]
    parts = [part for word in words for part in (word, word.partition("=")[2])]
    found = {part for part in parts if len(part) >= SECRET_LENGTH}
    # As JSON writes them too, where that differs. The longest first: one may be a part of another.
    return tuple(sorted(found | {json.dumps(part)[1:-1] for part in found}, key=len, reverse=True))


def blotted(text: str, secrets: tuple[str, ...]) -> str:
    """The text without any of the secrets, nor the beginning of one at its end, where a limit may have cut it."""
    for secret in secrets:
        text = text.replace(secret, DOTS)
    for secret in secrets:
        cut = next((n for n in range(len(secret) - 1, CUT_LENGTH - 1, -1) if text.endswith(secret[:n])), 0)
        text = text[: len(text) - cut] + DOTS if cut else text
    return text


def holds_one(text: str, secrets: tuple[str, ...]) -> bool:
    """True when one of the secrets is in the text as a whole."""
    return any(secret in text for secret in secrets)

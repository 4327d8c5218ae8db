"""English that was written into a row, in the reader's language.

Rows keep English, whoever made them: the engine knows no reader. The reader's catalogue says what is a sentence of
ours; anything else, such as a provider's own words, stays as it is. Those may be hostile: nothing here searches back
and forth in them, and no more than a few hundred characters are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from gettext import NullTranslations

from django.utils.translation import get_language
from django.utils.translation.trans_real import translation

LIMIT = 1000  # characters; a longer text is no sentence of ours
SENTENCES_MOST = 8
DEPTH = 3  # of a sentence within a sentence
CACHED = 2048
LETTERS_LEAST, UNLED_LEAST = 4, 20  # of a pattern's own text, and of one that begins with a value: less fits anything
HOLE = re.compile(r"\{(\w+)\}|%\((\w+)\)[sd]")
ENDS = re.compile(r"(?<=[.!?]) (?=\S)")
CLOSED = ("。", "！", "？")  # no space follows these


def told(text: str) -> str:
    """The text as the reader's catalogue has it; unchanged where it has no such sentence.

    Only the first line: what follows it is somebody else's words.
    """
    language = get_language()
    if not language or language.partition("-")[0] == "en" or not text:
        return text
    line, end, rest = text.partition("\n")
    return f"{_told(translation(language), line)}{end}{rest}" if len(line) <= LIMIT else text


def joined(sentences: Iterable[str]) -> str:
    """One text of these sentences; empty ones are left out."""
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text.endswith(CLOSED) else f" {sentence}"
    return text


@lru_cache(maxsize=CACHED)
def _told(catalogue: NullTranslations, line: str) -> str:
    return _book(catalogue).read(str(line))


@lru_cache(maxsize=16)
def _book(catalogue: NullTranslations) -> Book:
    """Of one language. Django makes a new catalogue when its file was changed, and so a new book."""
    messages: Mapping[object, object] = dict(getattr(catalogue, "_catalog", {}).items())
    plain = {key: said for key, said in messages.items() if isinstance(key, str) and isinstance(said, str) and said}
    return Book({key: said for key, said in plain.items() if key and "\x04" not in key})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A message with holes: its own text between them, the holes' names, and the translation."""

    parts: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    @property
    def weight(self) -> int:
        return sum(map(len, self.parts))

    def values(self, text: str) -> list[str] | None:
        """What fills the holes, None when it does not fit. Each part is looked for once, from left to right."""
        first, *between, last = self.parts
        if not text.startswith(first) or not text.endswith(last):
            return None
        at, end, found = len(first), len(text) - len(last), []
        for part in between:
            place = text.find(part, at + 1, end)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(part)
        return [*found, text[at:end]] if at < end else None  # a hole is never empty

    def filled(self, values: Sequence[str]) -> str:
        """The translation with these values in its holes: put in as they are, never read as a format."""
        known = dict(zip(self.names, values, strict=True))
        return HOLE.sub(lambda hole: known.get(hole[1] or hole[2], hole[0]), self.translation)


class Book:
    """One language's messages: those that are looked up, and those that are compared, with the most text first."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self.exact = messages
        made = (pattern_of(message, said) for message, said in messages.items() if HOLE.search(message))
        self.patterns = sorted(filter(None, made), key=lambda pattern: -pattern.weight)

    def read(self, text: str, depth: int = DEPTH) -> str:
        """The whole if it is known, else as far as its sentences are."""
        if whole := self._whole(text, depth):
            return whole
        pieces = list(self._pieces(text, depth))
        if pieces and all(said for _, said in pieces):
            return joined(said for _, said in pieces)
        return self._pattern(text, depth, strict=False) or joined(said or piece for piece, said in pieces) or text

    def _whole(self, text: str, depth: int) -> str:
        """One message, exactly or as a pattern; "" when there is none."""
        return self.exact.get(text) or self._pattern(text, depth, strict=True)

    def _pattern(self, text: str, depth: int, *, strict: bool) -> str:
        for pattern in self.patterns if depth else ():
            values = pattern.values(text)
            if values is not None and not (strict and _runs_on(pattern, values)):
                return pattern.filled([self._value(value, depth - 1) for value in values])
        return ""

    def _value(self, value: str, depth: int) -> str:
        """Told if it is a sentence or a few words of ours; one word alone may be anybody's name."""
        return self.read(value, depth) if " " in value else value

    def _pieces(self, text: str, depth: int) -> Iterator[tuple[str, str]]:
        """The text's sentences, each with what it is told as. A message of several sentences is taken as one."""
        sentences = ENDS.split(text)
        if not 1 < len(sentences) <= SENTENCES_MOST:
            return
        while sentences:
            runs = ((n, " ".join(sentences[:n])) for n in range(len(sentences), 0, -1))
            known = ((n, self._whole(run, depth)) for n, run in runs if " " in run)
            n, said = next((found for found in known if found[1]), (1, ""))
            yield " ".join(sentences[:n]), said
            del sentences[:n]


def pattern_of(message: str, said: str) -> Pattern | None:
    """The message as a pattern; None for one with so few words of its own that it would fit anybody's text."""
    names = tuple(hole[1] or hole[2] for hole in HOLE.finditer(message))
    parts = tuple(HOLE.split(message)[:: HOLE.groups + 1])
    least = LETTERS_LEAST if parts[0][:1].isalpha() else UNLED_LEAST
    few = sum(map(str.isalpha, "".join(parts))) < least
    is_sentence = parts[-1].endswith((".", "!", "?")) or (not parts[-1] and parts[-2].endswith(": "))
    return None if few or "" in parts[1:-1] or not is_sentence else Pattern(parts, names, said)


def _runs_on(pattern: Pattern, values: list[str]) -> bool:
    """True when a value holds the end of a sentence, though no colon introduces it: then it is two texts."""
    pairs = zip(pattern.parts, values, strict=False)
    return any(ENDS.search(value) and not part.endswith(": ") for part, value in pairs)

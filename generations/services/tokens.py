"""The words of a text as the search knows them: one spelling for every language, alike on every database.

Texts are folded (compatibility forms, case, accents). A run of letters and digits is one token. Scripts that write
no blanks between words, such as Chinese, Japanese, Korean and Thai, become single characters and pairs of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import groupby, pairwise

from generations.models.words import Wanted

QUERY_LIMIT = 200
WANTED_MOST = 24
TOKEN_LIMIT = 64
# PostgreSQL holds 1 MB of words a row. A prompt takes at most 50 kB of these, in any script.
INDEX_LIMIT = 200_000


class _Kind(Enum):
    WORD = "word"
    DENSE = "dense"
    GAP = "gap"


DENSE = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Korean letters
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x31FF),  # radicals, Hiragana, Katakana, Bopomofo, Korean letters
    (0x3400, 0x9FFF),  # Han
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),  # Korean syllables
    (0xF900, 0xFAFF),
    (0x1AFF0, 0x1B16F),  # more Kana
    (0x20000, 0x3FFFF),  # more Han
)


def index_text(parts: Iterable[str]) -> str:
    """The tokens of all parts, each once, in the order they come, with single blanks between them."""
    tokens = dict.fromkeys(token for part in parts for token in _tokens(part))
    kept, size = [], 0
    for token in tokens:
        size += len(token.encode()) + 1
        if size > INDEX_LIMIT:
            break
        kept.append(token)
    return " ".join(kept)


def wanted(query: str) -> tuple[Wanted, ...]:
    """What a row must hold to be found; nothing when the query has no letter and no digit.

    Everything typed is data: there are no operators. Of a very long query only the beginning counts.
    """
    found = dict.fromkeys(each for kind, run in _runs(query[:QUERY_LIMIT]) for each in _asked(kind, run))
    return tuple(each for each in found if not _is_implied(each, found))[:WANTED_MOST]


def _asked(kind: _Kind, run: str) -> Iterator[Wanted]:
    if kind is _Kind.WORD:
        yield Wanted(run[:TOKEN_LIMIT], is_prefix=True)
    elif len(run) == 1:
        yield Wanted(run, is_prefix=False)
    else:
        yield from (Wanted(a + b, is_prefix=False) for a, b in pairwise(run))


def _is_implied(one: Wanted, all_of: Iterable[Wanted]) -> bool:
    """Another one asks for more than this: "sora" for all that "so" asks for."""
    return any(other != one and one.token in other.token and _covers(one, other) for other in all_of)


def _covers(one: Wanted, other: Wanted) -> bool:
    return not one.is_prefix or (other.is_prefix and other.token.startswith(one.token))


def _tokens(text: str) -> Iterator[str]:
    for kind, run in _runs(text):
        if kind is _Kind.WORD:
            yield run[:TOKEN_LIMIT]
        else:
            yield from run
            yield from (a + b for a, b in pairwise(run))


def _runs(text: str) -> Iterator[tuple[_Kind, str]]:
    for kind, characters in groupby(folded(text), _kind):
        if kind is not _Kind.GAP:
            yield kind, "".join(characters)


def folded(text: str) -> str:
    """The text in the one spelling that is compared: no case, no accents, no width, no invisible characters."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", "".join(each for each in apart if not _is_dropped(each)))


@lru_cache(4096)
def _is_dropped(character: str) -> bool:
    """Accents and invisible characters. Vowel signs of Indic scripts and voicing marks of Kana stay, as letters do."""
    if unicodedata.category(character) in ("Cf", "Me") or 0xFE00 <= ord(character) <= 0xFE0F:
        return True
    place = unicodedata.combining(character)
    return 10 <= place <= 36 or place >= 200 or 0xE0100 <= ord(character) <= 0xE01EF


@lru_cache(4096)
def _kind(character: str) -> _Kind:
    if unicodedata.category(character)[0] not in "LNM":
        return _Kind.GAP
    code = ord(character)
    return _Kind.DENSE if any(low <= code <= high for low, high in DENSE) else _Kind.WORD

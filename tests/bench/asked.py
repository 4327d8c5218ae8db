"""Every page of the library and of the prompt history that the benchmark asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Prompt, Provider, State, User, Verdict
from generations.services.history import SORTS
from generations.services.paging import EPOCH, MICROSECOND
from tests.bench.phrases import CHINESE, COMMON, RARE, VOCABULARY
from tests.bench.shelf import AUTHORS, MODELS, RARE_TAG

LIBRARY, PROMPTS = "library", "prompts"
BUSY, OTHER, QUIET, NEW = 0, 1, AUTHORS, AUTHORS + 1
"""Who reads, counted from 0: who made most, who made nearly as much, who made little, and who made nothing."""


class Asked(NamedTuple):
    """A page, what is asked of it, and which person asks."""

    page: str
    name: str
    query: dict[str, Any]
    reader: int = BUSY

    @property
    def url(self) -> str:
        return reverse(self.page)

    @property
    def is_search(self) -> bool:
        return "q" in self.query

    @property
    def title(self) -> str:
        return f"{self.page}, {self.name}"


def pages() -> list[Asked]:
    """All of them, as they are on this database."""
    listed = [*_library(), *_prompts()]
    filters = [Asked(LIBRARY, name, query, reader) for name, query, reader in _whose()]
    found = [Asked(LIBRARY, f"search: {name}", query) for name, query in _searches().items()]
    history = [Asked(PROMPTS, f"search: {name}", query, reader) for name, query, reader in _prompt_searches()]
    return [*listed, *filters, *found, *history]


def people() -> list[User]:
    return list(User.objects.order_by("pk"))


def _library() -> Iterator[Asked]:
    jobs, known = Job.objects.count(), people()
    deep, then = cursor(jobs // 10), timezone.localdate() - timedelta(minutes=jobs * 9 // 10)
    queries: dict[str, dict[str, Any]] = {
        "first page": {},
        "as a list": {"view": "list"},
        "deep in it": {"after": deep},
        "state: done": {"state": State.DONE},
        "state: done, deep": {"state": State.DONE, "after": deep},
        "state: unknown, few": {"state": State.UNKNOWN},
        "state: queued, none": {"state": State.QUEUED},
        "verdict: approved": {"verdict": Verdict.APPROVED},
        "verdict: approved, deep": {"verdict": Verdict.APPROVED, "after": deep},
        "verdict: changes, few": {"verdict": Verdict.CHANGES},
        "verdict: rejected, none": {"verdict": Verdict.REJECTED},
        "verdict: not reviewed, deep": {"verdict": "none", "after": deep},
        "verdict: approved, author of few": {"verdict": Verdict.APPROVED, "author": known[QUIET].pk},
        "author, many clips": {"author": known[OTHER].pk},
        "author, few clips": {"author": known[QUIET].pk},
        "author, no clips": {"author": known[NEW].pk},
        "provider": {"provider": Provider.objects.order_by("pk")[2].pk},
        "model": {"model": MODELS[-1]},
        "shape": {"orientation": "square"},
        "length": {"seconds": "12"},
        "tag, common": {"tag": "tag 0"},
        "tag, common, deep": {"tag": "tag 0", "after": cursor(jobs // 2)},
        "tag, rare": {"tag": RARE_TAG},
        "favourites": {"favourite": "1"},
        "days long ago": {"since": then - timedelta(days=7), "until": then},
    }
    yield from (Asked(LIBRARY, name, query) for name, query in queries.items())


def _whose() -> Iterator[tuple[str, dict[str, Any], int]]:
    for name, reader in (("mine", BUSY), ("mine, few", QUIET), ("mine, none", NEW)):
        yield name, {"whose": "mine"}, reader


def _searches() -> dict[str, dict[str, Any]]:
    jobs, known = Job.objects.count(), people()
    then = timezone.localdate() - timedelta(minutes=jobs * 9 // 10)
    return {
        "rare word": {"q": RARE},
        "common word": {"q": COMMON},
        "common word, deep": {"q": COMMON, "after": cursor(jobs // 10)},
        "word in between": {"q": VOCABULARY[40]},
        "one letter": {"q": COMMON[0]},
        "three words": {"q": " ".join(VOCABULARY[n] for n in (0, 1, 3))},
        "two words never together": {"q": f"{COMMON} {CHINESE}"},
        "Chinese word": {"q": CHINESE},
        "Chinese character": {"q": CHINESE[0]},
        "no such word": {"q": "nowhere"},
        "common word, author of few": {"q": COMMON, "author": known[QUIET].pk},
        "common word, author of none": {"q": COMMON, "author": known[NEW].pk},
        "common word, author of many": {"q": COMMON, "author": known[OTHER].pk},
        "common word, few unknown": {"q": COMMON, "state": State.UNKNOWN},
        "common word, few need changes": {"q": COMMON, "verdict": Verdict.CHANGES},
        "common word, rare tag": {"q": COMMON, "tag": RARE_TAG},
        "common word, favourites": {"q": COMMON, "favourite": "1"},
        "common word, days long ago": {"q": COMMON, "since": then - timedelta(days=7), "until": then},
        "common word, model": {"q": COMMON, "model": MODELS[-1]},
        "rare word, author of few": {"q": RARE, "author": known[QUIET].pk},
        "word, tag and state": {"q": VOCABULARY[6], "tag": "tag 0", "state": State.DONE},
    }


def _prompts() -> Iterator[Asked]:
    known = people()
    for sort in SORTS:
        yield Asked(PROMPTS, sort, {"sort": sort})
        yield Asked(PROMPTS, f"{sort}, deep", {"sort": sort, "after": prompt_cursor(sort, 9)})
    queries: dict[str, tuple[dict[str, Any], int]] = {
        "mine": ({"whose": "mine"}, BUSY),
        "mine, few": ({"whose": "mine"}, QUIET),
        "mine, none": ({"whose": "mine"}, NEW),
        "author of many": ({"author": known[OTHER].pk}, BUSY),
        "author of few": ({"author": known[QUIET].pk}, BUSY),
        "author of none": ({"author": known[NEW].pk}, BUSY),
        "tag, common": ({"tag": "tag 0"}, BUSY),
        "tag, rare": ({"tag": RARE_TAG}, BUSY),
        "favourites, few": ({"favourite": "1"}, BUSY),
        "favourites, many": ({"favourite": "1"}, OTHER),
        "favourites, none": ({"favourite": "1"}, NEW),
        "pinned": ({"pinned": "1"}, BUSY),
        "templates": ({"templates": "1"}, BUSY),
        "most used of an author of many": ({"sort": "used", "author": known[OTHER].pk}, BUSY),
        "most used, mine": ({"sort": "used", "whose": "mine"}, BUSY),
    }
    yield from (Asked(PROMPTS, name, query, reader) for name, (query, reader) in queries.items())


def _prompt_searches() -> Iterator[tuple[str, dict[str, Any], int]]:
    known = people()
    for sort in SORTS:
        yield f"common word, {sort}", {"q": COMMON, "sort": sort}, BUSY
        yield f"common word, {sort}, deep", {"q": COMMON, "sort": sort, "after": prompt_cursor(sort, 5)}, BUSY
    words = {"rare word": RARE, "Chinese word": CHINESE, "one letter": COMMON[0], "no such word": "nowhere"}
    words |= {"word in between": VOCABULARY[40], "two words never together": f"{COMMON} {CHINESE}"}
    yield from ((name, {"q": word}, BUSY) for name, word in words.items())
    yield "common word, author of few", {"q": COMMON, "author": known[QUIET].pk}, BUSY
    yield "common word, favourites, few", {"q": COMMON, "favourite": "1"}, BUSY
    yield "common word, mine, none", {"q": COMMON, "whose": "mine"}, NEW


def cursor(number: int) -> str:
    """The page after the job with this number, counted from the oldest."""
    job = Job.objects.get(pk=max(1, number))
    return f"{(job.created_at - EPOCH) // MICROSECOND}_{job.key}"


def prompt_cursor(sort: str, tenths: int) -> str:
    """The page after this share of all prompts in an order."""
    at = SORTS[sort].at
    rows = Prompt.objects.order_by(f"-{at}", "-pk").values_list(at, "pk")
    found, pk = rows[Prompt.objects.count() * tenths // 10]
    return f"{(found - EPOCH) // MICROSECOND if sort == 'recent' else repr(found)}_{pk}"

"""Asking a provider what became of a job whose answer was lost. It costs nothing and moves nothing."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from django.utils.translation import gettext_noop

from generations.contract import Dialect, DialectError, Listed, Lists, NotKnown, Snapshot
from generations.contract.secrets import blotted
from generations.services.speaking import blotting, in_plain_words, read_snapshot
from generations.transport import Door

PAGES = 5  # of the list at once; what is further back stays unknown
EVERYTHING = float("-inf")
CALENDAR = 1e11  # unix seconds; no calendar has later ones
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says about one id; `listed` where its dialect has a list, so that it can be compared."""

    snapshot: Snapshot
    listed: Listed | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The account's latest jobs, all of them since `since` (unix seconds)."""

    jobs: tuple[Listed, ...]
    since: float


async def ask(door: Door, dialect: Dialect, remote_id: str) -> Told | DialectError:
    """What the provider knows of this id, or what the question came to instead. Nothing is raised."""
    return await _safely(dialect, _ask(door, dialect, remote_id))


async def ask_list(door: Door, dialect: Lists, since: float) -> Shelf | DialectError:
    """The account's jobs back to `since`, or as far as a few pages reach. Nothing is raised."""
    return await _safely(dialect, _ask_list(door, dialect, since))


async def _safely(dialect: Dialect, asking: Awaitable[T]) -> T | DialectError:
    try:
        with blotting(dialect):
            return await asking
    except DialectError as error:
        return error


async def _ask(door: Door, dialect: Dialect, remote_id: str) -> Told:
    answer = await door.query(dialect.query(remote_id))
    snapshot = read_snapshot(dialect, answer, remote_id)
    if not snapshot.word:
        # Some servers answer anything with an object: knowing a job is saying how it stands.
        raise NotKnown(gettext_noop("The provider's answer does not say how this job stands."))
    return Told(
        snapshot, _shown(dialect, dialect.read_listed(answer, remote_id)) if isinstance(dialect, Lists) else None
    )


async def _ask_list(door: Door, dialect: Lists, since: float) -> Shelf:
    found: dict[str, Listed] = {}
    oldest, after = float("inf"), ""
    for _ in range(PAGES):
        page = dialect.read_list(await door.query(dialect.list_recent(after)))
        fresh = [_shown(dialect, job) for job in page.jobs if job.remote_id not in found]
        found |= {job.remote_id: job for job in fresh}
        oldest = min([oldest, *(job.created_at for job in fresh if job.created_at is not None)])
        if not page.more:
            return Shelf(tuple(found.values()), EVERYTHING)
        if not fresh or oldest < since:  # a server that knows no pages says the same again
            break
        after = fresh[-1].remote_id
    return Shelf(tuple(found.values()), oldest)


def _shown(dialect: Dialect, listed: Listed) -> Listed:
    """Its words are kept and shown, so none of them holds a secret."""
    model, size = blotted(listed.model, dialect.secrets), blotted(listed.size, dialect.secrets)
    return replace(listed, model=model, size=size, snapshot=in_plain_words(dialect, listed.snapshot))


def in_words(told: Told | Listed) -> str:
    """One line for staff. Neither prompt nor reason is in it: they are not everybody's."""
    snapshot, listed = told.snapshot, told if isinstance(told, Listed) else told.listed
    parts = [snapshot.word, "" if snapshot.progress is None else f"{snapshot.progress} %"]
    if listed:
        parts += [listed.model, f"{listed.seconds} s" if listed.seconds else "", listed.size, _made(listed.created_at)]
    return " · ".join(filter(None, parts))[:300]


def _made(unix: float | None) -> str:
    if unix is None or not 0 < unix < CALENDAR:
        return ""
    return f"made {datetime.fromtimestamp(unix, tz=UTC):%Y-%m-%d %H:%M:%S} UTC"

"""The way to a page of a search that reads least: a database cannot know how often words and filters go together.

Three ways lead there: take all rows that hold the words, take all that fit the filters, or go through the list in its
order and look at each. The first two are right where few rows do, the last where many rows do both.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Exists, OuterRef, QuerySet

from generations.models.words import JobFound, JobWords, PromptFound, PromptWords, Wanted

Rows = TypeVar("Rows", bound=QuerySet[Any])
Index = type[JobFound | JobWords | PromptFound | PromptWords]
FEW = 3000
# PostgreSQL reads the whole list of a word before its first row, so the newest rows tell whether that is worth it.
SAMPLE, OF_SAMPLE = 2000, 20
ALL = 2**40  # a limit that cuts nothing off: what stands behind it is planned by itself


class Way(Enum):
    WORDS = 1
    FILTERS = 2
    ORDER = 3


def way(index: Index, tokens: tuple[Wanted, ...], fits: QuerySet[Any] | None) -> Way:
    """Asked in one statement. `fits` are the rows that fit the filters, None where every row does.

    They are counted in the order they have: it tells SQLite, which knows of no frequencies, which index to begin with.
    """
    held = hits(index, tokens)
    if connections[held.db].vendor == "postgresql":
        held, most = held.filter(pk__in=hits(index).order_by("-pk").values("pk")[:SAMPLE]), OF_SAMPLE
    else:
        most = FEW
    many_hold, many_fit = _is_more(held.values("pk"), most), ("1 = 1", ())
    if fits is not None:
        many_fit = _is_more(fits.values("pk"), FEW)
    asked = f"SELECT CASE WHEN NOT {many_hold[0]} THEN 1 WHEN NOT {many_fit[0]} THEN 2 ELSE 3 END"
    with connections[held.db].cursor() as cursor:
        cursor.execute(asked, [*many_hold[1], *many_fit[1]])
        return Way(cursor.fetchone()[0])


def by_link(rows: Rows, links: QuerySet[Any], to: str) -> Rows:
    """The rows that one of these leads to: named where they are few, each asked for one where they are many."""
    if is_more(links):
        return rows.filter(Exists(links.filter(**{to: OuterRef("pk")})))
    return rows.filter(pk__in=links.order_by().values(to))


def is_more(rows: QuerySet[Any]) -> bool:
    return rows.order_by()[FEW : FEW + 1].exists()


def hits(index: Index, tokens: tuple[Wanted, ...] = ()) -> QuerySet[Any]:
    """The rows of the index that hold these; the models of SQLite's own list nothing by themselves."""
    rows: QuerySet[Any] = QuerySet(index)
    return rows.filter(words__match=tokens) if tokens else rows


def only(rows: Rows, these: QuerySet[Any]) -> Rows:
    """The rows that are among these, which are sought first, and in the order they have."""
    return rows.filter(pk__in=these.values("pk")[:ALL])


def first_few(sets: Sequence[QuerySet[Any]]) -> QuerySet[Any] | None:
    """Of several sets of keys the first that is few; None where all are many. Asked in one statement.

    Each set has one column, and an index that counts it: so this reads some thousand entries, however many there are.
    """
    if not sets:
        return None
    asked = [_is_more(keys.order_by(), FEW) for keys in sets]
    cases = " ".join(f"WHEN NOT {said} THEN {number}" for number, (said, _) in enumerate(asked))
    with connections[sets[0].db].cursor() as cursor:
        cursor.execute(f"SELECT CASE {cases} END", [value for _, values in asked for value in values])
        number = cursor.fetchone()[0]
    return None if number is None else sets[number]


def counted(sets: Sequence[QuerySet[Any]], most: int) -> list[int]:
    """How many rows each has, and no more than `most`, in one statement that reads no further than it must."""
    asked = [rows.order_by().values("pk")[:most].query.sql_with_params() for rows in sets]
    columns = ", ".join(f"(SELECT COUNT(*) FROM ({said}) AS set_{n})" for n, (said, _) in enumerate(asked))  # noqa: S608
    with connections[sets[0].db].cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _, values in asked for value in values])
        return [int(count) for count in cursor.fetchone()]


def _is_more(keys: QuerySet[Any], most: int) -> tuple[str, tuple[Any, ...]]:
    """Are there more? As an expression, which reads no further than it must."""
    try:
        asked, values = keys[most : most + 1].query.sql_with_params()
    except EmptyResultSet:
        return "1 = 0", ()
    return f"(({asked}) IS NOT NULL)", values  # in EXISTS it would lose its order, and the order says where to begin

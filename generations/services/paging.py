"""Keyset paging: a page starts after a row, not after a count, so nothing repeats or is missed while rows arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    DateTimeField,
    DecimalField,
    F,
    FloatField,
    Func,
    Model,
    OrderBy,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

Row = TypeVar("Row", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST = 2**31 - 1  # what these columns hold
At = datetime | int | float | Decimal


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in their order. `after` names where the next page starts, empty on the last one."""

    rows: Sequence[Row]
    after: str
    before: datetime | None = None  # when the row just before this page was made, in a list by time


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: newest or highest `at` first, a date or a number, ties by primary key; or ascending.

    `name` is the column that names a row in a URL. A cursor holds a date in microseconds, a number as it is. Where
    `along` is given, the highest primary key first: it is a related column that holds the row's key, and an index that
    finds the related rows has them in this order already. Of a list that `is_short` all rows are read and then sorted:
    no index of the order may lead a planner through all others.
    """

    at: str
    name: str
    along: str = ""
    is_short: bool = False
    is_ascending: bool = False

    def page(
        self, rows: QuerySet[Row], after: str, size: int, where: Q | None = None, full: QuerySet[Row] | None = None
    ) -> Page[Row]:
        """The rows after the cursor; from the top when the cursor is not one of ours.

        `where` narrows the rows; what it says of `along`'s relation is said of the same related row. `full` is how the
        page's rows are loaded once they are known, so that the database goes through narrow rows only.
        """
        start = self._parsed(rows, after)
        where = where or Q()
        sought = rows.filter(where & self._later_in_list(rows, *start) if start else where).order_by(*self._order)
        found = list(sought[: size + 1]) if full is None else _loaded(sought, size + 1, full)
        cursor = self.cursor(found[size - 1]) if len(found) > size else ""
        before = start[0] if start and isinstance(start[0], datetime) else None
        return Page(found[:size], cursor, before)

    @property
    def _order(self) -> list[OrderBy]:
        names = (self.along,) if self.along else (self.at, "pk")
        plain = [Coalesce(name, name) if self.is_short else F(name) for name in names]
        return [each.asc() if self.is_ascending else each.desc() for each in plain]

    def _parsed(self, rows: QuerySet[Row], cursor: str) -> tuple[At, Any] | None:
        at, _, name = cursor.partition("_")
        field = rows.model._meta.get_field(self.name)
        try:
            return self._value(rows, at), field.to_python(name)  # type: ignore[union-attr]
        except (ValueError, OverflowError, InvalidOperation, ValidationError):
            return None

    def _value(self, rows: QuerySet[Row], written: str) -> At:
        field = rows.model._meta.get_field(self.at)
        if isinstance(field, DateTimeField):
            return EPOCH + int(written) * MICROSECOND
        number = _number(field, written)
        if not isfinite(number) or abs(float(number)) > LARGEST:
            raise ValueError(written)
        return number

    def _later_in_list(self, rows: QuerySet[Row], at: At, name: Any) -> Q:
        named = rows.model._default_manager.filter(**{self.name: name}).values("pk")[:1]
        if self.along:
            return Q(**{f"{self.along}__lt": named}, pk__lt=named)  # the same twice: planners see only what is said
        field = rows.model._meta.get_field(self.at)
        there = Value(at, output_field=field)  # type: ignore[arg-type]
        here, cursor = (F(self.at), F("pk")), (there, Subquery(named))
        return Q(_less(cursor, here) if self.is_ascending else _less(here, cursor))

    def cursor(self, row: Row) -> str:
        """What names this row in a URL: the page that starts after it."""
        at = getattr(row, self.at)
        written = (at - EPOCH) // MICROSECOND if isinstance(at, datetime) else at
        return f"{written}_{getattr(row, self.name)}"


def _number(field: Any, written: str) -> int | float | Decimal:
    """As the column holds it."""
    if isinstance(field, DecimalField):
        return Decimal(written)
    return float(written) if isinstance(field, FloatField) else int(written)


def _less(one: Sequence[Any], other: Sequence[Any]) -> Func:
    """Is this pair before the other one, as the database compares rows?

    So an index on both begins just there. Said with AND and OR it begins at the first of all that share the date or the
    number, and those may be most of the table.
    """
    pairs = (Func(*pair, template="(%(expressions)s)") for pair in (one, other))
    return Func(*pairs, template="%(expressions)s", arg_joiner=" < ", output_field=BooleanField())


def _loaded(sought: QuerySet[Row], size: int, full: QuerySet[Row]) -> list[Row]:
    keys = list(sought.values_list("pk", flat=True)[:size])
    rows = {row.pk: row for row in full.filter(pk__in=keys)}
    return [rows[key] for key in keys if key in rows]

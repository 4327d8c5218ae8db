"""Keyset paging: a page starts after a row, not after a count, so nothing repeats or is missed while rows arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, newest first. `after` names where the next page starts, empty on the last one."""

    rows: Sequence[Row]
    after: str
    before: datetime | None = None  # when the row just before this page was made


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: newest `at` first, ties by primary key. `name` is the column that names a row in a URL."""

    at: str
    name: str

    def page(self, rows: QuerySet[Row], after: str, size: int) -> Page[Row]:
        """The rows after the cursor; from the top when the cursor is not one of ours."""
        start = self._parsed(rows, after)
        if start is not None:
            rows = rows.filter(self._later_in_list(rows, *start))
        found = list(rows.order_by(f"-{self.at}", "-pk")[: size + 1])
        cursor = self._cursor(found[size - 1]) if len(found) > size else ""
        return Page(found[:size], cursor, start[0] if start else None)

    def _parsed(self, rows: QuerySet[Row], cursor: str) -> tuple[datetime, Any] | None:
        micros, _, name = cursor.partition("_")
        field = rows.model._meta.get_field(self.name)
        try:
            return EPOCH + int(micros) * MICROSECOND, field.to_python(name)  # type: ignore[union-attr]
        except (ValueError, OverflowError, ValidationError):
            return None

    def _later_in_list(self, rows: QuerySet[Row], at: datetime, name: Any) -> Q:
        named = rows.model._default_manager.filter(**{self.name: name}).values("pk")
        return Q(**{f"{self.at}__lt": at}) | Q(**{self.at: at, "pk__lt": named[:1]})

    def _cursor(self, row: Row) -> str:
        return f"{(getattr(row, self.at) - EPOCH) // MICROSECOND}_{getattr(row, self.name)}"

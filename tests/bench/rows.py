"""Rows written in bulk, as quickly as each database takes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from generations.models import Output

BATCH = 5000
SAVED: list[tuple[str, str]] = []
USUAL: dict[type[models.Model], dict[str, Any]] = {
    Output: {
        "remote_url": "https://files.example.com/clip.mp4",
        "clip": "c.mp4",
        "poster": "p.webp",
        "size": 1000,
        "stored_at": timezone.now(),
        "duration": 8.0,
    },
}


def write(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Rows that say only what is not the model's default."""
    now = timezone.now()
    fields = model._meta.concrete_fields
    usual = {f.attname: f.get_default() for f in fields}
    usual |= {f.attname: now for f in fields if isinstance(f, models.DateTimeField) and not f.null}
    usual |= USUAL.get(model, {})
    plain = {
        f.attname: f.get_db_prep_save(usual[f.attname], connection) for f in fields if usual[f.attname] is not None
    }
    names, lines = [f.attname for f in fields], iter(rows)
    while some := list(islice(lines, BATCH)):
        stored = (plain | {name: _stored(value) for name, value in row.items()} for row in some)
        _insert(model, [[row.get(name) for name in names] for row in stored])


def _stored(value: Any) -> Any:
    """As this database keeps it; Django's own conversion takes longer than writing the row."""
    if connection.vendor == "sqlite" and isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    if connection.vendor == "sqlite" and isinstance(value, date):
        return str(value)
    return value.hex if connection.vendor == "sqlite" and isinstance(value, UUID) else value


def _insert(model: type[models.Model], values: list[list[Any]]) -> None:
    table = f'"{model._meta.db_table}"'
    columns = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def without_triggers() -> None:
    """SQLite's index is made at the end, in one go."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            SAVED[:] = cursor.fetchall()
            for name, _ in SAVED:
                cursor.execute(f"DROP TRIGGER {name}")


def with_triggers() -> None:
    with connection.cursor() as cursor:
        for name, sql in SAVED:
            cursor.execute(sql)
            if name.endswith("_added"):
                index = name.replace("_added", "_fts")
                cursor.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")

"""The database at one moment, and what its rows say at that moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from generations.services.backup import postgresql
from generations.services.backup.parts import DUMPS, database_kind, file_columns, own_tables

Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump in a file, with the names of all stored files its rows speak of."""

    path: Path
    kind: str
    files: frozenset[str]
    counts: dict[str, int]
    migrations: list[str]


def dumped(folder: Path) -> Dump:
    """Dump into this folder, while others go on writing."""
    kind = database_kind()
    path = folder / DUMPS[kind]
    path.unlink(missing_ok=True)
    with (_sqlite if kind == "sqlite" else _postgresql)(path) as ask:
        return Dump(path, kind, _files(ask), _counts(ask), _migrations(ask))


def _files(ask: Ask) -> frozenset[str]:
    rows = (ask(f'SELECT "{column}" FROM "{table}"') for table, column in file_columns())  # noqa: S608
    return frozenset(name for each in rows for (name,) in each if name)


def _counts(ask: Ask) -> dict[str, int]:
    return {table: ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in own_tables()}  # noqa: S608


def _migrations(ask: Ask) -> list[str]:
    return sorted(name for (name,) in ask("SELECT name FROM django_migrations WHERE app = 'generations'"))


@contextmanager
def _sqlite(path: Path) -> Iterator[Ask]:
    """The online backup in one step: one moment of the database, and writers go on meanwhile."""
    # A connection of its own: from one that is writing, this would wait for itself without an end.
    source = Path(connection.settings_dict["NAME"]).absolute().as_uri() + "?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as living, closing(sqlite3.connect(path)) as copy:
        living.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a journal beside it
        yield lambda sql: copy.execute(sql).fetchall()


@contextmanager
def _postgresql(path: Path) -> Iterator[Ask]:
    """One transaction's snapshot serves pg_dump and our own questions alike."""
    with transaction.atomic(), connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        postgresql.dump(path, str(ask("SELECT pg_export_snapshot()")[0][0]))
        yield ask

"""The database between tests: what was filled is emptied.

Django's own flush empties every table there is and writes each permission anew, a second of PostgreSQL's time for each
test that commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

SEALED = import_module("generations.migrations.0022_people")
KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # no test writes there


def empty_filled(case: TransactionTestCase) -> None:
    """In place of `TransactionTestCase._fixture_teardown`."""
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Foreign keys are looked at when the transaction ends, so that the order does not matter."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    names = [connection.ops.quote_name(table) for table in sorted(tables)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {name})" for name in names))
        filled = [name for name, is_filled in zip(names, cursor.fetchone() or (), strict=True) if is_filled]
    is_logged = connection.ops.quote_name(SEALED.TABLE) in filled
    with _unsealed(connection) if is_logged else nullcontext():
        connection.ops.execute_sql_flush([f"DELETE FROM {name}" for name in filled])


@contextmanager
def _unsealed(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Only here: the database lets nobody take a line out of the audit log."""
    with connection.schema_editor() as editor:
        SEALED.lift(None, editor)
    yield
    with connection.schema_editor() as editor:
        SEALED.seal(None, editor)

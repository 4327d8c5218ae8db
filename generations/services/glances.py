"""One bulk write for the looks that ended nothing: the statement the portal makes most often."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from django.db import connection

from generations.models import Watch
from generations.process import failpoint

TOLD = ("next_poll_at", "looks", "errors", "missing", "no_url", "progress", "word", "trouble", "rev")


def keep_glances(held: Sequence[tuple[Watch, UUID]]) -> None:
    """Write what these watches say now and let go of their leases. One whose lease is another's by now stays as it is.

    Inside the caller's transaction.
    """
    if held:
        write = _at_once if connection.vendor == "postgresql" else _one_by_one
        write(held)
        failpoint("mid_poll_write")


def _one_by_one(held: Sequence[tuple[Watch, UUID]]) -> None:
    """Where the database is a library in this process, a statement a row costs least."""
    sets = ", ".join(f"{name} = %s" for name in TOLD)
    sql = f"UPDATE {Watch._meta.db_table} SET lease = NULL, {sets} WHERE job_id = %s AND lease = %s"  # noqa: S608
    # All other columns are their own database values.
    moment, plain = connection.ops.adapt_datetimefield_value, attrgetter(*TOLD[1:])
    as_uuid = Watch._meta.get_field("lease").get_db_prep_value
    rows = [(moment(watch.next_poll_at), *plain(watch), watch.pk, as_uuid(lease, connection)) for watch, lease in held]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _at_once(held: Sequence[tuple[Watch, UUID]]) -> None:
    """Where each statement is a message to another process, one for all rows costs a third."""
    names = ("job_id", "lease", *TOLD)
    arrays = ", ".join(f"%s::{Watch._meta.get_field(name).db_type(connection)}[]" for name in names)
    sets = ", ".join(f"{name} = told.{name}" for name in TOLD)
    sql = (
        f"UPDATE {Watch._meta.db_table} AS watch SET lease = NULL, {sets} "  # noqa: S608
        f"FROM unnest({arrays}) AS told({', '.join(names)}) "
        "WHERE watch.job_id = told.job_id AND watch.lease = told.lease"
    )
    plain = attrgetter(*TOLD)
    rows = [(watch.pk, lease, *plain(watch)) for watch, lease in held]
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])

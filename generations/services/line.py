"""Who is next: members take turns, and what a member has in flight counts as turns already taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db import connection
from django.db.models import QuerySet

from generations.models import Job, State

# A job's turn is its place among its author's own waiting jobs, after those he has in flight at that provider.
# Fewer turns go first; among equals the older job.
LINE = """
    WITH held AS (
        SELECT provider_id, author_id, COUNT(*) AS jobs FROM {table}
        WHERE state IN (%s, %s) GROUP BY provider_id, author_id
    ), waiting AS (
        SELECT job.id, job.provider_id, job.created_at, job.not_before, COALESCE(held.jobs, 0) + ROW_NUMBER() OVER (
            PARTITION BY job.provider_id, job.author_id ORDER BY job.created_at, job.id
        ) AS turn
        FROM {table} AS job
        LEFT JOIN held ON held.provider_id = job.provider_id AND held.author_id = job.author_id
        WHERE job.state = %s
    ), line AS (
        SELECT id, provider_id, not_before,
            ROW_NUMBER() OVER (PARTITION BY provider_id ORDER BY turn, created_at, id) AS place
        FROM waiting
    )
"""
IN_FLIGHT = (State.SUBMITTING, State.RUNNING)


def first_in_line(provider_pk: int, limit: int, now: datetime, without: Collection[int] = ()) -> list[int]:
    """The waiting jobs to send next to this provider, in order; `without` names jobs somebody is at already."""
    moment = connection.ops.adapt_datetimefield_value(now)
    rows = _read(
        "SELECT id FROM line WHERE provider_id = %s AND (not_before IS NULL OR not_before <= %s)"
        " ORDER BY place LIMIT %s",
        [provider_pk, moment, limit + len(without)],
    )
    return [pk for (pk,) in rows if pk not in without][:limit]


def placed(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, each waiting one with its place in the line."""
    rows = list(jobs)
    found = places(rows)
    for job in rows:
        job.place = found.get(job.pk, 0)
    return rows


class InLine(Protocol):
    """A job, or what is known of one."""

    @property
    def pk(self) -> int: ...
    @property
    def state(self) -> str: ...


def places(jobs: Iterable[InLine]) -> dict[int, int]:
    """How many jobs go before each of these waiting ones, plus one, by primary key. One query, none if none waits."""
    waiting = [job.pk for job in jobs if job.state == State.QUEUED]
    if not waiting:
        return {}
    marks = ", ".join(["%s"] * len(waiting))
    rows = _read(f"SELECT id, place FROM line WHERE id IN ({marks})", waiting)  # noqa: S608 - marks only
    return {row[0]: row[1] for row in rows}


def with_places(jobs: QuerySet[Job, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of a list of values with `pk` in it, as the database gives them; last the place in line, 0 without one.

    One query, for what is asked every two seconds.
    """
    asked, values = jobs.query.sql_with_params()
    select = f"SELECT asked.*, COALESCE(place, 0) FROM ({asked}) AS asked LEFT JOIN line ON line.id = asked.pk"  # noqa: S608
    return _read(select, values)


def _read(select: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(LINE.format(table=Job._meta.db_table) + select, [*IN_FLIGHT, State.QUEUED, *values])
        return list(cursor.fetchall())

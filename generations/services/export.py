"""Jobs and prompts as files for other programs. Row after row, so that memory holds a few however many there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from generations.models import Job, User, Visibility
from generations.services.cells import line
from generations.services.history import history
from generations.services.paging import Keyset
from generations.services.webhooks import link

Row = TypeVar("Row", bound=Model)
Columns = Mapping[str, Callable[[Any], Any]]
NEWEST, LATEST = Keyset(at="created_at", name="key"), Keyset(at="created_at", name="id")
AT_ONCE = 200
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
BOM = "\ufeff"  # by which spreadsheets know UTF-8

# The columns of the files, each with what it says of its row. What an import reads is in services/intake.py.
JOB_COLUMNS: Columns = {
    "key": lambda job: str(job.key),
    "link": link,
    "state": lambda job: job.state,
    "verdict": lambda job: job.verdict,
    "prompt": lambda job: job.prompt.text,
    "visibility": lambda job: job.visibility,
    "author": lambda job: str(job.author),
    "provider": lambda job: job.provider_name,
    "model": lambda job: job.model,
    "aspect_ratio": lambda job: job.aspect_ratio,
    "seconds": lambda job: job.seconds,
    "quality": lambda job: job.quality,
    "tags": lambda job: ", ".join(worn.tag.name for worn in job.job_tags.all()),
    "price": lambda job: None if job.list_price is None else f"{job.list_price.normalize():f}",
    "currency": lambda job: job.currency,
    "created": lambda job: moment(job.created_at),
    "finished": lambda job: moment(job.finished_at),
    "reason": lambda job: job.reason,
}
PROMPT_COLUMNS: Columns = {
    "text": lambda prompt: prompt.text,
    "title": lambda prompt: prompt.title,
    "tags": lambda prompt: ", ".join(worn.tag.name for worn in prompt.prompt_tags.all()),
    "visibility": lambda prompt: (Visibility.ME if prompt.owner_id else Visibility.TEAM).value,
    "author": lambda prompt: str(prompt.author),
    "runs": lambda prompt: prompt.runs,
    "done": lambda prompt: prompt.done,
    "failed": lambda prompt: prompt.failed,
    "created": lambda prompt: moment(prompt.created_at),
    "last_run": lambda prompt: moment(prompt.last_run_at) if prompt.runs else None,
}


def moment(at: datetime | None) -> str | None:
    """In UTC, as every program reads it."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def jobs_file(jobs: QuerySet[Job], kind: str) -> Iterator[str]:
    """The jobs, which the caller has narrowed to what its reader may see, newest first; `kind` is csv or json."""
    rows = jobs.select_related("author", "prompt").prefetch_related("job_tags__tag")
    return written(JOB_COLUMNS, every(rows, NEWEST), kind)


def prompts_file(user: User | None, kind: str) -> Iterator[str]:
    """The prompts this user may see, newest first; without a user those of the team.

    Not by their last run: that would move one under the reader, and it would be missed.
    """
    return written(PROMPT_COLUMNS, every(history(user), LATEST), kind)


def every(rows: QuerySet[Row], order: Keyset) -> Iterator[Row]:
    """All rows, as `pages` brings them."""
    return (row for some in pages(rows, order) for row in some)


def pages(rows: QuerySet[Row], order: Keyset) -> Iterator[Sequence[Row]]:
    """All rows, some at a time by short queries: a slow reader holds no cursor and no old picture of the database."""
    after: str | None = ""
    while after is not None:
        page = order.page(rows, after, AT_ONCE)
        yield page.rows
        after = page.after or None


def written(columns: Columns, rows: Iterable[Any], kind: str) -> Iterator[str]:
    """The file's text, a row at a time."""
    found = ({name: told(row) for name, told in columns.items()} for row in rows)
    return _csv(columns, found) if kind == "csv" else _json(found)


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield BOM + line(columns)
    for row in rows:
        yield line(row.values())


def _json(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """An array with a row on each line, which is good JSON and good to read by eye."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"

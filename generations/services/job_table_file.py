"""The staff's table of all jobs as a CSV file: every line of it, in its order, with its amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from generations.models import Job, User
from generations.services.combinations import plain
from generations.services.export import moment, pages, written
from generations.services.job_table import Line, lines
from generations.services.paging import Keyset
from generations.services.rates import portal_currency
from generations.services.webhooks import link


def table_file(jobs: QuerySet[Job], order: Keyset, user: User) -> Iterator[str]:
    """The text of the file, some lines at a time. Of jobs whose text this user may not see the prompt is empty."""
    rows = jobs.select_related("author", "prompt")
    found = (line for some in pages(rows, order) for line in lines(some, user))
    return written(_columns(portal_currency()), found, "csv")


def _columns(currency: str) -> Mapping[str, Callable[[Line], Any]]:
    return {
        "key": lambda line: str(line.job.key),
        "link": lambda line: link(line.job),
        "state": lambda line: line.job.state,
        "author": lambda line: str(line.job.author),
        "visibility": lambda line: line.job.visibility,
        "prompt": lambda line: line.job.prompt.shown if line.is_open else None,
        "provider": lambda line: line.job.provider_name,
        "model": lambda line: line.job.model,
        "seconds": lambda line: line.job.seconds,
        "charged": lambda line: _amount(line.cost.spent),
        "held": lambda line: _amount(line.cost.held),
        "reserved": lambda line: _amount(line.cost.reserved),
        "expected": lambda line: _amount(line.cost.expected),
        "currency": lambda line: currency,
        "created": lambda line: moment(line.job.created_at),
        "finished": lambda line: moment(line.job.finished_at),
        "attempt": lambda line: line.job.attempt,
        "verdict": lambda line: line.job.verdict,
        "reason": lambda line: line.job.reason if line.is_open else None,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)

"""The list of videos, page by page, as OpenAI's own clients walk it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from generations.sandbox.house import House
from generations.sandbox.openai_answer import answer
from generations.sandbox.openai_models import Flavour
from generations.sandbox.openai_shelf import jobs_here
from generations.sandbox.openai_words import listed, unknown, wrong

LIMIT, DEFAULT_LIMIT = 100, 20
ORDERS = ("asc", "desc")


def listing(query: str, house: House, flavour: Flavour, origin: str) -> dict[str, Any]:
    """The page a query string asks for with `after`, `limit` and `order`, or raise the RequestError it earns."""
    asked = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    limit, order = _limit(asked.get("limit", str(DEFAULT_LIMIT)), flavour), _order(asked.get("order", "desc"), flavour)
    rows = [answer(job, moment, origin) for job, moment in jobs_here(house, flavour)]
    rest = _after(rows if order == "asc" else rows[::-1], asked.get("after"), flavour)
    page = rest[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(rest) > limit,
    }


def _limit(written: str, flavour: Flavour) -> int:
    if not (written.isascii() and written.isdigit() and int(written[:4]) <= LIMIT):
        raise wrong(flavour, "limit", f"Invalid 'limit': expected an integer from 0 to {LIMIT}.", "invalid_value")
    return int(written[:4])


def _order(written: str, flavour: Flavour) -> str:
    if written not in ORDERS:
        message = f"Invalid value: '{written[:80]}'. Supported values are: {listed(ORDERS, 'and')}."
        raise wrong(flavour, "order", message, "invalid_value")
    return written


def _after(rows: list[dict[str, Any]], job_id: str | None, flavour: Flavour) -> list[dict[str, Any]]:
    if not job_id:
        return rows
    ids = [row["id"] for row in rows]
    if job_id not in ids:
        raise unknown(flavour, job_id)
    return rows[ids.index(job_id) + 1 :]

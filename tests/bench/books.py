"""What a large library's jobs were sent as, took and cost: submissions, the book, and usage counted by the day."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from generations.models import LedgerEntry, State, Submission
from generations.services.months import day_of, today
from generations.services.totals import rebuild
from generations.services.usage import roll
from generations.services.usage.marks import mark
from tests.bench.rows import write

A_SECOND = Decimal("0.1")
CHARGED = {State.DONE: ("yes", "settle"), State.UNKNOWN: ("unknown", "hold"), State.RUNNING: ("unknown", "")}
EVER = 1e9


class Made(NamedTuple):
    """A job as the book needs it. Its number is its place in the row."""

    at: datetime
    author: int
    provider: int
    seconds: int
    state: State

    @property
    def price(self) -> Decimal:
        return A_SECOND * self.seconds


def costs(made: Made, dice: random.Random) -> dict[str, Any]:
    """The columns of the job itself."""
    took = round(dice.lognormvariate(4.5, 0.5), 1) if made.state == State.DONE else None
    return {
        "rendered_in": took, "list_price": made.price, "estimate": made.price, "rate": Decimal(1), "currency": "USD",
        "month": day_of(made.at).replace(day=1), "cause": "content" if made.state == State.FAILED else "other",
    }  # fmt: skip


def fill(jobs: Sequence[Made]) -> None:
    """Every row of money, and usage counted from them; two days have changed since."""
    dice = random.Random(43)
    write(Submission, _submissions(jobs, dice))
    write(LedgerEntry, _entries(jobs))
    assert list(rebuild())
    roll.mark_all()
    roll.roll_up(EVER)
    mark([today(), today() - timedelta(days=1)])


def _submissions(jobs: Sequence[Made], dice: random.Random) -> Iterator[dict[str, Any]]:
    for number, made in enumerate(jobs, 1):
        if made.state == State.AWAITING_APPROVAL:
            continue
        sent = made.at + timedelta(seconds=dice.lognormvariate(1, 1.2))
        charged, _ = CHARGED.get(made.state, ("no", "release"))
        yield {
            "id": number, "job_id": number, "number": 1, "token": UUID(int=dice.getrandbits(128)),
            "provider_id": made.provider, "lease_until": sent, "sent_at": sent, "remote_id": f"gen_{number}",
            "outcome": "accepted", "charged": charged,
        }  # fmt: skip


def _entries(jobs: Sequence[Made]) -> Iterator[dict[str, Any]]:
    number = 0
    for job, made in enumerate(jobs, 1):
        for columns in _moves(made):
            number += 1
            day = day_of(made.at)
            yield {
                "id": number, "at": made.at, "month": day.replace(day=1), "day": day, "member_id": made.author,
                "job_id": job, "number": 1, "price": made.price, "unit": "USD", **columns,
            }  # fmt: skip


def _moves(made: Made) -> Iterator[dict[str, Any]]:
    if made.state == State.AWAITING_APPROVAL:
        return
    yield {"kind": "reserve", "reserved": made.price}
    _, kind = CHARGED.get(made.state, ("no", "release"))
    if kind:
        place = {"settle": {"spent": made.price}, "hold": {"held": made.price}}.get(kind, {})
        yield {"kind": kind, "reserved": -made.price, **place}

"""Doors for the queue: load, call, return."""

from __future__ import annotations

from generations import engine, process
from generations.services import archive as archiving
from generations.services import deliver as delivering
from generations.services import tidy as tidying
from generations.services.kick import kick_engine_again
from generations.services.usage import roll


def run_engine() -> None:
    """One turn of the engine; the next one is enqueued unless the portal stops or one waits already."""
    engine.run(stop=process.stop_requested)
    if not process.stop_requested():
        kick_engine_again(under_way=1)


def archive(output_pk: int) -> None:
    archiving.archive(output_pk, stop=process.stop_requested)


def tidy() -> None:
    tidying.tidy()


def roll_up() -> None:
    roll.roll_up()


def deliver() -> None:
    delivering.deliver()


def canary(cluster: str) -> None:
    """Nothing: its acknowledgement is the sign of life."""

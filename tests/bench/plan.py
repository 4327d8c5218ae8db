"""What is to be measured, in words that need no Django."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """A provider at `url` with this many jobs in `state`, asked for by so many authors."""

    name: str
    url: str
    jobs: int
    state: str = "running"
    authors: int = 1
    interval: float = 5.0

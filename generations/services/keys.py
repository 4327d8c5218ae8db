"""Keys as addresses and forms name them."""

from __future__ import annotations

from uuid import UUID


def read_key(typed: object) -> UUID | None:
    """The key of a job or an image that somebody named; None for what is no key."""
    try:
        return UUID(str(typed))
    except ValueError:
        return None

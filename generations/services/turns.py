"""A bound on work that holds a thread of the web process for long, so that most of them stay free for pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


class Full(Exception):
    """Too many are at it or wait already."""


class Room:
    """At most `hands` work at once, and at most `seats` work or wait, none longer than `patience` seconds."""

    def __init__(self, hands: int, seats: int, patience: float) -> None:
        self.hands, self.seats, self.patience = BoundedSemaphore(hands), BoundedSemaphore(seats), patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Work inside. Raises Full."""
        with _held(self.seats, 0), _held(self.hands, self.patience):
            yield


@contextmanager
def _held(places: BoundedSemaphore, seconds: float) -> Iterator[None]:
    if not places.acquire(timeout=seconds):
        raise Full
    try:
        yield
    finally:
        places.release()


# Twelve of the sixteen threads at most. What providers fetch has a room of its own: members cannot fill it.
PICTURES = Room(hands=2, seats=5, patience=5.0)
HOOK_TESTS = Room(hands=2, seats=2, patience=0.0)
FETCHES = Room(hands=2, seats=2, patience=0.0)
LINKS = Room(hands=1, seats=3, patience=20.0)

"""A room for slow work: some work, some wait, and the rest is sent away at once."""

from __future__ import annotations

import threading

import pytest

from generations.services.turns import Full, Room


def test_hands_work_seats_wait_and_nobody_else_comes_in() -> None:
    room, inside, leave, waited = Room(hands=1, seats=2, patience=10), threading.Event(), threading.Event(), []

    def work() -> None:
        with room.turn():
            inside.set()
            leave.wait(10)
            waited.append(1)

    first, second = threading.Thread(target=work), threading.Thread(target=work)
    first.start()
    assert inside.wait(10)
    second.start()
    while room.seats.acquire(blocking=False):  # until the second has its seat
        room.seats.release()
    with pytest.raises(Full), room.turn():
        raise AssertionError("nobody comes in")
    leave.set()
    first.join()
    second.join()
    assert waited == [1, 1]


def test_who_waits_too_long_gives_the_seat_back_and_so_does_work_that_breaks() -> None:
    room = Room(hands=1, seats=2, patience=0.01)
    with room.turn(), pytest.raises(Full), room.turn():
        raise AssertionError("nobody comes in")
    for _ in range(3):
        with pytest.raises(ValueError, match="broke"), room.turn():
            raise ValueError("broke")

"""Running parts of the engine on real rows and real HTTP, a round at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.db import connection

from generations import engine
from generations.engine.doors import Doors
from generations.engine.poller import Poller
from generations.engine.settler import Settler
from generations.engine.submitter import Submitter
from generations.models import Watch
from generations.transport import Door, Timeouts


def submit_round(submit: Timeouts | None = None) -> None:
    """Send everything that may be sent now, and wait for what comes of it."""

    async def go() -> None:
        doors = _QuickDoors(submit) if submit else Doors()
        submitter = Submitter(doors)
        await submitter.step()
        await asyncio.gather(*submitter.tasks)
        await submitter.drain()
        await doors.aclose()

    async_to_sync(go)()


def look_round() -> None:
    """Look at everything in flight, due or not, and keep what was seen."""
    Watch.objects.update(next_poll_at="2020-01-01T00:00Z")

    async def go() -> None:
        doors = Doors()
        poller = Poller(doors)
        await poller.step()
        await poller.drain(10)
        await doors.aclose()

    async_to_sync(go)()


def run_until(done: Callable[[], bool], seconds: float = 20) -> bool:
    """Run the whole engine until the rows say `done`; False when they never did."""
    stop, reached = threading.Event(), []

    def watch() -> None:
        for _ in range(int(seconds / 0.05)):
            if done():
                reached.append(True)
                break
            stop.wait(0.05)
        stop.set()
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    engine.run(stop=stop.is_set)
    watcher.join()
    return bool(reached)


class _QuickDoors(Doors):
    def __init__(self, submit: Timeouts) -> None:
        super().__init__()
        self.submit = submit

    def to(self, provider):  # type: ignore[no-untyped-def]
        door: Door = super().to(provider)
        door.submit_timeouts = self.submit
        return door


def settle_round() -> None:
    """Ask about every lost job that is due, and keep what was said."""

    async def go() -> None:
        doors = Doors()
        settler = Settler(doors)
        await settler.step()
        await settler.drain(10)
        await doors.aclose()

    async_to_sync(go)()

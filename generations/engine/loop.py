"""The engine's turn: about ten minutes of submitting, looking and sweeping, then a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable

from asgiref.sync import async_to_sync
from django.conf import settings

from generations.engine.database import BUSY, db
from generations.engine.doors import Doors
from generations.engine.poller import Poller
from generations.engine.settler import Settler
from generations.engine.submitter import Submitter
from generations.models import Heartbeat
from generations.services.kick import ENGINE_BEAT
from generations.services.sweep import sweep

log = logging.getLogger(__name__)

SWEEP_EVERY = 5.0
SETTLE_EVERY = 3.0
BEAT_EVERY = 1.0
LAST_LOOKS = 5.0
BREATH = 0.02


def run(stop: Callable[[], bool]) -> None:
    """Loop until the turn is over or `stop` says so; POSTs on their way are finished first.

    The loop lives on a thread of its own; database calls run on the calling one, which keeps one connection.
    """
    async_to_sync(_Engine(stop).turn)()


class _Engine:
    def __init__(self, stop: Callable[[], bool]) -> None:
        self.stop = stop
        self.until = time.monotonic() + settings.ENGINE_TURN
        self.ended = asyncio.Event()

    async def turn(self) -> None:
        doors = Doors()
        self.submitter, self.poller, self.settler = Submitter(doors), Poller(doors), Settler(doors)
        others = [
            asyncio.create_task(self._every(settings.ENGINE_TICK, self.poller.step, wake=self.poller.room)),
            asyncio.create_task(self._every(SETTLE_EVERY, self.settler.step)),
            asyncio.create_task(self._every(SWEEP_EVERY, lambda: db(sweep))),
            asyncio.create_task(self._every(BEAT_EVERY, lambda: db(Heartbeat.beat, ENGINE_BEAT))),
        ]
        await self._every(settings.ENGINE_TICK, self.submitter.step, while_=self._taking)
        self._say_what_is_left()
        await self.submitter.drain()
        self.ended.set()
        await asyncio.gather(*others)
        await asyncio.gather(self.poller.drain(LAST_LOOKS), self.settler.drain(LAST_LOOKS))
        await doors.aclose()

    def _taking(self) -> bool:
        return not self.stop() and time.monotonic() < self.until

    def _say_what_is_left(self) -> None:
        count = len(self.submitter.in_flight)
        if count and self.stop():
            what = "1 request that is" if count == 1 else f"{count} requests that are"
            with contextlib.suppress(OSError):  # the terminal may be gone; the requests are not
                sys.stdout.write(
                    f"Finishing {what} already on the way to a provider. Press Ctrl-C again to stop now.\n"
                )
                sys.stdout.flush()

    async def _every(
        self,
        seconds: float,
        step: Callable[[], Awaitable[object]],
        while_: Callable[[], bool] | None = None,
        wake: asyncio.Event | None = None,
    ) -> None:
        """Repeat a step every so many seconds, or sooner when `wake` is set.

        A database that is away slows it down; any other error is logged and the next round tries.
        """
        going = while_ or (lambda: not self.ended.is_set())
        while going():
            begun = time.monotonic()
            try:
                await step()
                await self._pause(seconds - (time.monotonic() - begun), wake or self.ended)
                continue
            except BUSY as error:
                log.warning("the database is not there: %s", error)
            except Exception:
                log.exception("an engine step failed")
            await self._pause(max(seconds, 1.0), self.ended)

    async def _pause(self, seconds: float, wake: asyncio.Event) -> None:
        """Sleep until `wake` is set, but a moment at least: others want the database too."""
        await asyncio.sleep(BREATH)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), max(seconds - BREATH, 0))

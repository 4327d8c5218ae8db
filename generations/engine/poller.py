"""Looking at everything in flight, in batches, never one task a job."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from django.utils.translation import gettext_noop

from generations.contract import DialectError, NeverHeard
from generations.engine.database import db
from generations.engine.doors import Doors
from generations.services.judge import OutOfReach
from generations.services.leases import free_ours
from generations.services.look import AT_ONCE, Look, Seen, claim_looks, keep_seen
from generations.services.speaking import read_snapshot
from generations.wire import look_after

log = logging.getLogger(__name__)

SLICE = 256
ROOM_AGAIN = AT_ONCE // 4  # places worth a round of their own


class Poller:
    """Claims due watches, asks for each on the loop, writes what was seen in bulk.

    `room` is set when a provider that was full has room again: another step would find more to do.
    """

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.looking: set[asyncio.Task[None]] = set()
        self.busy: Counter[int | None] = Counter()
        self.full: set[int | None] = set()
        self.room = asyncio.Event()
        self.seen: list[Seen] = []
        self.begun = False

    async def step(self) -> None:
        """Write down what came back, then start what is due: at first also what a killed engine had begun."""
        if not self.begun:
            await db(free_ours)
            self.begun = True
        await self.flush()
        self.room.clear()
        busy = Counter(self.busy)
        looks = await db(claim_looks, dict(busy))
        for look in looks:
            task = asyncio.create_task(self._ask(look))
            self.looking.add(task)
            task.add_done_callback(self.looking.discard)
            self.busy[look.watch.provider_id] += 1
        busy.update(look.watch.provider_id for look in looks)
        self.full = {provider for provider, count in busy.items() if count >= AT_ONCE}
        self._look_for_room()

    async def flush(self) -> None:
        """In slices: each ending is a transaction of its own, and the heartbeat uses the same thread."""
        seen, self.seen = self.seen, []
        for start in range(0, len(seen), SLICE):
            await db(keep_seen, seen[start : start + SLICE])

    async def drain(self, seconds: float) -> None:
        """Let looks under way end, for a while, and keep what they saw."""
        if self.looking:
            await asyncio.wait(list(self.looking), timeout=seconds)
        await self.flush()

    async def _ask(self, look: Look) -> None:
        try:
            result = await self._result(look)  # on its own line: a flush meanwhile replaces the list
            self.seen.append(result)
        finally:
            self.busy[look.watch.provider_id] -= 1
            self._look_for_room()

    def _look_for_room(self) -> None:
        if any(AT_ONCE - self.busy[provider] >= ROOM_AGAIN for provider in self.full):
            self.room.set()

    async def _result(self, look: Look) -> Seen:
        if look.call is None or look.dialect is None or look.provider is None:
            return Seen(look, OutOfReach(look.obstacle))
        try:
            answer = await self.doors.to(look.provider).query(look.call)
            return Seen(look, read_snapshot(look.dialect, answer, look.watch.remote_id), look_after(answer))
        except DialectError as error:
            return Seen(look, error)
        except Exception as error:
            log.exception("an answer was lost")
            return Seen(look, NeverHeard(gettext_noop("The provider's answer was lost."), detail=repr(error)))

"""Looking at everything in flight, in batches, never one task a job."""

from __future__ import annotations

import asyncio
import logging

from generations.contract import DialectError, Misconfigured, NeverHeard, Snapshot
from generations.engine.database import db
from generations.engine.doors import Doors
from generations.services.look import Look, Seen, claim_looks, keep_seen

log = logging.getLogger(__name__)

AT_ONCE = 512
SLICE = 64


class Poller:
    """Claims due watches, asks for each on the loop, writes what was seen in bulk."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.looking: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []

    async def step(self) -> None:
        """Write down what came back, then start what is due."""
        await self.flush()
        room = AT_ONCE - len(self.looking)
        if room <= 0:
            return
        for look in await db(claim_looks, room):
            task = asyncio.create_task(self._ask(look))
            self.looking.add(task)
            task.add_done_callback(self.looking.discard)

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
        result = await self._result(look)  # on its own line: a flush meanwhile replaces the list
        self.seen.append(Seen(look, result))

    async def _result(self, look: Look) -> Snapshot | DialectError:
        if look.call is None or look.dialect is None or look.provider is None:
            return Misconfigured(look.obstacle)
        try:
            answer = await self.doors.to(look.provider).query(look.call)
            return look.dialect.read_snapshot(answer)
        except DialectError as error:
            return error
        except Exception as error:
            log.exception("an answer could not be read")
            return NeverHeard("The provider's answer could not be read.", detail=repr(error))

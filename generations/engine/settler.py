"""Asking providers about jobs whose answer was lost: the ids that were named, and the lists that may hold them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from generations.engine.database import BUSY, db
from generations.engine.doors import Doors
from generations.services import candidates, listing
from generations.services.asking import ask, ask_list

log = logging.getLogger(__name__)

AT_ONCE = 32


class Settler:
    """Claims what is due, asks on the loop, writes down each answer as it comes."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.asking: set[asyncio.Task[None]] = set()

    async def step(self) -> None:
        """Start what is due."""
        room = AT_ONCE - len(self.asking)
        if room <= 0:
            return
        for question in await db(candidates.due, room):
            self._start(self._ask(question))
        for account in await db(listing.due):
            self._start(self._ask_list(account))

    async def drain(self, seconds: float) -> None:
        """Let questions under way end, for a while; what is cut off is asked again by the next engine."""
        if self.asking:
            _, late = await asyncio.wait(list(self.asking), timeout=seconds)
            for task in late:
                task.cancel()

    def _start(self, asking: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._safely(asking))
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    async def _safely(self, asking: Coroutine[Any, Any, None]) -> None:
        """A question that ends badly is asked again: its claim runs out."""
        try:
            await asking
        except BUSY as error:
            log.warning("the database is not there: %s", error)
        except Exception:
            log.exception("a question about a lost job failed")

    async def _ask(self, question: candidates.Question) -> None:
        door = self.doors.to(question.provider)
        told = await ask(door, question.dialect, question.candidate.remote_id)
        await db(candidates.keep_told, question, told)

    async def _ask_list(self, question: listing.ListQuestion) -> None:
        door = self.doors.to(question.provider)
        shelf = await ask_list(door, question.dialect, question.since)
        await db(listing.keep_list, question, shelf)

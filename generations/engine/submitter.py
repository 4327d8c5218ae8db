"""Sending waiting jobs, many at once, each at most once."""

from __future__ import annotations

import asyncio
import logging

from generations.contract import DialectError, NeverHeard, NotTaken
from generations.engine.database import db, db_surely
from generations.engine.doors import Doors
from generations.models import Job
from generations.process import failpoint
from generations.services import submit
from generations.transport import Door

log = logging.getLogger(__name__)

AT_ONCE = 64


class Submitter:
    """Starts a task for each job that may be sent. `in_flight` are the POSTs on their way."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.sending: dict[int, asyncio.Task[None]] = {}
        self.in_flight: set[int] = set()

    async def step(self) -> None:
        """Start what is due and fits."""
        room = AT_ONCE - len(self.sending)
        if room <= 0:
            return
        for job in await db(submit.due_jobs, room, list(self.sending)):
            self.sending[job.pk] = asyncio.create_task(self._send(job))

    async def drain(self) -> None:
        """Wait for the POSTs on their way."""
        if self.sending:
            await asyncio.wait(list(self.sending.values()))

    async def _send(self, job: Job) -> None:
        try:
            if job.provider is None:
                return
            door = self.doors.to(job.provider)
            async with door.post_lane():
                await self._post(job, door)
        except NotTaken:
            pass  # no free lane: nothing was written, the next round tries again
        except Exception:
            log.exception("job %s could not be sent", job.key)
            await asyncio.sleep(2)
        finally:
            del self.sending[job.pk]

    async def _post(self, job: Job, door: Door) -> None:
        failpoint("before_intent")
        intent = await db(submit.intend, job.pk)
        if intent is None:
            return
        failpoint("after_intent")
        self.in_flight.add(job.pk)
        try:
            result = await self._answer(intent, door)
            if isinstance(result, DialectError):
                await db_surely(submit.failed, intent, result)
            else:
                log.info("job %s: the provider calls it %s", job.key, result)
                await db_surely(submit.accepted, intent, result)
            failpoint("after_save")
        finally:
            self.in_flight.discard(job.pk)

    async def _answer(self, intent: submit.Intent, door: Door) -> str | DialectError:
        """The provider's id, or what the POST came to instead. Nothing escapes: a POST was made."""
        try:
            answer = await door.submit(intent.call)
            failpoint("after_post")
            return intent.dialect.read_created(answer)
        except DialectError as error:
            return error
        except Exception as error:
            log.exception("an answer could not be read")
            return NeverHeard("The provider's answer could not be read.", detail=repr(error))

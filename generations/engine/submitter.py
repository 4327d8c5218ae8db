"""Sending waiting jobs, many at once, each at most once."""

from __future__ import annotations

import asyncio
import logging

from django.utils.translation import gettext_noop

from generations.contract import DialectError, NeverHeard, NotTaken, Reference
from generations.engine.database import db, db_surely
from generations.engine.doors import Doors
from generations.models import Submission
from generations.process import failpoint
from generations.services import spool, submit
from generations.services.outcomes import settle
from generations.services.references import NotUsable
from generations.services.speaking import read_created
from generations.transport import Door

log = logging.getLogger(__name__)

AT_ONCE = 64  # POSTs on their way to one provider; a hanging one takes no other's place
PICTURES_AT_ONCE = 2  # reference images being fitted: each is a process that works hard


class Submitter:
    """Starts a task for each job that may be sent. `in_flight` are the POSTs on their way."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.sending: dict[int, int] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.in_flight: set[int] = set()
        self.pictures = asyncio.Semaphore(PICTURES_AT_ONCE)
        self.taking = True

    async def step(self) -> None:
        """Start what is due and fits."""
        for due in await db(submit.due_jobs, AT_ONCE, dict(self.sending)):
            self.sending[due.job_pk] = due.provider.pk
            task = asyncio.create_task(self._send(due))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def drain(self) -> None:
        """Wait for the POSTs on their way; a job that only waits for its picture or a lane waits for the next turn."""
        self.taking = False
        if self.tasks:
            await asyncio.wait(list(self.tasks))

    async def _send(self, due: submit.Due) -> None:
        try:
            await self._go(due)
        except NotTaken:
            pass  # no free lane: nothing was written, the next round tries again
        except Exception:
            log.exception("job number %s could not be sent", due.job_pk)
            await asyncio.sleep(2)
        finally:
            del self.sending[due.job_pk]

    async def _go(self, due: submit.Due) -> None:
        try:
            references = await self._references(due)
        except NotUsable as error:
            await db(submit.not_prepared, due.job_pk, error)
            return
        door = self.doors.to(due.provider)
        async with door.post_lane():
            await self._post(due, references, door)

    async def _references(self, due: submit.Due) -> tuple[Reference, ...]:
        """Before a lane is held, and off the database thread: nobody waits for a picture but its own job."""
        if due.pictured is None:
            return ()
        async with self.pictures:
            return await asyncio.to_thread(submit.references_for, due) if self.taking else ()

    async def _post(self, due: submit.Due, references: tuple[Reference, ...], door: Door) -> None:
        if not self.taking:
            return
        job_pk = due.job_pk
        failpoint("before_intent")
        intent = await db(submit.intend, job_pk, references, due.provider)
        if intent is None:
            return
        failpoint("after_intent")
        self.in_flight.add(job_pk)
        try:
            result = await self._answer(intent, door)
            await self._keep(intent, result)
        finally:
            self.in_flight.discard(job_pk)

    async def _answer(self, intent: submit.Intent, door: Door) -> str | DialectError:
        """The provider's id, or what the POST came to instead. Nothing escapes: a POST was made."""
        try:
            answer = await door.submit(intent.call)
            failpoint("after_post")
            return read_created(intent.dialect, answer)
        except DialectError as error:
            return error
        except Exception as error:
            log.exception("an answer was lost")
            return NeverHeard(gettext_noop("The provider's answer was lost."), detail=repr(error))

    async def _keep(self, intent: submit.Intent, result: str | DialectError) -> None:
        """On our disk first, then in the database, however long that takes."""
        if isinstance(result, str):
            log.info("job %s: the provider calls it %s", intent.job_key, result)
        try:
            await asyncio.to_thread(spool.keep, intent.token, result)
        except OSError:
            log.exception("an answer could not be written to the spool; it goes to the database only")
        failpoint("after_spool")
        try:
            await db_surely(settle, intent.token, result)
        except Submission.DoesNotExist:
            await asyncio.to_thread(spool.put_aside, intent.token)
            return
        failpoint("after_save")
        await asyncio.to_thread(spool.drop, intent.token)

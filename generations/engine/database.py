"""The engine's way to the database: one thread for all calls, and patience when it is busy."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
BUSY = (OperationalError, InterfaceError)


async def db(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a service on the database thread; a broken connection is dropped so that the next call makes a new one."""
    try:
        return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
    except BUSY:
        # Looked up over there: each thread has a connection of its own.
        await sync_to_async(lambda: connection.close(), thread_sensitive=True)()
        raise


async def db_surely(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `db`, and again until it works: for what a provider answered, which nobody will say twice."""
    wait = 0.2
    while True:
        try:
            return await db(function, *args, **kwargs)
        except BUSY as error:
            log.error("the database is not there (%s); holding on to an answer, next try in %.1f s", error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5)

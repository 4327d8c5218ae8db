"""Trying a provider's address and key without spending anything."""

from __future__ import annotations

import time
from dataclasses import dataclass

from asgiref.sync import async_to_sync

from generations.contract import Answer, DialectError, HttpCall, NotKnown
from generations.dialects import DIALECTS
from generations.models import Provider
from generations.transport import Allowance, open_door

NOBODYS_JOB = "sora-portal-connection-test"
SLOW = 5.0


@dataclass(frozen=True, slots=True)
class Probe:
    """How a test went: `ok`, and one sentence for an admin."""

    ok: bool
    sentence: str


def probe(provider: Provider) -> Probe:
    """Ask the provider about a job that does not exist: the right answer is that it does not know it."""
    if not provider.key:
        return Probe(False, "No key is set. Set one by: manage.py provider set --name … --key-env VARIABLE")
    dialect = DIALECTS[provider.dialect](provider.base_url, provider.key)
    began = time.monotonic()
    try:
        answer = async_to_sync(_ask)(provider, dialect.query(NOBODYS_JOB))
        dialect.read_snapshot(answer)
    except NotKnown:
        return _reached(time.monotonic() - began)
    except DialectError as error:
        return Probe(False, f"{error} ({error.detail})")
    return _reached(time.monotonic() - began)


def _reached(seconds: float) -> Probe:
    slow = " That is slow." if seconds > SLOW else ""
    return Probe(True, f"Address and key work; it answered in {seconds:.1f} s.{slow} Nothing was spent.")


async def _ask(provider: Provider, call: HttpCall) -> Answer:
    async with open_door(provider.base_url, Allowance(provider.origin if provider.allow_private else "")) as door:
        return await door.query(call)

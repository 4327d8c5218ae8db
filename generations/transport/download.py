"""Fetching a finished file from an address a provider named: hostile until proven otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from generations.contract import DialectError, Misconfigured, NeverHeard, NotKnown
from generations.transport.client import named
from generations.transport.guard import Allowance
from generations.transport.lanes import LaneTransport, tls_context

REDIRECTS = 5
TIMEOUT = httpx.Timeout(connect=10, read=30, write=10, pool=5)
GONE = frozenset({400, 401, 403, 404, 410})
PLAIN = {"Accept-Encoding": "identity"}


class TooLarge(DialectError):
    """The file is larger than the portal keeps."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on disk: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


async def fetch(
    url: str,
    into: Path,
    allowance: Allowance,
    *,
    limit: int,
    seconds: float,
    progress: Callable[[int, int], Awaitable[None]],
) -> Fetched:
    """Download `url` to `into`, at most `limit` bytes in at most `seconds`.

    Redirects are followed by hand, each address judged anew. No key is sent. `progress` hears (bytes so far, bytes in
    all or 0) about once a second; what it raises comes out as it is. Raises a DialectError for everything on the way:
    NotKnown when the file is gone.
    """
    try:
        async with asyncio.timeout(seconds), _opened(url, allowance) as response:
            return await _write(response, into, limit, progress)
    except DialectError:
        raise
    except TimeoutError as error:
        raise NeverHeard(f"The file did not arrive within {seconds:.0f} s.") from error
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise named(error) from error


@asynccontextmanager
async def _opened(url: str, allowance: Allowance) -> AsyncIterator[httpx.Response]:
    context, current = tls_context(), httpx.URL(url)
    for _ in range(REDIRECTS):
        if not allowance.permits_url(current):
            raise Misconfigured(f"The file's address is not allowed ({current.scheme}).", detail=str(current)[:300])
        transport = LaneTransport(1, allowance.permits(current), context, keep_alive=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as client:
            async with client.stream("GET", current, headers=PLAIN, timeout=TIMEOUT) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                current = current.join(response.headers["location"])
    raise NeverHeard("The file's address redirects too often.")


async def _write(
    response: httpx.Response, into: Path, limit: int, progress: Callable[[int, int], Awaitable[None]]
) -> Fetched:
    if response.status_code != 200:
        kind = NotKnown if response.status_code in GONE else NeverHeard
        raise kind(f"The file could not be fetched (HTTP {response.status_code}).")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NeverHeard("The file came packed, which was not asked for.")
    total = int(response.headers.get("content-length", "0"))
    if total > limit:
        raise TooLarge(f"The file has {total} bytes; the portal keeps at most {limit}.")
    digest, size, told = hashlib.sha256(), 0, 0.0
    with into.open("wb") as file:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"The file has more than {limit} bytes; the portal keeps no more.")
            digest.update(chunk)
            file.write(chunk)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                await progress(size, total)
    if total and size != total:
        raise NeverHeard(f"The file broke off after {size} of {total} bytes.")
    return Fetched(size, digest.hexdigest())

"""Fetching a finished file from an address a provider named: hostile until proven otherwise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from generations.contract import DialectError, Misconfigured, NeverHeard, NotKnown
from generations.contract.words import gettext_noop
from generations.transport.client import named
from generations.transport.guard import Allowance, origin_of
from generations.transport.lanes import LaneTransport, tls_context
from generations.transport.partial import Mark, Partial
from generations.transport.ranges import rest_of, source_of, validator_of, whole_length

REDIRECTS = 5
TIMEOUT = httpx.Timeout(connect=10, read=30, write=10, pool=5)
GONE = frozenset({400, 401, 403, 404, 410})
PLAIN = {"Accept-Encoding": "identity"}
TOLD_EVERY = 1.0
LATE = gettext_noop("The file did not arrive within {seconds} s.")
NOT_ALLOWED = gettext_noop("The file's address is not allowed ({scheme}).")
NOT_FETCHED = gettext_noop("The file could not be fetched (HTTP {status}).")
TOO_LARGE = gettext_noop("The file has {total} bytes; the portal keeps at most {most}.")
TOO_LONG = gettext_noop("The file has more than {most} bytes; the portal keeps no more.")
MORE_THAN_SAID = gettext_noop("The file has more than the {total} bytes it was said to have.")
BROKE_OFF = gettext_noop("The file broke off after {done} of {total} bytes.")
TOO_SLOW = gettext_noop("The file came too slowly: {done} bytes in {seconds} s.")

Progress = Callable[[int, int], Awaitable[None]]


class TooLarge(DialectError):
    """The file is larger than the portal keeps."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on disk: its size in bytes and its SHA-256 in hex. `resumed` are the bytes of earlier tries in it."""

    size: int
    sha256: str
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one try may take: at most `size` bytes in all and `seconds`; at least `least` bytes in each `window`."""

    size: int
    seconds: float
    least: int = 0
    window: float = 60.0


async def fetch(
    url: str,
    into: Path,
    allowance: Allowance,
    bounds: Bounds,
    *,
    progress: Progress,
    secrets: Mapping[str, str] | None = None,
) -> Fetched:
    """Download `url` to `into`, going on where an earlier try broke off if it is surely the same file.

    Redirects are followed by hand, each address judged anew. `secrets` are headers that go to the origin of `url` and
    to no other one a redirect may lead to. `progress` hears (bytes so far, bytes in all or 0) before the first byte is
    written and about once a second; what it raises comes out as it is, and so does an OSError of the disk. Raises a
    DialectError for everything on the way: NotKnown when the file is gone.
    """
    part = Partial(into)
    try:
        if part.mark and part.is_whole:
            part.go_on(part.mark.total)
            return _whole(part, part.size)
        async with asyncio.timeout(bounds.seconds):
            return await _fetched(url, part, allowance, bounds, progress, secrets or {})
    except DialectError:
        raise
    except TimeoutError as error:
        raise NeverHeard(LATE.format(seconds=f"{bounds.seconds:.0f}")) from error
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise named(error) from error
    finally:
        part.close()


async def _fetched(
    url: str, part: Partial, allowance: Allowance, bounds: Bounds, progress: Progress, secrets: Mapping[str, str]
) -> Fetched:
    async with _opened(url, allowance, secrets, part.mark) as response:
        if _begin(response, part, bounds):
            return await _write(response, part, bounds, progress)
    # The rest cannot be had: the file changed, or its server cannot count. All of it, then, from the start.
    part.drop()
    return await _fetched(url, part, allowance, bounds, progress, secrets)


@asynccontextmanager
async def _opened(
    url: str, allowance: Allowance, secrets: Mapping[str, str], mark: Mark | None
) -> AsyncIterator[httpx.Response]:
    context, current = tls_context(), httpx.URL(url)
    first = origin_of(current)
    for _ in range(REDIRECTS):
        if not allowance.permits_url(current):
            raise Misconfigured(NOT_ALLOWED.format(scheme=current.scheme), detail=str(current)[:300])
        transport = LaneTransport(1, allowance.permits(current), context, keep_alive=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as client:
            headers = {**(secrets if origin_of(current) == first else {}), **PLAIN, **rest_of(mark, current)}
            async with client.stream("GET", current, headers=headers, timeout=TIMEOUT) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                current = current.join(response.headers["location"])
    raise NeverHeard(gettext_noop("The file's address redirects too often."))


def _begin(response: httpx.Response, part: Partial, bounds: Bounds) -> bool:
    """Get ready to write this answer's bytes; False when it is no answer to the range that was asked for."""
    if "range" in response.request.headers and response.status_code in {206, 416}:
        total = whole_length(response, part.mark) if part.mark else None
        if total is None:
            return False
        _check(response, total, bounds)
        part.go_on(total)
        return True
    if response.status_code != 200:
        kind = NotKnown if response.status_code in GONE else NeverHeard
        raise kind(NOT_FETCHED.format(status=response.status_code))
    total = int(response.headers.get("content-length", "0"))
    _check(response, total, bounds)
    part.start(Mark(source_of(response.request.url), validator_of(response), total))
    return True


def _check(response: httpx.Response, total: int, bounds: Bounds) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NeverHeard(gettext_noop("The file came packed, which was not asked for."))
    if total > bounds.size:
        raise TooLarge(TOO_LARGE.format(total=total, most=bounds.size))


async def _write(response: httpx.Response, part: Partial, bounds: Bounds, progress: Progress) -> Fetched:
    total, resumed = part.mark.total if part.mark else 0, part.size
    pace, told = _Pace(bounds, part.size), time.monotonic()
    try:
        await progress(part.size, total)
        async for chunk in response.aiter_raw():
            if part.size + len(chunk) > (total or bounds.size):
                _refuse_more(part, total, bounds)
            part.write(chunk)
            pace.check(part.size)
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                part.settle()
                await progress(part.size, total)
    finally:
        part.settle()
    if total and part.size != total:
        raise NeverHeard(BROKE_OFF.format(done=part.size, total=total))
    return _whole(part, resumed)


def _refuse_more(part: Partial, total: int, bounds: Bounds) -> None:
    """More bytes than there may be: nothing of it is worth keeping."""
    part.drop()
    if total:
        raise NeverHeard(MORE_THAN_SAID.format(total=total))
    raise TooLarge(TOO_LONG.format(most=bounds.size))


def _whole(part: Partial, resumed: int) -> Fetched:
    part.complete()
    return Fetched(part.size, part.digest.hexdigest(), resumed)


class _Pace:
    """Gives up on a file that only drips: such a connection would be held for ever and bring nothing."""

    def __init__(self, bounds: Bounds, size: int) -> None:
        self.bounds, self.since, self.size = bounds, time.monotonic(), size

    def check(self, size: int) -> None:
        now = time.monotonic()
        if now - self.since < self.bounds.window:
            return
        if size - self.size < self.bounds.least:
            came, seconds = size - self.size, now - self.since
            raise NeverHeard(TOO_SLOW.format(done=came, seconds=f"{seconds:.0f}"))
        self.since, self.size = now, size

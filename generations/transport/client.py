"""One provider's door: calls go out, answers come back, and what went wrong is named by what may be done next."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore
import httpx

from generations.contract import Answer, Cause, DialectError, HttpCall, Misconfigured, NeverHeard, NotTaken
from generations.contract.secrets import secrets_of
from generations.contract.words import gettext_noop
from generations.transport.guard import (
    Allowance,
    BadCertificate,
    BadHandshake,
    ForbiddenAddress,
    UnknownName,
    UnusableAddress,
    origin_of,
)
from generations.transport.lanes import LaneTransport, tls_context

ANSWER_LIMIT = 1 << 20  # bytes; a longer API answer is unreadable
POOL_WAIT = 5.0
TOO_LONG = gettext_noop("The provider's answer is too long.")
PACKED = gettext_noop("The provider's answer came packed, which was not asked for.")
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "sora-portal"}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `connect` covers lookup, connect and TLS handshake each."""

    connect: float = 10
    write: float = 60
    read: float = 120
    total: float = 200

    @property
    def extensions(self) -> dict[str, dict[str, float | None]]:
        """As a request carries them."""
        return {"timeout": {"connect": self.connect, "read": self.read, "write": self.write, "pool": POOL_WAIT}}


QUERY = Timeouts(read=12, write=12, total=15)


class Door:
    """The way to one provider: separate lanes for POSTs (never a kept connection) and for GETs (kept alive)."""

    def __init__(
        self,
        base_url: str,
        allowance: Allowance,
        *,
        posts: int = 64,
        gets: int = 384,
        submit: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.allowance, self.submit_timeouts = allowance, submit or Timeouts()
        own = httpx.URL(base_url)
        self.origin, self.is_permitted = origin_of(own), allowance.permits_url(own)
        context, permits = context or tls_context(), allowance.permits(own)
        self.post_slots = asyncio.Semaphore(posts)
        # No httpx client around them: it would add cookies, redirects and a third of the cost of a look.
        self.posts = LaneTransport(posts, permits, context, keep_alive=False)
        self.gets = LaneTransport(gets, permits, context, keep_alive=True)

    @asynccontextmanager
    async def post_lane(self) -> AsyncIterator[None]:
        """Hold a lane for a POST before its intent is written; NotTaken when none gets free in time."""
        try:
            async with asyncio.timeout(POOL_WAIT):
                await self.post_slots.acquire()
        except TimeoutError as error:
            raise NotTaken(gettext_noop("All lines to the provider are in use.")) from error
        try:
            yield
        finally:
            self.post_slots.release()

    async def submit(self, call: HttpCall) -> Answer:
        """Make a call that may cost money, once. Raises NotTaken, Misconfigured or NeverHeard; never retries."""
        return await self._send(self.posts, call, self.submit_timeouts)

    async def query(self, call: HttpCall) -> Answer:
        """Make a call that costs nothing. Raises as `submit` does."""
        return await self._send(self.gets, call, QUERY)

    async def aclose(self) -> None:
        await self.posts.aclose()
        await self.gets.aclose()

    async def _send(self, lanes: LaneTransport, call: HttpCall, timeouts: Timeouts) -> Answer:
        try:
            url = httpx.URL(call.url)
            self._check(url)
            request = _request(url, call, timeouts)
            async with asyncio.timeout(timeouts.total):
                return await _read(await lanes.handle_async_request(request))
        except Exception as error:
            known = error if isinstance(error, DialectError) else named(error)
            raise known.blot(secrets_of(call.headers)) from error

    def _check(self, url: httpx.URL) -> None:
        """Calls carry the key, so they go to the provider's own origin only."""
        if origin_of(url) != self.origin:
            raise Misconfigured(gettext_noop("The call leads away from the provider's own address."))
        if not self.is_permitted:
            raise Misconfigured(gettext_noop("The provider's address is not allowed: use https."))


@asynccontextmanager
async def open_door(base_url: str, allowance: Allowance) -> AsyncIterator[Door]:
    """A door for a single visit, closed behind."""
    door = Door(base_url, allowance, posts=1, gets=1)
    try:
        yield door
    finally:
        await door.aclose()


# What went wrong before anything was sent, and what it means.
BEFORE: dict[type[Exception], tuple[type[DialectError], str, Cause]] = {
    ForbiddenAddress: (Misconfigured, gettext_noop("The provider's address is not allowed."), Cause.FORBIDDEN),
    BadCertificate: (Misconfigured, gettext_noop("The provider's certificate does not verify."), Cause.CERTIFICATE),
    UnusableAddress: (Misconfigured, gettext_noop("The provider's address is not usable."), Cause.PATH),
    BadHandshake: (NotTaken, gettext_noop("The provider cannot be reached: TLS failed."), Cause.TLS),
    UnknownName: (NotTaken, gettext_noop("The provider cannot be reached: its name is not known."), Cause.NAME),
    httpx.InvalidURL: (Misconfigured, gettext_noop("The provider's address is not usable."), Cause.PATH),
    httpx.UnsupportedProtocol: (Misconfigured, gettext_noop("The provider's address is not usable."), Cause.PATH),
    httpx.LocalProtocolError: (Misconfigured, gettext_noop("The provider's address is not usable."), Cause.PATH),
    httpx.ConnectError: (NotTaken, gettext_noop("The provider cannot be reached."), Cause.UNREACHABLE),
    httpx.ConnectTimeout: (NotTaken, gettext_noop("The provider cannot be reached."), Cause.UNREACHABLE),
    httpx.PoolTimeout: (NotTaken, gettext_noop("The provider cannot be reached."), Cause.UNREACHABLE),
}


def named(error: BaseException) -> DialectError:
    """What a failure on the way means: nothing left, an admin's matter, or no one knows."""
    if isinstance(error, BaseExceptionGroup):
        meanings = [named(inner) for inner in error.exceptions]
        return next((one for one in meanings if isinstance(one, NeverHeard)), meanings[0])
    causes, detail = _chain(error), f"{type(error).__name__}: {error}"
    for kind, (meaning, sentence, cause) in BEFORE.items():
        # Ours are found anywhere in the chain; httpx's own only on top, since a later error may have one below.
        if isinstance(error, kind) or (issubclass(kind, httpcore.ConnectError) and _among(causes, kind)):
            return meaning(sentence, detail=detail, cause=cause)
    return NeverHeard(gettext_noop("The connection broke before an answer came."), detail=detail)


def _among(causes: list[BaseException], kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes)


def _request(url: httpx.URL, call: HttpCall, timeouts: Timeouts) -> httpx.Request:
    """The call as a request, or Misconfigured without a word of the header that no header can be."""
    if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
        raise Misconfigured(gettext_noop("The provider's key holds characters that no key has."))
    files = [(part.name, (part.filename or None, part.value, part.content_type or None)) for part in call.parts]
    headers = {**HEADERS, **call.headers}
    return httpx.Request(
        call.method, url, headers=headers, json=call.json, files=files or None, extensions=timeouts.extensions
    )


async def _read(response: httpx.Response) -> Answer:
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            _check_length(len(body), response)
    finally:
        await response.aclose()
    return Answer(response.status_code, dict(response.headers.items()), _unpacked(response, bytes(body)))


def _check_length(length: int, response: httpx.Response) -> None:
    if length > ANSWER_LIMIT:
        raise NeverHeard(TOO_LONG, detail=f"HTTP {response.status_code}, endless")


def _unpacked(response: httpx.Response, body: bytes) -> bytes:
    """The body as it was before packing. A few bytes may unpack to gigabytes, so no more than the limit is made."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing == "identity" or not body:
        return body
    if packing not in {"gzip", "deflate"}:
        raise NeverHeard(PACKED, detail=packing[:60])
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    plain = unpacking.decompress(body, ANSWER_LIMIT + 1)
    _check_length(len(plain), response)
    return plain


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found

"""One provider's door: calls go out, answers come back, and what went wrong is named by what may be done next."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from generations.contract import Answer, DialectError, HttpCall, Misconfigured, NeverHeard, NotTaken
from generations.transport.guard import Allowance, BadCertificate, ForbiddenAddress, origin_of
from generations.transport.lanes import LaneTransport, tls_context

ANSWER_LIMIT = 1 << 20  # bytes; a longer API answer is unreadable
POOL_WAIT = 5.0
SECRET_LENGTH = 12  # characters; a shorter key cannot be told from ordinary words


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `connect` covers lookup, connect and TLS handshake each."""

    connect: float = 10
    write: float = 60
    read: float = 120
    total: float = 200

    def for_httpx(self) -> httpx.Timeout:
        return httpx.Timeout(connect=self.connect, read=self.read, write=self.write, pool=POOL_WAIT)


QUERY = Timeouts(read=12, write=12, total=15)


class Door:
    """The way to one provider: separate lanes for POSTs (never a kept connection) and for GETs (kept alive)."""

    def __init__(
        self,
        base_url: str,
        allowance: Allowance,
        *,
        posts: int = 64,
        gets: int = 64,
        submit: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.allowance, self.submit_timeouts = allowance, submit or Timeouts()
        self.origin = origin_of(httpx.URL(base_url))
        context, permits = context or tls_context(), allowance.permits(httpx.URL(base_url))
        self.post_slots = asyncio.Semaphore(posts)
        self.posts = _client(LaneTransport(posts, permits, context, keep_alive=False))
        self.gets = _client(LaneTransport(gets, permits, context, keep_alive=True))

    @asynccontextmanager
    async def post_lane(self) -> AsyncIterator[None]:
        """Hold a lane for a POST before its intent is written; NotTaken when none gets free in time."""
        try:
            async with asyncio.timeout(POOL_WAIT):
                await self.post_slots.acquire()
        except TimeoutError as error:
            raise NotTaken("All lines to the provider are in use.") from error
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

    async def _send(self, client: httpx.AsyncClient, call: HttpCall, timeouts: Timeouts) -> Answer:
        try:
            self._check(httpx.URL(call.url))
            request = _request(client, call, timeouts)
            async with asyncio.timeout(timeouts.total):
                answer = await _read(await client.send(request, stream=True))
            return _without_secrets(answer, call)
        except DialectError:
            raise
        except Exception as error:
            raise named(error) from error

    def _check(self, url: httpx.URL) -> None:
        """Calls carry the key, so they go to the provider's own origin only."""
        if origin_of(url) != self.origin:
            raise Misconfigured("The call leads away from the provider's own address.")
        if not self.allowance.permits_url(url):
            raise Misconfigured("The provider's address is not allowed: use https.")


@asynccontextmanager
async def open_door(base_url: str, allowance: Allowance) -> AsyncIterator[Door]:
    """A door for a single visit, closed behind."""
    door = Door(base_url, allowance, posts=1, gets=1)
    try:
        yield door
    finally:
        await door.aclose()


def named(error: BaseException) -> DialectError:
    """What a failure on the way means: nothing left, an admin's matter, or no one knows."""
    causes = _chain(error)
    detail = f"{type(error).__name__}: {error}"
    if any(isinstance(cause, ForbiddenAddress) for cause in causes):
        return Misconfigured("The provider's address is not allowed.", detail=str(error))
    if any(isinstance(cause, BadCertificate) for cause in causes):
        return Misconfigured("The provider's certificate does not verify.", detail=str(error))
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return Misconfigured("The provider's address is not usable.", detail=detail)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return NotTaken("The provider cannot be reached.", detail=detail)
    return NeverHeard("The connection broke before an answer came.", detail=detail)


def _client(transport: LaneTransport) -> httpx.AsyncClient:
    headers = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, headers=headers)


def _request(client: httpx.AsyncClient, call: HttpCall, timeouts: Timeouts) -> httpx.Request:
    """The call as a request, or Misconfigured without a word of the header that no header can be."""
    if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
        raise Misconfigured("The provider's key holds characters that no key has.")
    return client.build_request(
        call.method, call.url, headers=dict(call.headers), json=call.json, timeout=timeouts.for_httpx()
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
        raise NeverHeard("The provider's answer is too long.", detail=f"HTTP {response.status_code}, endless")


def _unpacked(response: httpx.Response, body: bytes) -> bytes:
    """The body as it was before packing. A few bytes may unpack to gigabytes, so no more than the limit is made."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing == "identity" or not body:
        return body
    if packing not in {"gzip", "deflate"}:
        raise NeverHeard("The provider's answer came packed, which was not asked for.", detail=packing[:60])
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    plain = unpacking.decompress(body, ANSWER_LIMIT + 1)
    _check_length(len(plain), response)
    return plain


def _without_secrets(answer: Answer, call: HttpCall) -> Answer:
    """The answer with our own key blotted out: some providers repeat it in an error, which is shown and logged."""
    kept, body = dict(answer.headers), answer.body
    values = [value for name, value in call.headers.items() if name.lower() not in {"accept", "content-type"}]
    for secret in (word for value in values for word in value.split() if len(word) >= SECRET_LENGTH):
        body = body.replace(secret.encode(), "•••".encode())
        kept = {name: value.replace(secret, "•••") for name, value in kept.items()}
    return replace(answer, headers=kept, body=body)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found

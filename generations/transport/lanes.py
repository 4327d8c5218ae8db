"""An httpx transport of one-connection lanes.

httpcore's pool walks its whole connection list, twice nested, for every request and every close, so many connections
cost milliseconds of CPU a request. Here each lane is one httpcore connection behind a semaphore: the open sockets equal
the real concurrency, and `lanes` is the cap.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache, partial

import httpcore
import httpx

from generations.transport.guard import GuardedBackend, Permits

# httpcore tries `import sniffio` for every lock it makes; where it is not installed each try walks sys.path.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

KEPT = 30.0  # seconds an idle connection may serve another request

ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
}


@cache
def tls_context() -> ssl.SSLContext:
    """One verifying TLS context for the process; building it is the costly part of a client."""
    return httpx.create_ssl_context(trust_env=False)


class _Body(httpx.AsyncByteStream):
    """An answer's body that gives its lane back when closed, once."""

    def __init__(self, inner: AsyncIterator[bytes], release: Callable[[], Awaitable[None]]) -> None:
        self.inner, self.release, self.is_open = inner, release, True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.inner:
                yield chunk
        except Exception as error:
            raise _translated(error, None) from error

    async def aclose(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        try:
            await self.inner.aclose()  # type: ignore[attr-defined]
        finally:
            await self.release()


class LaneTransport(httpx.AsyncBaseTransport):
    """At most `lanes` requests at once, each on a connection of its own; `keep_alive` keeps them for the next one.

    A submit must not use a kept connection: a stale one looks just like a lost answer.
    """

    def __init__(self, lanes: int, permits: Permits, context: ssl.SSLContext, *, keep_alive: bool) -> None:
        self.context, self.keep_alive = context, keep_alive
        self.backend = GuardedBackend(permits)
        self.kept: list[httpcore.AsyncHTTPConnection] = []
        self.slots = asyncio.Semaphore(lanes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._slot(request)
        connection: httpcore.AsyncHTTPConnection | None = None
        try:
            core = _core(request)
            connection = await self._connection(core.url.origin)
            answer = await connection.handle_async_request(core)
        except BaseException as error:
            await self._release(connection)
            if isinstance(error, Exception):
                raise _translated(error, request) from error
            raise
        stream = _Body(answer.stream, partial(self._release, connection))  # type: ignore[arg-type]
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def _slot(self, request: httpx.Request) -> None:
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                await self.slots.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no free lane", request=request) from error

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """A kept one that the other side has not closed, the last used first, or a new one."""
        while self.kept:
            connection = self.kept.pop()
            if connection.can_handle_request(origin) and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=self.context, keepalive_expiry=KEPT, network_backend=self.backend
        )

    async def _release(self, connection: httpcore.AsyncHTTPConnection | None) -> None:
        self.slots.release()
        if connection and self.keep_alive and connection.is_available():
            self.kept.append(connection)
        elif connection and not connection.is_closed():
            await connection.aclose()

    async def aclose(self) -> None:
        self.keep_alive = False  # whatever is under way closes when it ends
        while self.kept:
            await self.kept.pop().aclose()


def _core(request: httpx.Request) -> httpcore.Request:
    if request.url.scheme not in {"http", "https"}:
        raise httpcore.UnsupportedProtocol(f"{request.url.scheme} is neither http nor https")
    url = httpcore.URL(
        scheme=request.url.raw_scheme,
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(
        request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
    )


def _translated(error: Exception, request: httpx.Request | None) -> Exception:
    """httpcore's error as httpx's, keeping ours (a subclass) as the cause that the client reads."""
    for kind in type(error).__mro__:
        if kind in ERRORS:
            return ERRORS[kind](str(error), request=request)
    return error

"""An httpx transport of one-connection lanes.

httpcore walks its whole connection list, twice nested, for every request and every close, so a pool of many
connections costs milliseconds of CPU a request. Here each lane is a pool of one behind a semaphore: the open sockets
equal the real concurrency, and `lanes` is the cap.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from functools import cache

import httpcore
import httpx

from generations.transport.guard import GuardedBackend, Permits

# httpcore tries `import sniffio` for every lock it makes; where it is not installed each try walks sys.path.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

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

    def __init__(self, inner: AsyncIterator[bytes], release: Callable[[], None]) -> None:
        self.inner, self.release = inner, release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.inner:
                yield chunk
        except Exception as error:
            raise _translated(error, None) from error

    async def aclose(self) -> None:
        try:
            await self.inner.aclose()  # type: ignore[attr-defined]
        finally:
            release, self.release = self.release, lambda: None
            release()


class LaneTransport(httpx.AsyncBaseTransport):
    """At most `lanes` requests at once, each on a connection of its own; `keep_alive` keeps them for the next one.

    A submit must not use a kept connection: a stale one looks just like a lost answer.
    """

    def __init__(self, lanes: int, permits: Permits, context: ssl.SSLContext, *, keep_alive: bool) -> None:
        self.context, self.keep_alive = context, keep_alive
        self.backend = GuardedBackend(permits)
        self.free: list[httpcore.AsyncConnectionPool] = []
        self.all: list[httpcore.AsyncConnectionPool] = []
        self.slots = asyncio.Semaphore(lanes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                await self.slots.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no free lane", request=request) from error
        lane = self.free.pop() if self.free else self._new()

        def release() -> None:
            self.free.append(lane)
            self.slots.release()

        try:
            answer = await lane.handle_async_request(_core(request))
        except BaseException as error:
            release()
            if isinstance(error, Exception):
                raise _translated(error, request) from error
            raise
        stream = _Body(answer.stream, release)  # type: ignore[arg-type]
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def _new(self) -> httpcore.AsyncConnectionPool:
        lane = httpcore.AsyncConnectionPool(
            ssl_context=self.context,
            max_connections=1,
            max_keepalive_connections=1 if self.keep_alive else 0,
            keepalive_expiry=30,
            network_backend=self.backend,
        )
        self.all.append(lane)
        return lane

    async def aclose(self) -> None:
        for lane in self.all:
            await lane.aclose()


def _core(request: httpx.Request) -> httpcore.Request:
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

"""Telling a webhook: one POST to a guarded address, no redirects, bounded time, and what came of it in a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore
import httpx

from generations.contract.words import gettext_noop
from generations.transport.client import HEADERS, Timeouts
from generations.transport.guard import Allowance, BadCertificate, BadHandshake, ForbiddenAddress, UnknownName
from generations.transport.lanes import LaneTransport, tls_context

POST = Timeouts(connect=4, write=4, read=8, total=8)
READ_MOST = 64 << 10  # bytes of an answer that are read, so that a kind server is not cut off; none is kept
READ_FOR = 1.0  # seconds
REDIRECTS = gettext_noop("It answered {status}, and redirects are not followed.")
ANSWERED = gettext_noop("It answered {status}.")


@dataclass(frozen=True, slots=True)
class Posted:
    """The status that came back (0 when none did), and a sentence."""

    status: int
    sentence: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allowance: Allowance,
    *,
    timeouts: Timeouts = POST,
    context: ssl.SSLContext | None = None,
) -> Posted:
    """Send these bytes once. Never raises: what went wrong is the sentence, without a word of the address."""
    try:
        target = httpx.URL(url)
        if not allowance.permits_url(target):
            return Posted(0, gettext_noop("Its address is not allowed: use https."))
        async with asyncio.timeout(timeouts.total):
            return _told(await _send(target, body, headers, allowance, timeouts, context))
    except Exception as error:
        return Posted(0, _wrong(error))


async def _send(
    url: httpx.URL,
    body: bytes,
    headers: Mapping[str, str],
    allowance: Allowance,
    timeouts: Timeouts,
    context: ssl.SSLContext | None,
) -> int:
    lane = LaneTransport(1, allowance.permits(url), context or tls_context(), keep_alive=False)
    request = httpx.Request(
        "POST", url, headers={**HEADERS, **headers}, content=body, extensions=timeouts.extensions
    )  # fmt: skip
    try:
        response = await lane.handle_async_request(request)
        try:
            await _drain(response)
        finally:
            await response.aclose()
        return response.status_code
    finally:
        await lane.aclose()


async def _drain(response: httpx.Response) -> None:
    """The status is the answer; what comes after it is let through for politeness, a little, for a moment."""
    seen = 0
    with contextlib.suppress(Exception):
        async with asyncio.timeout(READ_FOR):
            async for chunk in response.aiter_raw():
                seen += len(chunk)
                if seen > READ_MOST:
                    return


def _told(status: int) -> Posted:
    if 300 <= status < 400:
        return Posted(status, REDIRECTS.format(status=status))
    if status == 410:
        return Posted(status, gettext_noop("It answered 410: it wants no more."))
    return Posted(status, ANSWERED.format(status=status))


# Ours first: each is somewhere in the chain of what httpx raises.
SENTENCES: dict[type[BaseException], str] = {
    ForbiddenAddress: gettext_noop("Its name leads to a private address, which is not allowed."),
    UnknownName: gettext_noop("Its name is not known."),
    BadCertificate: gettext_noop("Its certificate does not verify."),
    BadHandshake: gettext_noop("TLS with it failed."),
    TimeoutError: gettext_noop("It did not answer in time."),
    httpx.TimeoutException: gettext_noop("It did not answer in time."),
    httpx.InvalidURL: gettext_noop("Its address is not usable."),
    httpx.UnsupportedProtocol: gettext_noop("Its address is not usable."),
    httpcore.ConnectError: gettext_noop("It cannot be reached."),
    httpx.ConnectError: gettext_noop("It cannot be reached."),
}


def _wrong(error: BaseException) -> str:
    chain: list[BaseException] = []
    below: BaseException | None = error
    while below is not None and below not in chain:
        chain.append(below)
        below = below.__cause__ or below.__context__
    found = (said for kind, said in SENTENCES.items() if any(isinstance(one, kind) for one in chain))
    return next(found, gettext_noop("The connection broke before an answer came."))

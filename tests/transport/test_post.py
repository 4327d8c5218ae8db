"""Telling a webhook: guarded like every call, no redirects, bounded, and never an error."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from generations.transport import Allowance, Posted, Timeouts, post
from tests.peer import Peer, Play, answering, closing, peer, self_signed, silent
from tests.transport.helpers import Lookups

BODY = '{"type":"test","said":"über"}'.encode()
PRIVATE = "Its name leads to a private address, which is not allowed."


def told(server: Peer, **more: Any) -> Posted:
    return asyncio.run(post(f"{server.url}/told", BODY, {"webhook-id": "msg_1"}, Allowance(server.url), **more))


def test_the_very_bytes_arrive() -> None:
    with peer(answering(204, b"")) as server:
        assert told(server) == Posted(204, "It answered 204.")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    assert head.startswith(b"POST /told HTTP/1.1")
    assert b"webhook-id: msg_1" in head


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with peer(answering(status, b"", "Location: /elsewhere")) as server:
        came = told(server)
    assert (came.ok, len(server.requests)) == (False, 1)
    assert came.sentence == f"It answered {status}, and redirects are not followed."


def drip(connection: socket.socket) -> None:
    """Answer 200 and never come to an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n.")
    connection.recv(1)


@pytest.mark.parametrize("play", [drip, answering(200, b"x" * (1 << 20))])
def test_the_status_is_the_answer_however_long_the_rest(play: Play) -> None:
    with peer(play) as server:
        assert told(server) == Posted(200, "It answered 200.")


def test_what_goes_wrong_is_a_sentence(tmp_path: Path) -> None:
    with peer(silent) as server:
        assert told(server, timeouts=Timeouts(total=0.2)).sentence == "It did not answer in time."
    with peer(closing) as server:
        assert told(server).sentence == "The connection broke before an answer came."
    assert told(server).sentence == "It cannot be reached."
    with peer(answering(200), self_signed(tmp_path)) as server:
        assert told(server).sentence == "Its certificate does not verify."


@pytest.mark.parametrize(
    ("url", "allowed", "sentence"),
    [
        ("http://hooks.example.com/", "", "Its address is not allowed: use https."),
        ("https://hooks.example.com/", "", PRIVATE),
        ("https://hooks.example.com/", "https://hooks.example.com:8443", PRIVATE),
        ("http://hooks.example.com/", "https://hooks.example.com", "Its address is not allowed: use https."),
        ("https://[::1/", "", "Its address is not usable."),
    ],
)
def test_only_public_https_or_the_one_allowed_origin_is_reached(url: str, allowed: str, sentence: str) -> None:
    async def go() -> Posted:
        asyncio.get_running_loop().getaddrinfo = Lookups(["127.0.0.1"])  # type: ignore[method-assign, assignment]
        return await post(url, BODY, {}, Allowance(allowed))

    assert asyncio.run(go()) == Posted(0, sentence)


def test_a_name_nobody_knows() -> None:
    async def go() -> Posted:
        gone = Lookups([], error=socket.gaierror("no such name"))
        asyncio.get_running_loop().getaddrinfo = gone  # type: ignore[method-assign, assignment]
        return await post("https://hooks.example.com/", BODY, {}, Allowance())

    assert asyncio.run(go()) == Posted(0, "Its name is not known.")

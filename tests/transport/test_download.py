"""Fetching a finished file: from wherever a provider says, hostile until proven otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import pytest

from generations.contract import DialectError, Misconfigured, NeverHeard, NotKnown
from generations.transport import Allowance, Bounds, Fetched, TooLarge, fetch
from tests.peer import answering, chunked, closing, in_turn, peer, truncated
from tests.transport.helpers import Lookups

FILE = os.urandom(700_000)
VIDEO = "Content-Type: video/mp4"


def test_a_file_arrives_whole_and_is_measured(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with peer(answering(200, FILE, VIDEO)) as server:
        fetched = download(server.url, tmp_path / "clip", told=told)
    assert (tmp_path / "clip").read_bytes() == FILE
    assert fetched == Fetched(len(FILE), hashlib.sha256(FILE).hexdigest())
    assert told
    assert told[0][1] == len(FILE)
    assert b"authorization" not in server.requests[0].lower()
    assert b"\r\naccept-encoding: identity\r\n" in server.requests[0].lower()


def test_a_file_of_unsaid_length_arrives_too(tmp_path: Path) -> None:
    with peer(chunked(FILE[:1000], FILE[1000:])) as server:
        assert download(server.url, tmp_path / "clip").size == len(FILE)


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    with peer(in_turn(answering(302, b"", "Location: /signed/clip.mp4"), answering(200, FILE))) as server:
        assert download(server.url, tmp_path / "clip").size == len(FILE)
        assert server.requests[1].startswith(b"GET /signed/clip.mp4 ")


@pytest.mark.parametrize("target", ["https://127.0.0.1:{port}/", "http://127.0.0.1:{port}/", "//localhost:{port}/"])
def test_a_redirect_is_judged_like_the_first_address(target: str, tmp_path: Path) -> None:
    with peer(answering(200, FILE)) as inside:
        with peer(answering(302, b"", f"Location: {target.format(port=inside.port)}")) as server:
            with pytest.raises(Misconfigured):
                download(server.url, tmp_path / "clip")
        assert inside.connections == 0


@pytest.mark.parametrize(
    "target", ["data:video/mp4;base64,AAAA", "javascript:alert(1)", "file:///etc/passwd", "ftp://h/"]
)
def test_only_web_addresses_are_fetched(target: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        download(target, tmp_path / "clip")
    with peer(answering(302, b"", f"Location: {target}")) as server, pytest.raises(Misconfigured):
        download(server.url, tmp_path / "clip")
    assert not (tmp_path / "clip").exists()


@pytest.mark.parametrize(
    "target", ["", "https://", "https://bad host/", "https://[::1/x", "clip.mp4", "https://h:99999/"]
)
def test_an_address_that_is_none_is_a_named_error(target: str, tmp_path: Path) -> None:
    with pytest.raises(DialectError):
        download(target, tmp_path / "clip")


def test_plain_http_is_refused_before_the_name_is_looked_up(tmp_path: Path) -> None:
    lookups = Lookups(["93.184.216.34"])

    async def hear(size: int, total: int) -> None: ...

    async def go() -> None:
        asyncio.get_running_loop().getaddrinfo = lookups  # type: ignore[method-assign, assignment]
        url = "http://files.example.com/clip.mp4"
        await fetch(url, tmp_path / "clip", Allowance(), Bounds(1, 5), progress=hear)

    with pytest.raises(Misconfigured, match="not allowed"):
        asyncio.run(go())
    assert lookups.names == []


def test_redirects_end(tmp_path: Path) -> None:
    with peer(answering(302, b"", "Location: /again")) as server:
        with pytest.raises(NeverHeard, match="too often"):
            download(server.url, tmp_path / "clip")
        assert len(server.requests) == 5


def test_a_redirect_to_nowhere_is_no_file(tmp_path: Path) -> None:
    with peer(answering(302, b"")) as server, pytest.raises(NeverHeard, match="HTTP 302"):
        download(server.url, tmp_path / "clip")


def test_a_file_that_says_it_is_too_large_is_not_begun(tmp_path: Path) -> None:
    with peer(answering(200, FILE)) as server, pytest.raises(TooLarge):
        download(server.url, tmp_path / "clip", limit=len(FILE) - 1)
    assert not (tmp_path / "clip").exists()


def test_a_file_that_turns_out_too_large_is_given_up(tmp_path: Path) -> None:
    with peer(chunked(FILE, FILE, FILE)) as server, pytest.raises(TooLarge):
        download(server.url, tmp_path / "clip", limit=300_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("play", [truncated, closing, lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r")])
def test_a_file_that_breaks_off_is_not_kept_for_whole(play: object, tmp_path: Path) -> None:
    def then_gone(connection: object) -> None:
        play(connection)  # type: ignore[operator]
        closing(connection)  # type: ignore[arg-type]

    with peer(then_gone) as server, pytest.raises(NeverHeard):
        download(server.url, tmp_path / "clip")


def test_a_packed_file_is_refused(tmp_path: Path) -> None:
    with peer(answering(200, FILE, "Content-Encoding: gzip")) as server, pytest.raises(NeverHeard, match="packed"):
        download(server.url, tmp_path / "clip")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    def trickle(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")  # type: ignore[attr-defined]
        for _ in range(9000):
            connection.sendall(b"a")  # type: ignore[attr-defined]
            time.sleep(0.02)

    with peer(trickle) as server, pytest.raises(NeverHeard, match="within"):
        download(server.url, tmp_path / "clip", seconds=0.3)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotKnown), (403, NotKnown), (410, NotKnown), (206, NeverHeard), (429, NeverHeard), (503, NeverHeard)],
)
def test_any_other_answer_is_no_file(status: int, kind: type[DialectError], tmp_path: Path) -> None:
    with peer(answering(status, FILE)) as server, pytest.raises(kind, match=f"HTTP {status}"):
        download(server.url, tmp_path / "clip")
    assert not (tmp_path / "clip").exists()


def test_what_the_listener_raises_comes_out_as_it_is(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    async def stop(size: int, total: int) -> None:
        raise Stopped

    with peer(answering(200, FILE)) as server:
        going = fetch(server.url, tmp_path / "clip", Allowance(server.url), Bounds(1 << 30, 5), progress=stop)
        with pytest.raises(Stopped):
            asyncio.run(going)


def download(
    url: str,
    into: Path,
    *,
    limit: int = 1 << 30,
    seconds: float = 20,
    least: int = 0,
    window: float = 60,
    told: list[tuple[int, int]] | None = None,
) -> Fetched:
    """Fetch from this address, which alone may be private."""

    async def hear(size: int, total: int) -> None:
        if told is not None:
            told.append((size, total))

    allowance = Allowance(url if url.startswith("http://127.") else "")
    return asyncio.run(fetch(url, into, allowance, Bounds(limit, seconds, least, window), progress=hear))

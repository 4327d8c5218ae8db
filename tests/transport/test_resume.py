"""Going on where a download broke off: with bytes that are surely of the same file, else cleanly from the start."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generations.contract import NeverHeard, NotKnown
from generations.transport import Allowance, Bounds, Fetched, TooLarge, fetch
from tests.peer import Peer, Play, answering, closing, in_turn, peer
from tests.transport.test_download import download

FILE = os.urandom(300_000)
HALF = 120_000
ETAG = '"v1"'
DATE = "Date: Fri, 20 Nov 2026 10:00:00 GMT"
OLD, JUST_NOW = "Thu, 19 Nov 2026 10:00:00 GMT", "Fri, 20 Nov 2026 10:00:00 GMT"


def broken(*headers: str, body: bytes = FILE, sent: int = HALF) -> Play:
    """Promise the whole file and break off."""
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]).encode()

    def play(connection: socket.socket) -> None:
        connection.sendall(head + body[:sent])
        closing(connection)

    return play


def rest(start: int = HALF, *headers: str, body: bytes = FILE, says: str = "", status: int = 206) -> Play:
    """The rest of the file as it should be, or with another Content-Range."""
    said = says or f"bytes {start}-{len(body) - 1}/{len(body)}"
    return answering(status, body[start:], f"Content-Range: {said}", *(headers or (f"ETag: {ETAG}",)))


def whole(*headers: str, body: bytes = FILE) -> Play:
    return answering(200, body, *(headers or (f"ETag: {ETAG}",)))


def in_two_tries(first: Play, *then: Play, path: Path) -> tuple[Fetched, Peer]:
    with peer(in_turn(first, *then)) as server:
        with pytest.raises(NeverHeard):
            download(f"{server.url}/a.mp4?sig=1", path)
        return download(f"{server.url}/a.mp4?sig=2", path), server


def asked(request: bytes) -> tuple[str, str]:
    """Range and If-Range of a request."""
    lines = dict(line.split(": ", 1) for line in request.decode().lower().split("\r\n")[1:] if ": " in line)
    return lines.get("range", ""), lines.get("if-range", "")


@pytest.mark.parametrize(
    ("known_by", "validator"),
    [(f"ETag: {ETAG}", ETAG), (f"Last-Modified: {OLD}", OLD.lower())],
    ids=["a strong ETag", "a Last-Modified"],
)
def test_the_next_try_asks_for_the_rest_only(known_by: str, validator: str, tmp_path: Path) -> None:
    fetched, server = in_two_tries(broken(known_by, DATE), rest(HALF, known_by), path=tmp_path / "clip")
    assert (tmp_path / "clip").read_bytes() == FILE
    assert fetched == Fetched(len(FILE), hashlib.sha256(FILE).hexdigest(), resumed=HALF)
    assert asked(server.requests[0]) == ("", "")
    assert asked(server.requests[1]) == (f"bytes={HALF}-", validator)


@pytest.mark.parametrize(
    "known_by",
    [
        (),
        ('ETag: W/"v1"',),
        ("ETag: v1",),
        ('ETag: ""',),
        (f"Last-Modified: {OLD}",),
        (f"Last-Modified: {JUST_NOW}", DATE),
        ("Last-Modified: yesterday", DATE),
    ],
    ids=["nothing", "a weak ETag", "no quotes", "an empty ETag", "no Date", "a change a moment ago", "no date at all"],
)
def test_a_file_that_cannot_be_told_from_another_is_fetched_anew(known_by: tuple[str, ...], tmp_path: Path) -> None:
    fetched, server = in_two_tries(broken(*known_by), whole(), path=tmp_path / "clip")
    assert (fetched.size, fetched.resumed, asked(server.requests[1])) == (len(FILE), 0, ("", ""))
    assert (tmp_path / "clip").read_bytes() == FILE


OTHER = os.urandom(280_000)
TOTAL = len(FILE)


@pytest.mark.parametrize(
    "answer",
    [
        rest(says=f"bytes 0-{TOTAL - 1}/{TOTAL}"),
        rest(says=f"bytes {HALF + 1}-{TOTAL - 1}/{TOTAL}"),
        rest(says=f"bytes {HALF}-{TOTAL - 2}/{TOTAL}"),
        rest(says=f"bytes {HALF}-{TOTAL}/{TOTAL + 1}"),
        rest(says=f"bytes {HALF}-{TOTAL - 1}/*"),
        rest(says="bytes */300000"),
        rest(says="nonsense"),
        rest(says=f"bytes {HALF}-{'9' * 400}/{'9' * 400}"),
        rest(HALF + 5, says=f"bytes {HALF}-{TOTAL - 1}/{TOTAL}"),
        rest(HALF, 'ETag: "v2"'),
        rest(HALF, 'ETag: W/"v1"'),
        rest(HALF, "X-No: etag"),
        answering(206, FILE[HALF:], f"ETag: {ETAG}"),
        answering(416, b"", f"Content-Range: bytes */{TOTAL}"),
        answering(416, b""),
    ],
    ids=[
        "a range from the start", "a byte too late", "a byte too short", "another length", "no length", "no range",
        "nonsense", "numbers without end", "fewer bytes than its range", "another ETag", "a weak ETag", "no ETag",
        "no Content-Range", "416 with a length", "416",
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_rest_starts_the_file_over(answer: Play, tmp_path: Path) -> None:
    new = whole(body=OTHER)
    fetched, server = in_two_tries(broken(f"ETag: {ETAG}"), answer, new, path=tmp_path / "clip")
    assert (tmp_path / "clip").read_bytes() == OTHER
    assert (fetched.sha256, fetched.resumed) == (hashlib.sha256(OTHER).hexdigest(), 0)
    assert [asked(request)[0] for request in server.requests] == ["", f"bytes={HALF}-", ""]


def test_a_changed_file_comes_whole_at_once(tmp_path: Path) -> None:
    fetched, server = in_two_tries(broken(f"ETag: {ETAG}"), whole('ETag: "v2"', body=OTHER), path=tmp_path / "clip")
    assert (fetched.resumed, len(server.requests)) == (0, 2)
    assert (tmp_path / "clip").read_bytes() == OTHER


def test_a_file_is_put_together_from_many_pieces(tmp_path: Path) -> None:
    def piece(start: int) -> Play:
        def play(connection: socket.socket) -> None:
            said = f"Content-Range: bytes {start}-{TOTAL - 1}/{TOTAL}\r\nETag: {ETAG}"
            head = f"HTTP/1.1 206 X\r\nContent-Length: {TOTAL - start}\r\n{said}\r\n\r\n"
            connection.sendall(head.encode() + FILE[start : start + 60_000])
            closing(connection)

        return play

    with peer(in_turn(broken(f"ETag: {ETAG}", sent=60_000), *map(piece, range(60_000, 240_000, 60_000)))) as server:
        for _ in range(4):
            with pytest.raises(NeverHeard):
                download(server.url, tmp_path / "clip")
        server.play = rest(240_000)
        assert download(server.url, tmp_path / "clip").sha256 == hashlib.sha256(FILE).hexdigest()


def test_a_file_that_was_whole_already_is_not_asked_for_again(tmp_path: Path) -> None:
    with peer(whole()) as server:
        first = download(server.url, tmp_path / "clip")
        again = download(server.url, tmp_path / "clip")
        assert len(server.requests) == 1
    assert (again.size, again.sha256) == (first.size, first.sha256)


def test_bytes_that_no_note_vouches_for_are_not_used(tmp_path: Path) -> None:
    """As a power cut leaves them: longer than what was seen through to the disk, and with nothing in it."""
    with peer(in_turn(broken(f"ETag: {ETAG}"), rest())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        with (tmp_path / "clip").open("ab") as file:
            file.write(bytes(50_000))
        assert download(server.url, tmp_path / "clip").sha256 == hashlib.sha256(FILE).hexdigest()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"source": 1}', "\x00", '{"kept": "many"}'])
def test_a_note_that_cannot_be_read_starts_the_file_over(note: str, tmp_path: Path) -> None:
    with peer(in_turn(broken(f"ETag: {ETAG}"), whole())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        (tmp_path / "clip.mark").write_text(note)
        assert download(server.url, tmp_path / "clip").resumed == 0
        assert asked(server.requests[1]) == ("", "")


def test_a_note_of_more_than_there_is_starts_the_file_over(tmp_path: Path) -> None:
    with peer(in_turn(broken(f"ETag: {ETAG}"), whole())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        note = json.loads((tmp_path / "clip.mark").read_text())
        (tmp_path / "clip.mark").write_text(json.dumps(note | {"kept": HALF + 1}))
        assert download(server.url, tmp_path / "clip").resumed == 0


def test_another_path_is_another_file(tmp_path: Path) -> None:
    with peer(in_turn(broken(f"ETag: {ETAG}"), whole())) as server:
        with pytest.raises(NeverHeard):
            download(f"{server.url}/a.mp4", tmp_path / "clip")
        assert download(f"{server.url}/b.mp4", tmp_path / "clip").resumed == 0
        assert asked(server.requests[1]) == ("", "")


def test_a_redirect_to_another_host_gets_no_range_and_starts_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Allowance, "permits_url", lambda self, url: True)
    monkeypatch.setattr(Allowance, "permits", lambda self, url: lambda host, address, port: True)
    secrets = {"Authorization": "Bearer sk-of-the-first"}
    with peer(in_turn(broken(f"ETag: {ETAG}"))) as first, peer(whole(body=OTHER)) as other:
        with pytest.raises(NeverHeard):
            get(first.url, tmp_path / "clip", secrets)
        first.play = answering(302, b"", f"Location: {other.url}/clip.mp4")
        fetched = get(first.url, tmp_path / "clip", secrets)
        (request,) = other.requests
    assert (asked(request), b"authorization" in request.lower()) == (("", ""), False)
    assert (fetched.resumed, (tmp_path / "clip").read_bytes()) == (0, OTHER)


def test_a_redirect_to_where_the_bytes_came_from_goes_on(tmp_path: Path) -> None:
    away = answering(302, b"", "Location: /signed/clip.mp4?until=9")
    with peer(in_turn(away, broken(f"ETag: {ETAG}"), away, rest())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        assert download(server.url, tmp_path / "clip").resumed == HALF
        assert [asked(request)[0] for request in server.requests] == ["", "", "", f"bytes={HALF}-"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (rest(HALF, f"ETag: {ETAG}", "Content-Encoding: gzip"), NeverHeard),
        (answering(200, gzip.compress(FILE), "Content-Encoding: gzip", f"ETag: {ETAG}"), NeverHeard),
        (answering(404, b""), NotKnown),
        (answering(403, b""), NotKnown),
        (answering(503, b""), NeverHeard),
    ],
    ids=["a packed rest", "a gzip bomb", "404", "403", "503"],
)
def test_what_came_so_far_outlives_a_bad_answer(answer: Play, kind: type[Exception], tmp_path: Path) -> None:
    with peer(in_turn(broken(f"ETag: {ETAG}"), answer, rest())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        with pytest.raises(kind):
            download(server.url, tmp_path / "clip")
        assert download(server.url, tmp_path / "clip").sha256 == hashlib.sha256(FILE).hexdigest()


def chunks(*parts: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Callable[[socket.socket], None]:
    """Chunks without an end."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for part in parts:
            connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        closing(connection)

    return play


def test_a_rest_that_never_ends_is_dropped(tmp_path: Path) -> None:
    head = f"HTTP/1.1 206 X\r\nContent-Range: bytes {HALF}-{TOTAL - 1}/{TOTAL}\r\nETag: {ETAG}\r\n".encode()
    with peer(in_turn(broken(f"ETag: {ETAG}"), chunks(FILE, FILE, FILE, head=head))) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip")
        with pytest.raises(NeverHeard, match="more than the 300000 bytes"):
            download(server.url, tmp_path / "clip")
    assert list(tmp_path.iterdir()) == []


def test_the_rest_of_a_file_too_large_is_not_begun(tmp_path: Path) -> None:
    with peer(in_turn(chunks(FILE[:HALF], head=f"HTTP/1.1 200 OK\r\nETag: {ETAG}\r\n".encode()), rest())) as server:
        with pytest.raises(NeverHeard):
            download(server.url, tmp_path / "clip", limit=HALF + 1)
        with pytest.raises(TooLarge):
            download(server.url, tmp_path / "clip", limit=HALF + 1)
    assert (tmp_path / "clip").stat().st_size == HALF


def test_a_file_that_only_drips_is_let_go_and_goes_on_later(tmp_path: Path) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {TOTAL}\r\nETag: {ETAG}\r\n\r\n".encode() + FILE[:HALF])
        for start in range(HALF, TOTAL):
            connection.sendall(FILE[start : start + 1])
            time.sleep(0.01)

    with peer(drip) as server:
        with pytest.raises(NeverHeard, match=r"too slowly: \d+ bytes in 0 s"):
            download(server.url, tmp_path / "clip", least=HALF + 1000, window=0.2)
        kept = json.loads((tmp_path / "clip.mark").read_text())["kept"]
        assert HALF <= kept < TOTAL
        server.play = rest(kept)
        assert download(server.url, tmp_path / "clip", least=1, window=0.2).resumed == kept


def get(url: str, into: Path, secrets: dict[str, str]) -> Fetched:
    async def hear(size: int, total: int) -> None: ...

    return asyncio.run(fetch(url, into, Allowance(url), Bounds(1 << 30, 20), progress=hear, secrets=secrets))

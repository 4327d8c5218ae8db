"""One provider's door: how many connections, which ones are kept, what an answer may be."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from generations.contract import Answer, DialectError, HttpCall, Misconfigured, NeverHeard, NotTaken
from generations.transport import Allowance, Door, Timeouts, client
from tests.peer import Play, answering, in_turn, peer

KEY = "sk-0123456789abcdef"
OK = answering(200, b'{"id": "gen_1"}')


def test_a_post_never_travels_on_a_kept_connection_and_gets_share_one() -> None:
    with peer(OK) as server:

        async def use(door: Door) -> None:
            for _ in range(3):
                await door.submit(call("POST", server.url))
            assert server.connections == 3
            for _ in range(3):
                await door.query(call("GET", server.url))
            assert server.connections == 4
            await door.submit(call("POST", server.url))
            assert server.connections == 5

        through(server.url, use)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_more_requests_are_under_way_than_there_are_lanes(method: str) -> None:
    with peer(after(0.02, OK)) as server:

        async def use(door: Door) -> None:
            send = door.query if method == "GET" else door.submit
            await asyncio.gather(*(send(call(method, server.url)) for _ in range(12)))

        through(server.url, use, posts=3, gets=3)
        assert (len(server.requests), server.busiest) == (12, 3)


def test_a_broken_request_gives_its_lane_back() -> None:
    with peer(in_turn(answering(200, b"a" * (2 << 20)), lambda c: c.close(), OK)) as server:

        async def use(door: Door) -> None:
            for _ in range(2):
                with pytest.raises(NeverHeard):
                    await door.query(call("GET", server.url))
            assert (await door.query(call("GET", server.url))).status == 200

        through(server.url, use, gets=1)


def test_a_post_without_a_free_lane_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "POOL_WAIT", 0.02)

    async def use(door: Door) -> None:
        async with door.post_lane():
            with pytest.raises(NotTaken):
                async with door.post_lane():
                    pass
        async with door.post_lane():
            pass

    through("https://api.example.com", use, posts=1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_of_an_api_call_is_never_followed(method: str, status: int) -> None:
    with peer(OK) as elsewhere, peer(answering(status, b"", f"Location: {elsewhere.url}/")) as server:
        answer = one(server.url, call(method, server.url))
        assert (answer.status, elsewhere.connections) == (status, 0)


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(OK) as proxy, peer(OK) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert one(server.url, call("GET", server.url)).status == 200
        assert proxy.connections == 0


def test_the_key_is_in_the_head_of_the_request_and_nowhere_else() -> None:
    with peer(OK) as server:
        one(server.url, call("POST", server.url))
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert f"authorization: Bearer {KEY}".encode() in head.replace(b"Authorization", b"authorization")
        assert KEY.encode() not in head.splitlines()[0] + body


def test_an_answer_is_handed_on_as_it_came() -> None:
    body = f'{{"id": "production-eu:{KEY}"}}'.encode()
    with peer(answering(200, body)) as server:
        made = HttpCall("POST", f"{server.url}/v1/videos", {"X-Workspace": "production-eu", "X-Key": KEY}, {})
        assert one(server.url, made).body == body


def test_what_went_wrong_on_the_way_is_told_without_the_key() -> None:
    with peer(answering(200, b"{}", f"Content-Encoding: {KEY}")) as server, pytest.raises(NeverHeard) as told:
        one(server.url, call("POST", server.url))
    assert told.value.detail == "•••"


@pytest.mark.parametrize("key", ["sk-schlüssel", "sk-two\r\nX-Injected: yes", "sk-\x00"])
def test_a_key_that_fits_no_header_needs_an_admin_and_nothing_is_sent(key: str) -> None:
    with peer(OK) as server:
        with pytest.raises(Misconfigured) as caught:
            one(server.url, HttpCall("POST", server.url, {"Authorization": f"Bearer {key}"}, {}))
        assert "sk-" not in str(caught.value) + caught.value.detail
        assert server.requests == []


def test_an_answer_is_asked_for_unpacked() -> None:
    with peer(OK) as server:
        one(server.url, call("GET", server.url))
        assert b"\r\naccept-encoding: identity\r\n" in server.requests[0].lower()


def test_an_answer_that_comes_packed_all_the_same_is_read() -> None:
    with peer(answering(200, gzip.compress(b'{"id": "gen_1"}'), "Content-Encoding: gzip")) as server:
        assert one(server.url, call("POST", server.url)).json() == {"id": "gen_1"}


@pytest.mark.parametrize("packing", ["br", "gzip, gzip", "compress"])
def test_an_answer_packed_in_another_way_is_unreadable(packing: str) -> None:
    with peer(answering(200, b"\x1b\x0e\x00\xf8", f"Content-Encoding: {packing}")) as server:
        with pytest.raises(NeverHeard):
            one(server.url, call("POST", server.url))


def test_an_answer_is_read_to_its_limit_only() -> None:
    with peer(answering(200, b'"' + b"a" * ((1 << 20) - 2) + b'"')) as server:
        assert len(one(server.url, call("GET", server.url)).body) == 1 << 20
    with peer(answering(200, b'"' + b"a" * (1 << 20) + b'"')) as server:
        with pytest.raises(NeverHeard, match="too long"):
            one(server.url, call("GET", server.url))


def test_a_packed_answer_is_unpacked_to_its_limit_only() -> None:
    with peer(answering(200, gzip.compress(bytes(64 << 20)), "Content-Encoding: gzip")) as server:
        tracemalloc.start()
        try:
            with pytest.raises(NeverHeard, match="too long"):
                one(server.url, call("GET", server.url))
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


def test_an_answer_that_trickles_in_is_given_up() -> None:
    with peer(trickling) as server, pytest.raises(NeverHeard):
        one(server.url, call("POST", server.url), Timeouts(read=5, total=0.2))


def trickling(connection: object) -> None:
    """Each byte comes in time, the whole never does."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")  # type: ignore[attr-defined]
    for _ in range(1000):
        connection.sendall(b" ")  # type: ignore[attr-defined]
        time.sleep(0.02)


def after(seconds: float, play: Play) -> Play:
    def late(connection: object) -> None:
        time.sleep(seconds)
        play(connection)  # type: ignore[arg-type]

    return late


def call(method: str, url: str) -> HttpCall:
    body = {"prompt": "A fox"} if method == "POST" else None
    return HttpCall(method, f"{url}/v1/videos", {"Authorization": f"Bearer {KEY}"}, body)


def one(url: str, made: HttpCall, submit: Timeouts | None = None) -> Answer:
    """What a single call comes to, POST or GET."""
    answers: list[Answer | DialectError] = []

    async def use(door: Door) -> None:
        send = door.submit if made.method == "POST" else door.query
        answers.append(await send(made))

    through(url, use, submit=submit)
    assert isinstance(answers[0], Answer)
    return answers[0]


def through(
    url: str, use: Callable[[Door], Awaitable[None]], posts: int = 8, gets: int = 8, submit: Timeouts | None = None
) -> None:
    """Use a door to this address that may be private."""

    async def go() -> None:
        door = Door(url, Allowance(url), posts=posts, gets=gets, submit=submit)
        try:
            await use(door)
        finally:
            await door.aclose()

    asyncio.run(go())


def test_a_call_that_leads_elsewhere_is_not_made() -> None:
    async def use(door: Door) -> None:
        await door.query(call("GET", other.url))

    with peer(answering(200)) as mine, peer(answering(200)) as other:
        with pytest.raises(Misconfigured, match="away from the provider's own address"):
            through(mine.url, use)
        assert other.connections == 0

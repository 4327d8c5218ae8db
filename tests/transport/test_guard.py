"""Which addresses may be reached: every one is judged before a packet leaves."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl

import httpcore
import httpx
import pytest

from generations.contract import Answer, HttpCall, Misconfigured, NeverHeard, NotTaken
from generations.transport import Allowance, Door, Timeouts
from generations.transport.client import named
from generations.transport.guard import BadHandshake, _VerifyingStream, is_public
from tests.peer import answering, peer
from tests.transport.helpers import Lookups

NOT_PUBLIC = {
    "loopback": "127.0.0.1",
    "the far end of loopback": "127.255.255.254",
    "IPv6 loopback": "::1",
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "IPv6 unspecified": "::",
    "IPv4-mapped loopback": "::ffff:127.0.0.1",
    "IPv4-mapped metadata": "::ffff:169.254.169.254",
    "IPv4-compatible loopback": "::127.0.0.1",
    "IPv4-translated loopback": "::ffff:0:127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of 10/8": "64:ff9b::a00:1",
    "local-use NAT64": "64:ff9b:1::808:808",
    "6to4 of loopback": "2002:7f00:1::1",
    "6to4 of 192.168/16": "2002:c0a8:101::1",
    "Teredo of loopback": "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "cloud metadata": "169.254.169.254",
    "IPv6 link-local": "fe80::1",
    "IPv6 cloud metadata": "fd00:ec2::254",
    "site-local": "fec0::1",
    "unique local": "fc00::1",
    "10/8": "10.0.0.1",
    "172.16/12": "172.31.255.255",
    "192.168/16": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "protocol assignments": "192.0.0.8",
    "benchmarking": "198.19.0.1",
    "6to4 relay": "192.88.99.1",
    "documentation": "192.0.2.1",
    "more documentation": "203.0.113.9",
    "IPv6 documentation": "2001:db8::1",
    "newer IPv6 documentation": "3fff::1",
    "multicast": "224.0.0.1",
    "global multicast": "233.252.0.1",
    "IPv6 multicast": "ff0e::1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "discard only": "100::1",
    "segment routing": "5f00::1",
    "not allotted to anybody": "4000::1",
}
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]

# Ways to write 127.0.0.1 in a URL.
SPELLINGS = [
    "127.0.0.1", "localhost", "LOCALHOST", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "0", "[::1]", "[::]",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_an_address_that_leads_inside_or_nowhere_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    with peer(answering(200)) as server:
        with pytest.raises(Misconfigured):
            asyncio.run(ask(f"https://{host}:{server.port}", Allowance()))
        assert server.connections == 0


@pytest.mark.parametrize("addresses", [["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"]])
def test_a_name_with_one_private_address_is_refused_as_a_whole(addresses: list[str]) -> None:
    with peer(answering(200)) as server:
        with pytest.raises(Misconfigured, match="not allowed"):
            asyncio.run(ask(f"https://two-faced.example:{server.port}", Allowance(), Lookups(addresses)))
        assert server.connections == 0


def test_a_name_is_looked_up_once_and_the_judged_address_is_used() -> None:
    with peer(answering(200)) as server:
        origin, lookups = f"http://studio.example:{server.port}", Lookups(["127.0.0.1"])
        answer = asyncio.run(ask(origin, Allowance(origin), lookups))
        assert (answer.status, server.connections, lookups.names) == (200, 1, ["studio.example"])
        assert f"host: studio.example:{server.port}".encode() in server.requests[0].lower()


def test_plain_http_is_refused_before_the_name_is_looked_up() -> None:
    lookups = Lookups(["93.184.216.34"])
    with pytest.raises(Misconfigured, match="https"):
        asyncio.run(ask("http://api.example.com", Allowance(), lookups))
    assert lookups.names == []


@pytest.mark.parametrize(
    "elsewhere",
    ["https://127.0.0.1:{port}", "http://localhost:{port}", "http://127.0.0.1:{other}", "http://127.0.0.1"],
    ids=["another scheme", "another name", "another port", "the scheme's own port"],
)
def test_a_private_address_is_allowed_for_exactly_its_scheme_host_and_port(elsewhere: str) -> None:
    with peer(answering(200)) as mine, peer(answering(200)) as other:
        allowance = Allowance(mine.url)
        assert asyncio.run(ask(mine.url, allowance)).status == 200
        with pytest.raises(Misconfigured):
            asyncio.run(ask(elsewhere.format(port=mine.port, other=other.port), allowance))
        assert (mine.connections, other.connections) == (1, 0)


def test_the_default_port_is_the_same_said_or_not() -> None:
    assert Allowance("http://10.0.0.5:80").permits_url(httpx.URL("http://10.0.0.5/v1"))
    assert not Allowance("http://10.0.0.5:8080").permits_url(httpx.URL("http://10.0.0.5/v1"))


def test_a_door_to_a_private_address_opens_no_other_private_one() -> None:
    judge = Allowance("https://10.0.0.5").permits(httpx.URL("https://files.example.com/clip.mp4"))
    assert not judge("files.example.com", ipaddress.ip_address("10.0.0.5"), 443)


def test_a_lookup_that_never_ends_is_given_up_and_nothing_was_sent() -> None:
    with pytest.raises(NotTaken):
        asyncio.run(ask("https://slow.example", Allowance(), Lookups([], hang=True), Timeouts(connect=0.05)))


def test_a_lookup_that_fails_means_nothing_was_sent() -> None:
    with pytest.raises(NotTaken):
        asyncio.run(ask("https://gone.example", Allowance(), Lookups([], error=socket.gaierror(-2, "unknown"))))


@pytest.mark.parametrize("origin", ["http://127.0.0.1:65536", "http://localhost:99999", "https://example.com:70000"])
def test_a_port_that_is_none_means_nothing_was_sent(origin: str) -> None:
    with pytest.raises(Misconfigured, match="not usable"):
        asyncio.run(ask(origin, Allowance(origin)))


@pytest.mark.parametrize("error", [OverflowError("port"), ExceptionGroup("two", [ValueError(), OSError()])])
def test_whatever_fails_before_a_connection_stands_means_nothing_was_sent(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*args: object, **how: object) -> None:
        raise error

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", fails)
    with pytest.raises(NotTaken):
        asyncio.run(ask("https://api.example.com", Allowance(), Lookups(["93.184.216.34"])))


@pytest.mark.parametrize("error", [httpcore.ConnectError("no"), ValueError("no name"), OSError("reset")])
def test_whatever_fails_in_a_handshake_means_nothing_was_sent(error: Exception) -> None:
    class Failing(httpcore.AsyncMockStream):
        async def start_tls(self, *args: object, **how: object) -> httpcore.AsyncNetworkStream:
            raise error

    with pytest.raises(BadHandshake):
        asyncio.run(_VerifyingStream(Failing([])).start_tls(ssl.create_default_context(), "a.example"))


def test_a_group_of_errors_means_what_the_worst_of_them_means() -> None:
    unsent, sent = httpx.ConnectError("refused"), httpx.ReadError("broken")
    assert isinstance(named(ExceptionGroup("one", [unsent])), NotTaken)
    assert isinstance(named(ExceptionGroup("two", [unsent, ExceptionGroup("inner", [sent])])), NeverHeard)


@pytest.mark.parametrize(
    "url", ["https://", "https://bad host/", "ftp://example.com/", "https://a..b/", "https://[::1/"]
)
def test_an_address_that_is_none_means_nothing_was_sent(url: str) -> None:
    with pytest.raises((Misconfigured, NotTaken)):
        asyncio.run(ask("https://api.example.com", Allowance(), Lookups([]), call=HttpCall("GET", url)))


async def ask(
    base_url: str,
    allowance: Allowance,
    lookups: Lookups | None = None,
    submit: Timeouts | None = None,
    call: HttpCall | None = None,
) -> Answer:
    if lookups:
        asyncio.get_running_loop().getaddrinfo = lookups  # type: ignore[method-assign, assignment]
    try:
        door = Door(base_url, allowance, submit=submit)
    except httpx.InvalidURL as error:
        raise Misconfigured(str(error)) from error
    try:
        return await door.submit(call or HttpCall("POST", f"{base_url}/v1/video/generations", json={}))
    finally:
        await door.aclose()

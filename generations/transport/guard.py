"""Which addresses may be reached, decided before any packet is sent.

The name is looked up here, EVERY address it leads to is judged, and the connection goes to a judged address; TLS still
verifies the name. A name that changes between check and use changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Permits = Callable[[str, Address, int], bool]

NAT64 = ipaddress.ip_network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that was ever allotted to anybody
# Ranges that `is_global` lets pass, or that lead somewhere else than they say.
DENIED = [
    ipaddress.ip_network(text)
    for text in ("2001:db8::/32", "3fff::/20", "192.0.0.0/24", "198.18.0.0/15", "192.88.99.0/24")
]


class ForbiddenAddress(httpcore.ConnectError):
    """The name leads to an address this caller may not reach. Nothing was sent."""


class UnknownName(httpcore.ConnectError):
    """The host's name leads nowhere. Nothing was sent."""


class UnusableAddress(httpcore.ConnectError):
    """No connection can be made to such an address at all: its port is no port, for one. Nothing was sent."""


class BadHandshake(httpcore.ConnectError):
    """The two sides found no way to talk in secret. Nothing was sent."""


class BadCertificate(httpcore.ConnectError):
    """The server's certificate does not verify. Nothing was sent."""


def is_public(address: Address) -> bool:
    """True for a globally reachable unicast address, seen through IPv4-mapped, 6to4, Teredo and NAT64 forms."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(inner)
        if address not in GLOBAL_UNICAST:
            return False
    if any(address.version == net.version and address in net for net in DENIED):
        return False
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one provider may reach: public https, and with `private_origin` exactly that scheme, host and port."""

    private_origin: str = ""

    def permits_url(self, url: httpx.URL) -> bool:
        return url.scheme == "https" or self._is_private_origin(url)

    def permits(self, url: httpx.URL) -> Permits:
        """The judge of addresses for connections made on behalf of this URL."""
        free = origin_of(url)[1:] if self._is_private_origin(url) else None
        return lambda host, address, port: (host, port) == free or is_public(address)

    def _is_private_origin(self, url: httpx.URL) -> bool:
        if not self.private_origin:
            return False
        mine = httpx.URL(self.private_origin)
        return origin_of(url) == origin_of(mine)


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port with the scheme's default port filled in."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up, judges all its addresses, connects to one of them: lookup and connects share one deadline."""

    def __init__(self, permits: Permits) -> None:
        self.permits = permits
        self.inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Whatever fails in here fails before a byte is sent, and is an httpcore.ConnectError or ConnectTimeout."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                stream = await self._first(addresses, port, timeout, local_address, socket_options)
                return _VerifyingStream(stream)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be reached in {timeout} s") from error
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            raise
        except Exception as error:
            raise httpcore.ConnectError(f"{host} could not be reached: {error!r}") from error

    async def _checked(self, host: str, port: int) -> list[Address]:
        if not 0 < port < 1 << 16:  # some resolvers take the rest of it for another port
            raise UnusableAddress(f"{port} is no port")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnknownName(f"name lookup of {host} failed: {error}") from error
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(info[4][0]).split("%")[0]) for info in found))
        for address in addresses:
            if not self.permits(host, address, port):
                raise ForbiddenAddress(f"{host} leads to {address}, which is not allowed")
        return addresses

    async def _first(
        self,
        addresses: list[Address],
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError("the name has no address")
        # Each address gets its share of the time: one that stays silent must not hide the next.
        share = timeout / len(addresses) if timeout and addresses else timeout
        for address in addresses:
            try:
                return await self.inner.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _VerifyingStream(httpcore.AsyncNetworkStream):
    """Tells a certificate that does not verify (an admin's matter) from a handshake that merely failed."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.inner = inner

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self.inner.start_tls(ssl_context, server_hostname, timeout)
        except Exception as error:  # whatever it is, no byte of the call was sent
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise BadCertificate(f"the certificate of {server_hostname} does not verify") from error
            raise BadHandshake(f"the TLS handshake with {server_hostname} failed: {error}") from error

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self.inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self.inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self.inner.aclose()

    def get_extra_info(self, info: str) -> object:
        return self.inner.get_extra_info(info)

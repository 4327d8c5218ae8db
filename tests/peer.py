"""A raw TCP peer that reads one request and then does just what a test says: answer, break off, stay silent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Play = Callable[[socket.socket], None]


@dataclass(frozen=True)
class ByPath:
    """A play for each beginning of a path; what is asked for beside them is not there."""

    plays: Mapping[str, Play]

    def chosen(self, request: bytes) -> Play:
        path = request.split(b" ", 2)[1].decode()
        return next((play for start, play in self.plays.items() if path.startswith(start)), answering(404))


class Peer:
    """`requests` are the raw requests that arrived, heads and bodies; `connections` counts what was opened.

    `busiest` is the largest number of requests that were being answered at the same time.
    """

    def __init__(self, play: Play | ByPath, context: ssl.SSLContext | None = None) -> None:
        self.play, self.context, self.requests = play, context, list[bytes]()
        self.connections = self.playing = self.busiest = 0
        self.lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while request := _read_request(connection):
                self.requests.append(request)
                with self._counted():
                    play = self.play.chosen(request) if isinstance(self.play, ByPath) else self.play
                    play(connection)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self.lock:
            self.playing += 1
            self.busiest = max(self.busiest, self.playing)
        try:
            yield
        finally:
            with self.lock:
                self.playing -= 1

    def close(self) -> None:
        # shutdown wakes the accept that close alone would leave asleep
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(v) for k, _, v in (line.partition(b":") for line in head.split(b"\r\n")[1:])
                   if k.lower() == b"content-length"), 0)  # fmt: skip
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(status: int, body: bytes = b"{}", *headers: str) -> Play:
    """Answer with this status and body, and keep the connection."""
    named = [f"Content-Length: {len(body)}", *headers]
    if not any(h.lower().startswith("content-type") for h in headers):
        named.append("Content-Type: application/json")
    head = "\r\n".join([f"HTTP/1.1 {status} X", *named, "", ""]).encode()
    return lambda connection: connection.sendall(head + body)


def chunked(*parts: bytes) -> Play:
    """Answer 200 without saying how long the body is going to be."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*parts, b""))
    return lambda connection: connection.sendall(head + body)


def in_turn(*plays: Play) -> Play:
    """A different play for each request, the last one for all that follow."""
    rest = list(plays)
    return lambda connection: (rest.pop(0) if len(rest) > 1 else rest[0])(connection)


def closing(connection: socket.socket) -> None:
    """Break off without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def silent(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(1)


def truncated(connection: socket.socket) -> None:
    """Promise more than is sent."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    connection.sendall(head + b'{"id": "gen')
    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def peer(play: Play | ByPath, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    server = Peer(play, context)
    try:
        yield server
    finally:
        server.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server context whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context

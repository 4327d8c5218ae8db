"""HTTP/1.1 on a socket: reads a request whole, asks for the reply, writes it as well or as badly as it wants."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO, ClassVar

from generations.sandbox.messages import FilePart, Reply, Request, text_reply

KEEP_LIMIT = 28 * 1024 * 1024  # bytes of a body that are kept
READ_LIMIT = 64 * 1024 * 1024  # bytes that are still read, so that the caller gets to hear the refusal
CHUNK = 256 * 1024
DRIP = 0.1  # seconds between two drops of a file that only drips
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?", re.ASCII)


class BodyError(Exception):
    """A request whose body cannot be told from the next request; the connection ends with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Handler(BaseHTTPRequestHandler):
    """One connection. Subclassed by the server with what to ask, whether to log and when to stop waiting."""

    answer: ClassVar[Callable[[Request], Reply]]  # a static method
    stopping: ClassVar[threading.Event]
    address: ClassVar[str]
    verbose: ClassVar[bool] = False

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120  # seconds of silence on a connection

    def version_string(self) -> str:
        return "SoraPortalSandbox"

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # the caller hung up; nobody is left to tell

    def respond(self) -> None:
        try:
            request = self._read()
        except BodyError as error:
            self.close_connection = True
            self._write(error.reply)
            return
        self._write(type(self).answer(request))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        if self.verbose:
            sys.stderr.write(f"{self.address_string()} {format % args}\n")

    def _read(self) -> Request:
        size = self._body_size()
        oversized = size > KEEP_LIMIT
        body = self._drain(size) if oversized else self.rfile.read(size)
        host = self.headers.get("Host", "")
        return Request(
            method=self.command,
            path=self.path.partition("?")[0],
            query=self.path.partition("?")[2],
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            origin=f"http://{host}" if HOST.fullmatch(host) else self.address,
            caller=self.client_address[0],
            oversized=oversized,
        )

    def _body_size(self) -> int:
        if "Transfer-Encoding" in self.headers:
            raise BodyError(text_reply(411, "Send a Content-Length."))
        written = self.headers.get("Content-Length", "0").strip()
        if not (written.isascii() and written.isdigit()):
            raise BodyError(text_reply(400, "Content-Length is no number."))
        return int(written)

    def _drain(self, size: int) -> bytes:
        """Read and forget; what is beyond all measure ends the connection."""
        left = min(size, READ_LIMIT)
        while left and (chunk := self.rfile.read(min(left, CHUNK))):
            left -= len(chunk)
        self.close_connection = self.close_connection or size > READ_LIMIT
        return b""

    def _write(self, reply: Reply) -> None:
        if reply.wait:
            self.stopping.wait(reply.wait)
        if reply.lost or self.stopping.is_set():
            self.close_connection = True
            return
        self._write_head(reply)
        if self.command == "HEAD":
            return
        if reply.file is None:
            self.wfile.write(reply.body)
        else:
            self._write_file(reply.file)

    def _write_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if reply.length is None:
            self.close_connection = True  # the end of the body is the end of the connection
        else:
            self.send_header("Content-Length", str(reply.length))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _write_file(self, part: FilePart) -> None:
        left = part.sent
        with part.path.open("rb") as source:
            source.seek(part.start)
            size = max(1, int(part.pace * DRIP)) if part.pace else CHUNK
            while left and not self.stopping.is_set() and (chunk := _chunk(source, min(left, size), part.repeated)):
                self.wfile.write(chunk)
                self.stopping.wait(DRIP if part.pace else 0)
                left -= len(chunk)
        if left or part.sent < (part.length or 0):
            self.close_connection = True  # fewer bytes than announced: the rest will never come


def _chunk(source: BinaryIO, left: int, repeated: bool) -> bytes:
    """The next bytes, at most `left`; from the start again at the end of a file that is repeated."""
    chunk = source.read(min(left, CHUNK))
    if not chunk and repeated:
        source.seek(0)
        chunk = source.read(min(left, CHUNK))
    return chunk


for _method in METHODS:
    setattr(Handler, f"do_{_method}", Handler.respond)  # the library looks for one function a method

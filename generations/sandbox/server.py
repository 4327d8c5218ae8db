"""The sandbox as one object: a socket, the threads behind it and their orderly end."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from generations.sandbox import front
from generations.sandbox.handler import Handler
from generations.sandbox.house import House
from generations.sandbox.messages import Reply, Request
from generations.sandbox.webhooks import Hook

DEFAULT_KEY = "sandbox"
STOP_LAG = 0.05  # seconds until the accepting thread notices a stop


class Sandbox:
    """A sandbox provider on `host`:`port` (0: any free port), running between `start` and `stop`.

    `data` keeps jobs and clips over a restart; without it they live in a temporary folder. `speed` divides every
    job's time. `clock` is for tests that travel in time. `webhook_url` gets the events of the OpenAI dialect,
    signed with `webhook_secret`.
    """

    def __init__(
        self,
        port: int = 0,
        key: str = DEFAULT_KEY,
        speed: float = 1.0,
        data: Path | str | None = None,
        *,
        host: str = "127.0.0.1",
        verbose: bool = False,
        clock: Callable[[], float] = time.time,
        webhook_url: str = "",
        webhook_secret: str = "",
    ) -> None:
        if not speed > 0:
            raise ValueError(f"The sandbox's speed must be above 0, not {speed}.")
        hook = Hook(webhook_url, webhook_secret) if webhook_url else None
        self._stopping = threading.Event()
        self._server = _Server((host, port), _bound(Handler, stopping=self._stopping, verbose=verbose))
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="sandbox-")
        folder = Path(self._temporary.name if self._temporary else data or "")
        self.house = House(folder, key, speed, clock, hook)
        self._server.introduce(self.url, self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(STOP_LAG,), daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Take up what an earlier process left, and answer from now on."""
        self.house.open()
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, cut every connection, give up the clip at hand and remove a temporary folder."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.house.close()
        if self._temporary:
            self._temporary.cleanup()

    @property
    def creates(self) -> int:
        """How many jobs were made, heard of or not."""
        return self.house.tally.creates

    @property
    def posts(self) -> int:
        """How often a create was asked for, whatever came of it."""
        return self.house.tally.posts

    def posts_for(self, prompt: str) -> int:
        """How often a create was asked for with exactly this prompt."""
        return self.house.tally.posts_for(prompt)

    def _answer(self, request: Request) -> Reply:
        return front.answer(request, self.house)


def _bound(handler: type[Handler], **settings: Any) -> type[Handler]:
    """A handler class of this sandbox's own, since the library makes the instances."""
    return type("BoundHandler", (handler,), settings)


class _Server(ThreadingHTTPServer):
    """A thread a connection; remembers the connections so that a stop can cut them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        self._open: set[socket.socket] = set()
        self._handler = handler
        super().__init__(address, handler)

    def introduce(self, url: str, answer: Callable[[Request], Reply]) -> None:
        """Tell the connections to come what they are reached as and whom to ask."""
        self._handler.address = url
        self._handler.answer = staticmethod(answer)

    def server_bind(self) -> None:
        # Past the library's own step, which looks the host's name up and may hang where DNS does not answer.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A caller that hangs up is everyday life, and so is anything in the middle of a stop; the rest is our own
        # mistake and worth its traceback.
        if not (self._handler.stopping.is_set() or isinstance(sys.exception(), ConnectionError | TimeoutError)):
            super().handle_error(request, client_address)

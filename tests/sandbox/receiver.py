"""An address that takes POSTs: what a webhook's or a callback's receiver is in real life."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.sandbox.conftest import PATIENCE


@dataclass
class Receiver:
    """Keeps every POST. Answers with `answers` in turn, then 200 for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: queue.Queue[tuple[Mapping[str, str], bytes]] = field(default_factory=queue.Queue)

    def next(self) -> tuple[Mapping[str, str], bytes]:
        """The headers, in lower case, and the body of the next POST."""
        return self.heard.get(timeout=PATIENCE)


@contextmanager
def receiving(answers: Sequence[int] = ()) -> Iterator[Receiver]:
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/events"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()

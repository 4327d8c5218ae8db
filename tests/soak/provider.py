"""A provider that holds thousands of jobs and answers looks fast: plain HTTP on one asyncio loop, UniAll's shape."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator


class FastProvider:
    """Answers any look. `seen` is when each job was last looked at (monotonic seconds); `posts` counts other calls.

    `status` is what it says of every job.
    """

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.looks = self.posts = 0
        self.status = "in_progress"
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as many requests as it likes."""
        # A stop cancels whoever waits for a request.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b" ", 2)))
        writer.close()

    def _answer(self, words: list[bytes]) -> bytes:
        if words[0] != b"GET":
            self.posts += 1
            return b"HTTP/1.1 500 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        remote_id = words[1].rpartition(b"/")[2].decode()
        self.seen[remote_id], self.looks = time.monotonic(), self.looks + 1
        said = {"id": remote_id, "status": self.status, "progress": 50}
        body = json.dumps(said | ({"error": {"message": "ended by the test"}} if self.status == "failed" else {}))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()


@contextlib.contextmanager
def fast_provider() -> Iterator[FastProvider]:
    """A running one, on a thread of its own."""
    provider, ready, stop = FastProvider(), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with await asyncio.start_server(provider.talk, "127.0.0.1", 0, backlog=1024) as server:
            provider.port = server.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield provider
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)

"""A provider that does nothing but answer fast and count exactly: the other side of every measurement.

It speaks the create and query calls of `openai_videos` (uniall's query is the same) as a bare asyncio protocol, so that
the shared core it runs on is left to what is measured. A second port accepts connections and never answers.

    python -m tests.bench.provider --seed 1

prints its ports as one JSON line, and its counts as another when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from tests.processes.harness import ROOT

LOOK_DELAY = (0.05, 0.3)  # seconds from a query to its answer
CREATE_DELAY = 0.3
VAGUE = 9  # percent; from ten on an engine may foretell the end, and look less often until then
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BACKLOG = 2048


@dataclass
class Counts:
    """What came in: when each create and each look arrived, by id, on the machine's monotonic clock."""

    creates: dict[str, float] = field(default_factory=dict)
    looks: dict[str, list[float]] = field(default_factory=dict)
    hung: int = 0

    def looks_between(self, start: float, end: float, prefix: str = "") -> int:
        """How many looks at ids that begin with `prefix` arrived from `start` to `end`."""
        mine = (times for name, times in self.looks.items() if name.startswith(prefix))
        return sum(start <= at < end for times in mine for at in times)


class Desk(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, counts: Counts, rng: random.Random) -> None:
        self.counts, self.rng = counts, rng
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.read += data
        while (end := self.read.find(b"\r\n\r\n") + 4) > 3:
            head = self.read[:end]
            found = LENGTH.search(head)
            end += int(found[1]) if found else 0
            if len(self.read) < end:
                return
            self.read = self.read[end:]
            self._answer(*head.split(b" ", 2)[:2])

    def _answer(self, method: bytes, path: bytes) -> None:
        now, name = time.monotonic(), path.rpartition(b"/")[2].decode()
        if method == b"POST":
            name = f"video_new{len(self.counts.creates):06d}"
            self.counts.creates[name] = now
            self._later(CREATE_DELAY, name, "queued", 0)
        else:
            times = self.counts.looks.setdefault(name, [])
            times.append(now)
            self._later(self.rng.uniform(*LOOK_DELAY), name, "in_progress", min(VAGUE, len(times)))

    def _later(self, delay: float, name: str, status: str, progress: int) -> None:
        body = (
            f'{{"id": "{name}", "object": "video", "model": "sora-2", "status": "{status}", "progress": {progress}, '
            '"created_at": 1750000000, "seconds": "8", "size": "1280x720", "error": null}'
        )
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        asyncio.get_running_loop().call_later(delay, self._write, (head + body).encode())

    def _write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


class Hole(asyncio.Protocol):
    """A connection on which nothing ever comes back."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def data_received(self, data: bytes) -> None:
        self.counts.hung += data.count(b"HTTP/1.1\r\n")


async def serve(seed: int) -> None:
    """Serve on two free ports until standard input ends."""
    counts, rng, loop = Counts(), random.Random(seed), asyncio.get_running_loop()
    desk = await loop.create_server(lambda: Desk(counts, rng), "127.0.0.1", 0, backlog=BACKLOG)
    hole = await loop.create_server(lambda: Hole(counts), "127.0.0.1", 0, backlog=BACKLOG)
    print(json.dumps([server.sockets[0].getsockname()[1] for server in (desk, hole)]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(asdict(counts)), flush=True)


class Provider:
    """A running fake provider: its two addresses, and its counts once `close` was called."""

    def __init__(self, seed: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.provider", "--seed", str(seed)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        port, hanging = json.loads(self.process.stdout.readline())
        self.url, self.hanging_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{hanging}"
        self.counts = Counts()

    def close(self) -> Counts:
        """End it and hear what it counted; a second time, the same again."""
        if self.process.returncode is None:
            self.counts = Counts(**json.loads(self.process.communicate()[0]))
        return self.counts


@contextmanager
def provider(seed: int = 1) -> Iterator[Provider]:
    running = Provider(seed)
    try:
        yield running
    finally:
        running.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=1)
    asyncio.run(serve(arguments.parse_args().seed))

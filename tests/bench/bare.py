"""The bare loop: the product's lanes under an httpx client, json.loads and a heap. No Django, no database.

Nothing that asks over httpx about each job at its time can cost much less, so the engine is measured by it.

    python -m tests.bench.bare --url http://127.0.0.1:9000 --jobs 1000 --seconds 20 --out sample.json
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import heapq
import json
import random
import sys
import time
from pathlib import Path

import httpx

from generations.transport import Allowance
from generations.transport.lanes import LaneTransport, tls_context
from tests.bench.ground import run_child
from tests.bench.meters import Lags, Sample, cpu_of_tree, peak_of_tree

NAME = "bare"
LANES = 512
TICK = 0.05  # seconds between two looks at the heap
HEADERS = {"Accept-Encoding": "identity", "Authorization": "Bearer sk-bench-0123456789"}


class Bare:
    """Asks about each of `jobs` jobs every `interval` seconds, give or take a tenth, from due time to due time."""

    def __init__(self, url: str, jobs: int, interval: float) -> None:
        self.url, self.interval = url, interval
        now = time.monotonic()
        self.due = [(now + interval * number / jobs, f"{NAME}-{number:06d}") for number in range(jobs)]
        self.rng, self.lags, self.errors = random.Random(1), Lags(), 0
        self.asking: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float) -> None:
        until, permits = time.monotonic() + seconds, Allowance(self.url).permits(httpx.URL(self.url))
        transport = LaneTransport(LANES, permits, tls_context(), keep_alive=True)
        async with httpx.AsyncClient(transport=transport, trust_env=False, headers=HEADERS, timeout=15) as client:
            while (now := time.monotonic()) < until:
                while self.due and self.due[0][0] <= now:
                    self._start(client, *heapq.heappop(self.due), now)
                await asyncio.sleep(TICK)
            await asyncio.gather(*self.asking)

    def _start(self, client: httpx.AsyncClient, due: float, name: str, now: float) -> None:
        self.lags.add(NAME, now, now - due)
        task = asyncio.create_task(self._ask(client, due, name))
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    async def _ask(self, client: httpx.AsyncClient, due: float, name: str) -> None:
        try:
            answer = await client.get(f"{self.url}/v1/videos/{name}")
            self.errors += json.loads(answer.content)["id"] != name
        except (httpx.HTTPError, ValueError):
            self.errors += 1
        heapq.heappush(self.due, (due + self.interval * self.rng.uniform(0.9, 1.1), name))


async def measure(url: str, jobs: int, interval: float, warm: float, seconds: float) -> Sample:
    """Run the loop, measured from `warm` seconds after its start for so many seconds."""
    bare = Bare(url, jobs, interval)
    running = asyncio.create_task(bare.run(warm + seconds + 0.1))
    await asyncio.sleep(warm)
    start, before = time.monotonic(), cpu_of_tree()
    await asyncio.sleep(seconds)
    end, after = time.monotonic(), cpu_of_tree()
    await running
    return Sample(start, end, after - before, *peak_of_tree(), bare.lags.between(start, end), bare.errors)


def run_bare(url: str, jobs: int, interval: float, warm: float, seconds: float, out: Path) -> Sample:
    """`measure` in a child process of its own."""
    words = {"url": url, "jobs": jobs, "interval": interval, "warm": warm, "seconds": seconds, "out": out}
    argv = [sys.executable, "-m", "tests.bench.bare"]
    return run_child([*argv, *(f"--{name}={value}" for name, value in words.items())], out)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--jobs", type=int, default=1000)
    arguments.add_argument("--interval", type=float, default=5)
    arguments.add_argument("--warm", type=float, default=6)
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--out", type=Path, required=True)
    chosen = arguments.parse_args()
    sample = asyncio.run(measure(chosen.url, chosen.jobs, chosen.interval, chosen.warm, chosen.seconds))
    chosen.out.write_text(json.dumps(dataclasses.asdict(sample)))

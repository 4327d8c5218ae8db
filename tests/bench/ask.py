"""A process that asks one installation for pages, as it is told line by line: what each costs here."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from tests.bench.ground import START
from tests.bench.meters import peak_of_tree
from tests.processes.harness import ROOT, Installation

CLIPS = ('data-key="', 'class="asked"')


class First(NamedTuple):
    """What does not change from one request to the next: rows shown, statements, and Python's memory in kB."""

    shown: int
    queries: int
    memory: float


class Asker:
    """Such a process, seen from the outside."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.into, self.out = cast("IO[str]", child.stdin), cast("IO[str]", child.stdout)

    def titles(self) -> list[tuple[str, bool]]:
        """Each page, and whether it is a search."""
        return [(title, is_search) for title, is_search in self._told("titles")]

    def first(self, page: int) -> First:
        return First(*self._told("first", page))

    def times(self, page: int, requests: int) -> list[tuple[float, float]]:
        """Of each request the ms it took, and the ms of CPU here and in the database's own process."""
        return [(took, cpu) for took, cpu in self._told("times", page, requests)]

    def peak(self) -> float:
        """The most this process ever held, in MB, Python and Django in it."""
        return float(self._told("peak"))

    def _told(self, *order: Any) -> Any:
        print(json.dumps(order), file=self.into, flush=True)
        return json.loads(self.out.readline())


@contextmanager
def asker(on: Installation, pages: str = "asked") -> Iterator[Asker]:
    """`pages` is the module of tests.bench that names them."""
    code = f"{START}from tests.bench import ask, {pages}; ask.serve({pages}.pages())"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=on.env, stdin=pipe, stdout=pipe, text=True
    ) as child:
        yield Asker(child)
        cast("IO[str]", child.stdin).close()


def serve(pages: list[Any]) -> None:
    """The process itself."""
    from generations.process import spare_collector

    spare_collector()  # as a web process does once it has loaded
    asks = Asks(pages)
    for line in sys.stdin:
        name, *values = json.loads(line)
        print(json.dumps(getattr(asks, name)(*values)), flush=True)


class Asks:
    """What `Asker` orders."""

    def __init__(self, pages: list[Any]) -> None:
        from django.test import Client

        from tests.bench.asked import people

        self.pages, self.clients = pages, {}
        known = people()
        for reader in {page.reader for page in pages}:
            self.clients[reader] = Client(headers={"host": "localhost"})
            self.clients[reader].force_login(known[reader])
        self.backend = _backend()

    def titles(self) -> list[tuple[str, bool]]:
        return [(page.title, page.is_search) for page in self.pages]

    def first(self, page: int) -> First:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._body(page)
        with CaptureQueriesContext(connection) as seen:
            body = self._body(page)
            asked = len(seen)  # before the next request forgets them
        tracemalloc.start()
        self._body(page)
        most = tracemalloc.get_traced_memory()[1] / 1024
        tracemalloc.stop()
        return First(sum(map(body.count, CLIPS)), asked, most)

    def times(self, page: int, requests: int) -> list[tuple[float, float]]:
        return [self._timed(page) for _ in range(requests)]

    def peak(self) -> float:
        return peak_of_tree()[0]

    def _timed(self, page: int) -> tuple[float, float]:
        start, spent = time.perf_counter(), self._spent()
        self._body(page)
        return (time.perf_counter() - start) * 1000, (self._spent() - spent) * 1000

    def _body(self, page: int) -> str:
        asked = self.pages[page]
        answer = self.clients[asked.reader].get(asked.url, asked.query)
        assert answer.status_code == 200, asked
        return str((b"".join(answer) if answer.streaming else answer.content).decode())

    def _spent(self) -> float:
        """Seconds of CPU so far: of this process, and of the database's that answers it."""
        other = int(self.backend.read_text().split()[0]) / 1e9 if self.backend else 0.0
        return time.process_time() + other


def _backend() -> Path | None:
    """Where the kernel tells of PostgreSQL's process for this connection; None on SQLite, or where it is elsewhere."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return told if told.exists() else None

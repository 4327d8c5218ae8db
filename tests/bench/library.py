"""How quickly the library answers, however large it is: `make bench-library`.

Libraries of several sizes are written to a database of their own. A member asks for each page many times through the
whole stack, templates too; the time is the server's own, and CPU that of the process that answers: on a busy machine it
says more. Peak memory is this process's, Python and Django in it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.bench.ground import DATABASES, START, installation, missing
from tests.bench.meters import peak_of_tree, percentile
from tests.bench.table import table, told
from tests.processes.harness import ROOT, Installation

SIZES = "1000,100000,1000000"
MOST = 150.0  # ms, p95
HEAD = ("page", "clips on it", "p50 ms", "p95 ms", "CPU ms", "queries")


def pages() -> dict[str, dict[str, Any]]:
    """Every page that is asked for: its name and its query."""
    from generations.models import Job, Provider, User
    from tests.bench.shelf import CHINESE, COMMON, MODELS, RARE, VOCABULARY

    jobs = Job.objects.count()
    people = User.objects.order_by("pk")
    busy, quiet = people[1], people[people.count() - 1]
    long_ago = timezone.localdate() - timedelta(minutes=jobs * 9 // 10)
    return {
        "first page": {},
        "as a list": {"view": "list"},
        "deep in it": {"after": cursor(jobs // 10)},
        "mine": {"whose": "mine"},
        "state: done": {"state": "done"},
        "state: unknown": {"state": "unknown"},
        "state: queued (none)": {"state": "queued"},
        "state: done, deep": {"state": "done", "after": cursor(jobs // 10)},
        "author, many clips": {"author": busy.pk},
        "author, few clips": {"author": quiet.pk},
        "provider": {"provider": Provider.objects.order_by("pk")[2].pk},
        "model": {"model": MODELS[-1]},
        "shape": {"orientation": "square"},
        "length": {"seconds": "12"},
        "tag, common": {"tag": "tag 0"},
        "tag, rare": {"tag": "tag 199"},
        "tag, deep": {"tag": "tag 0", "after": cursor(jobs // 10)},
        "favourites": {"favourite": "1"},
        "a week long ago": {"since": long_ago - timedelta(days=7), "until": long_ago},
        "author, model and shape": {"author": busy.pk, "model": MODELS[-1], "orientation": "portrait"},
        "search: rare word": {"q": RARE},
        "search: common word": {"q": COMMON},
        "search: common, deep": {"q": COMMON, "after": cursor(jobs // 10)},
        "search: in between": {"q": VOCABULARY[400]},
        "search: one letter": {"q": COMMON[0]},
        "search: three words": {"q": " ".join(VOCABULARY[n] for n in (0, 1, 70))},
        "search: Chinese word": {"q": CHINESE},
        "search: Chinese character": {"q": CHINESE[0]},
        "search: no such word": {"q": "nowhere"},
        "search: common word, few clips": {"q": COMMON, "author": quiet.pk},
        "search: tag and state": {"q": VOCABULARY[6], "tag": "tag 3", "state": "done"},
    }


def cursor(number: int) -> str:
    """The page after the job with this number, counted from the oldest."""
    from generations.models import Job
    from generations.services.paging import EPOCH, MICROSECOND

    job = Job.objects.get(pk=max(1, number))
    return f"{(job.created_at - EPOCH) // MICROSECOND}_{job.key}"


def seed(out: str, jobs: int) -> None:
    """Fill the library; how long that took, in seconds."""
    from tests.bench.shelf import fill

    start = time.perf_counter()
    fill(jobs)
    Path(out).write_text(json.dumps(time.perf_counter() - start))


def measure(out: str, requests: int) -> None:
    """The table's lines, and this process's peak in MB."""
    from django.test import Client

    from generations.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.order_by("pk")[0])
    lines = [_line(client, name, query, requests) for name, query in pages().items()]
    Path(out).write_text(json.dumps([lines, peak_of_tree()[0]]))


def _line(client: Any, name: str, query: dict[str, Any], requests: int) -> list[Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get("/library/", query)
    with CaptureQueriesContext(connection) as seen:
        body = client.get("/library/", query).content.decode()
        asked = len(seen)  # before the next request forgets them
    spent = time.process_time()
    times = [_timed(client, query) for _ in range(requests)]
    cpu = (time.process_time() - spent) / requests * 1000
    return [name, body.count("data-key="), percentile(times, 50), percentile(times, 95), cpu, asked]


def _timed(client: Any, query: dict[str, Any]) -> float:
    start = time.perf_counter()
    assert client.get("/library/", query).status_code == 200
    return (time.perf_counter() - start) * 1000


def inside(on: Installation, function: str, *values: Any) -> Any:
    """What a function of this module writes, run in a child on this installation."""
    out = on.data / "out.json"
    code = f"{START}from tests.bench import library; library.{function}({str(out)!r}, *{values!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=on.env, check=True)
    return json.loads(out.read_text())


def report(database: str, jobs: int, requests: int) -> None:
    with installation(database) as on:
        on.manage("collectstatic", "--no-input", "--verbosity", "0")
        seeded = inside(on, "seed", jobs)
        lines, peak = inside(on, "measure", requests)
    cells = [[name, str(clips), *(f"{ms:.0f}" for ms in times), str(n)] for name, clips, *times, n in lines]
    print(f"\n{database}, {jobs:,} jobs (written in {seeded:.0f} s)", table(HEAD, cells), sep="\n\n", flush=True)
    name, slowest = max(((line[0], line[3]) for line in lines), key=lambda each: each[1])
    print(told(f"p95 of every page at most {MOST:g} ms ({name}: {slowest:.0f} ms)", slowest <= MOST))
    print(f"        peak memory {peak:.0f} MB", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default=SIZES, help=f"jobs in the library ({SIZES})")
    arguments.add_argument("--requests", type=int, default=20, help="of each page")
    arguments.add_argument("--database", default=",".join(DATABASES), help="sqlite,postgresql")
    chosen = arguments.parse_args()
    for database in chosen.database.split(","):
        if why := missing(database):
            print(why)
            continue
        for size in chosen.sizes.split(","):
            report(database, int(size), chosen.requests)


if __name__ == "__main__":
    main()

"""How quickly the library and the prompt history answer, however large they are: `make bench-library`.

Libraries of several sizes are written to databases of their own. Members ask for each page many times through the whole
stack, templates too, of the sizes in turns: so a busy machine is as busy for each. Times are the server's own. CPU
is that of the process that answers and, on PostgreSQL, of the process there that answers it. Memory is the most Python
holds for one request. `--keep FOLDER` leaves the libraries for another time; PostgreSQL's are schemas portal_bench_*.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.ask import Asker, asker
from tests.bench.ground import DATABASES, START, installation, missing
from tests.bench.judge import Row, head, verdicts
from tests.bench.table import table
from tests.processes.harness import ROOT, Installation

SIZES = "1000,100000,1000000"


def seed(out: str, jobs: int) -> None:
    """Fill the library; how long that took, in seconds."""
    from tests.bench.shelf import fill

    start = time.perf_counter()
    fill(jobs)
    Path(out).write_text(json.dumps(time.perf_counter() - start))


def inside(on: Installation, function: str, *values: Any) -> Any:
    """What a function of this module writes, run in a child on this installation."""
    out = on.data / "out.json"
    code = f"{START}from tests.bench import library; library.{function}({str(out)!r}, *{values!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=on.env, check=True)
    return json.loads(out.read_text())


def seeded(on: Installation, jobs: int) -> None:
    """Fill this installation, unless it was kept since it was filled."""
    done = on.data / "seeded"
    if not done.exists():
        on.manage("collectstatic", "--no-input", "--verbosity", "0")
        print(f"{jobs:,} jobs written in {inside(on, 'seed', jobs):.0f} s", flush=True)
        done.touch()


class Target(NamedTuple):
    """What is measured: the module that names the pages, and how they are judged."""

    pages: str
    kind: type[Row]
    verdicts: Callable[[list[Row], str], Iterable[str]]


LIBRARY = Target("asked", Row, verdicts)


def measured(askers: list[Asker], rounds: int, requests: int, only: str = "", kind: type[Row] = Row) -> list[Row]:
    """Each page of each size, in turns."""
    titles = askers[0].titles()
    chosen = {number: kind(*title) for number, title in enumerate(titles) if only in title[0]}
    for number, row in chosen.items():
        row.firsts = [each.first(number) for each in askers]
        row.times = [[] for _ in askers]
    for _ in range(rounds):
        for number, row in chosen.items():
            for times, each in zip(row.times, askers, strict=True):
                times += each.times(number, requests)
    return list(chosen.values())


def report(database: str, sizes: list[int], chosen: argparse.Namespace, target: Target) -> None:
    print(f"\n{database}\n", flush=True)
    with ExitStack() as stack:
        askers = []
        for size in sizes:
            kept = f"{chosen.keep}/{database}_{size}" if chosen.keep else ""
            on = stack.enter_context(installation(database, kept))
            seeded(on, size)
            askers.append(stack.enter_context(asker(on, target.pages)))
        rows = measured(askers, chosen.rounds, chosen.requests, chosen.only, target.kind)
        peaks = ", ".join(f"{each.peak():.0f}" for each in askers)
    print(table(head(sizes), [row.cells(database) for row in rows]), *target.verdicts(rows, database), sep="\n")
    print(f"        peak memory of the process {peaks} MB", flush=True)


def main(said: str, target: Target) -> None:
    arguments = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default=SIZES, help=f"jobs in the library ({SIZES})")
    arguments.add_argument("--rounds", type=int, default=6, help="of all pages")
    arguments.add_argument("--requests", type=int, default=5, help="of each page in a round")
    arguments.add_argument("--database", default=",".join(DATABASES), help="sqlite,postgresql")
    arguments.add_argument("--only", default="", help="pages whose name holds this")
    arguments.add_argument("--keep", default="", help="a folder in which the libraries stay for another time")
    chosen = arguments.parse_args()
    for database in chosen.database.split(","):
        if why := missing(database):
            print(why)
            continue
        report(database, [int(size) for size in chosen.sizes.split(",")], chosen, target)


if __name__ == "__main__":
    main(__doc__ or "", LIBRARY)

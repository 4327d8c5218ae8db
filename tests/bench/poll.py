"""How well the engine asks about many jobs, beside the bare loop: `make bench-poll`.

Every loop runs in a process of its own against a fake provider of its own, one after the other, in several rounds; the
table shows medians. Nothing here fails on a slow machine: targets are printed as met or missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.bare import run_bare
from tests.bench.ground import DATABASES, installation, missing, plant, run_inside
from tests.bench.meters import Sample
from tests.bench.plan import Plan
from tests.bench.provider import Provider, provider
from tests.bench.table import HEAD, Figures, figures, middle, table, told

INTERVAL = 5.0
WARM = INTERVAL + 1  # every job was looked at once
HEALTHY, HANGING = "healthy", "hanging"
NEIGHBOURS = 1000, 500  # jobs of the healthy provider and of the hanging one
NEIGHBOUR_MOST = 1.2  # p95 lag beside the hanging one, times the one alone
NEIGHBOUR_HEAD = ("database", "p95 ms alone", "p95 ms beside", "times", "got alone", "got beside")


def measure_bare(jobs: int, seconds: float) -> Figures:
    with provider() as there, tempfile.TemporaryDirectory() as folder:
        sample = run_bare(there.url, jobs, INTERVAL, WARM, seconds, Path(folder) / "sample.json")
        polls = there.close().looks_between(sample.start, sample.end)
    return _tell(figures("bare", jobs, INTERVAL, sample, polls, None))


def measure_engine(database: str, jobs: int, seconds: float, bare: Figures) -> Figures:
    with provider() as there:
        sample = _engine(database, seconds, Plan(HEALTHY, there.url, jobs))
        polls = there.close().looks_between(sample.start, sample.end)
    return _tell(figures(database, jobs, INTERVAL, sample, polls, bare))


def measure_neighbour(database: str, seconds: float) -> tuple[Figures, Figures]:
    """The healthy provider's figures alone, and beside one that takes every call and never answers."""
    healthy, hanging = NEIGHBOURS
    with provider() as there:
        alone = _of_healthy(_engine(database, seconds, Plan(HEALTHY, there.url, healthy)), there)
    with provider() as there:
        plans = Plan(HEALTHY, there.url, healthy), Plan(HANGING, there.hanging_url, hanging)
        return alone, _of_healthy(_engine(database, seconds, *plans), there)


def _engine(database: str, seconds: float, *plans: Plan) -> Sample:
    with installation(database) as on:
        plant(on, *plans)
        return run_inside(on, "engine.measure_window", WARM, seconds)


def _of_healthy(sample: Sample, there: Provider) -> Figures:
    polls = there.close().looks_between(sample.start, sample.end, f"{HEALTHY}-")
    sample.lags = {HEALTHY: sample.lags.get(HEALTHY, [])}
    return _tell(figures(HEALTHY, NEIGHBOURS[0], INTERVAL, sample, polls, None))


def _tell(row: Figures) -> Figures:
    """Show a run that has just ended, apart from the tables: all of them take minutes."""
    print(" ".join(row.cells), file=sys.stderr, flush=True)
    return row


def main() -> None:
    chosen = _arguments()
    for why in filter(None, map(missing, chosen.databases)):
        print(why)
    databases = [name for name in chosen.databases if not missing(name)]
    if chosen.jobs:
        _compare(chosen.jobs, databases, chosen.seconds, chosen.rounds)
    if chosen.neighbour:
        _compare_neighbours(databases, chosen.seconds, chosen.rounds)


def _compare(sizes: list[int], databases: list[str], seconds: float, rounds: int) -> None:
    rows: list[Figures] = []
    for jobs in sizes:
        taken = []
        for _ in range(rounds):
            bare = measure_bare(jobs, seconds)
            taken.append([bare, *(measure_engine(name, jobs, seconds, bare) for name in databases)])
        rows += [middle(same) for same in zip(*taken, strict=True)]
    print(f"\n{seconds:g} s measured after {WARM:g} s, a look every {INTERVAL:g} s, median of {rounds}\n")
    print(table(HEAD, [row.cells for row in rows]))
    bares = {row.jobs: row for row in rows if row.name == "bare"}
    for row in rows:
        if row.name != "bare":
            print(f"\n{row.name}, {row.jobs:,} jobs", *row.verdicts(bares[row.jobs]), sep="\n")
    for bare in bares.values():
        if not bare.kept_up:
            print(f"\nThis machine was too busy: at {bare.jobs:,} jobs the bare loop itself got only {bare.got:.1f} %.")


def _compare_neighbours(databases: list[str], seconds: float, rounds: int) -> None:
    healthy, hanging = NEIGHBOURS
    lines, verdicts = [], []
    for database in databases:
        taken = [measure_neighbour(database, seconds) for _ in range(rounds)]
        alone, beside = (middle(same) for same in zip(*taken, strict=True))
        times = median(one.p95 / other.p95 for other, one in taken)
        lines.append([
            database, f"{alone.p95:.0f}", f"{beside.p95:.0f}", f"{times:.2f}", f"{alone.got:.1f} %",
            f"{beside.got:.1f} %",
        ])  # fmt: skip
        verdicts.append(told(f"{database}: at most {NEIGHBOUR_MOST:g} times ({times:.2f})", times <= NEIGHBOUR_MOST))
    print(f"\n{healthy:,} jobs at a healthy provider, alone and beside {hanging} at one that never answers\n")
    print(table(NEIGHBOUR_HEAD, lines), *verdicts, sep="\n")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=_sizes, default=[1000, 5000], help="sizes, separated by commas; 0 for none")
    arguments.add_argument("--seconds", type=float, default=20, help="measured seconds of each run")
    arguments.add_argument("--databases", type=_names, default=list(DATABASES), help="sqlite,postgresql")
    arguments.add_argument("--rounds", type=int, default=1, help="how often each run is made")
    arguments.add_argument("--neighbour", action=argparse.BooleanOptionalAction, default=True, help="the hanging one")
    return arguments.parse_args()


def _sizes(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if int(word)]


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(DATABASES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: choose from {', '.join(DATABASES)}")
    return names


if __name__ == "__main__":
    main()

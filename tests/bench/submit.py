"""How fast a queue is sent: `make bench-submit`.

All jobs are waiting when the engine starts. The clock stops when all of them are RUNNING in the database; the provider
takes 0.3 s for each create and counts them: as many as there are jobs, no more.
"""

from __future__ import annotations

import argparse

from tests.bench.ground import DATABASES, installation, missing, plant, run_inside
from tests.bench.meters import Sample
from tests.bench.plan import Plan
from tests.bench.provider import provider
from tests.bench.table import table, told

AUTHORS = 5
SECONDS_MOST = 15.0
GIVE_UP = 120.0
HEAD = ("database", "jobs", "seconds", "creates", "CPU s per 1,000", "peak MB", "errors")


def measure(database: str, jobs: int) -> tuple[Sample, int]:
    """The engine's sample, and how many creates reached the provider."""
    with provider() as there, installation(database) as on:
        plant(on, Plan("busy", there.url, jobs, state="queued", authors=AUTHORS))
        sample = run_inside(on, "engine.measure_submits", jobs, GIVE_UP)
        return sample, len(there.close().creates)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=int, default=500)
    arguments.add_argument("--databases", default=",".join(DATABASES), help="sqlite,postgresql")
    chosen = arguments.parse_args()
    lines, verdicts = [], []
    for database in chosen.databases.split(","):
        if why := missing(database):
            verdicts.append(why)
            continue
        sample, creates = measure(database, chosen.jobs)
        cpu = sample.cpu / chosen.jobs * 1000
        lines.append([
            database, f"{chosen.jobs:,}", f"{sample.seconds:.1f}", f"{creates:,}", f"{cpu:.2f}", f"{sample.peak:.0f}",
            f"{sample.errors}",
        ])  # fmt: skip
        within = f"{database}: within {SECONDS_MOST:g} s ({sample.seconds:.1f} s)"
        verdicts += [
            told(within, sample.seconds <= SECONDS_MOST),
            told(f"{database}: as many creates as jobs ({creates:,})", creates == chosen.jobs),
        ]
    print(table(HEAD, lines), *verdicts, sep="\n")


if __name__ == "__main__":
    main()

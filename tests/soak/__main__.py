"""python -m tests.soak: exit 0 when every promise held, 1 with the rows that broke one."""

from __future__ import annotations

import argparse
import random
import sys

from tests.processes.servers import NEEDED, servers_here
from tests.processes.stacks import Stack
from tests.soak.plan import Plan
from tests.soak.run import soak


def main() -> int:
    options = _parser().parse_args()
    plan = Plan(options.seconds, options.jobs, options.seed, Stack(options.stack), options.settle)
    if plan.stack.has_servers and not servers_here():
        print(NEEDED)
        return 2
    print(f"Soak with seed {plan.seed} on {plan.stack}: {plan.jobs} jobs, kills for {plan.seconds:g} s")
    verdict = soak(plan, lambda line: print(line, flush=True))
    print(f"\nSeed {plan.seed} on {plan.stack}\n{verdict}")
    return 1 if any(verdict.breaches.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long something is killed (default: 180)")
    parser.add_argument("--jobs", type=int, default=300, help="how many jobs are asked for (default: 300)")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="default: a new one each time")
    parser.add_argument("--stack", choices=list(Stack), default=Stack.SQLITE)
    parser.add_argument("--settle", type=float, default=240, help="seconds without kills at the end, at most")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""A soak from start to verdict."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from generations.sandbox import Sandbox
from tests.prepared import prepare
from tests.processes.harness import Installation
from tests.processes.judge import ENDED, Row, Verdict, judge
from tests.processes.stacks import Stacks, all_stacks
from tests.soak.keeper import Keeper
from tests.soak.people import Person, emails, make_people
from tests.soak.plan import FAILING, UNHEARD, Plan, directives, kill_times, wishes

Say = Callable[[str], None]
KEY = "k-of-the-soak"
SPEED = 12
SHORT = {"ENGINE_TURN": "20", "SUBMIT_LEASE": "10", "ARCHIVE_LEASE": "10"}
SET_UP = """
from generations.models import Provider
from generations.services.install import ensure_admin, ensure_sandbox
ensure_admin("admin@localhost", "a long enough passphrase")
ensure_sandbox({url!r}, {key!r})
Provider.objects.update(in_flight=50)
"""


def soak(plan: Plan, say: Say = print) -> Verdict:
    """Run the plan on a portal made for it. The verdict counts everything; it has a breach for each broken promise."""
    with tempfile.TemporaryDirectory(prefix="portal-soak-") as folder:
        with (
            all_stacks(prepare(Path(folder) / "prepared"), Path(folder)) as stacks,
            Sandbox(key=KEY, speed=SPEED) as sandbox,
        ):
            return _on(plan, _installed(plan, stacks, sandbox), sandbox, say)


def _installed(plan: Plan, stacks: Stacks, sandbox: Sandbox) -> Installation:
    installation = stacks.install(plan.stack, **SHORT)
    installation.python(SET_UP.format(url=sandbox.url, key=KEY))
    return installation


def _on(plan: Plan, installation: Installation, sandbox: Sandbox, say: Say) -> Verdict:
    provider, gave_up = make_people(installation), threading.Event()
    all_wishes = wishes(plan)
    people = [
        Person(installation.url, email, provider, [w for w in all_wishes if w.person == number], gave_up)
        for number, email in enumerate(emails())
    ]
    keeper = Keeper(installation, plan)
    try:
        for person in people:
            person.start()
        _kill(plan, keeper, installation, say)
        settled = _settle(plan, keeper, installation, people, say)
        gave_up.set()
        for person in people:
            person.join(30)
        keeper.stop()
        return _verdict(installation, sandbox, keeper, people, settled)
    finally:
        gave_up.set()
        keeper.end()


def _kill(plan: Plan, keeper: Keeper, installation: Installation, say: Say) -> None:
    began, told = time.monotonic(), 0.0
    times = kill_times(plan)
    due = next(times)
    while (now := time.monotonic() - began) < plan.seconds:
        keeper.tend()
        if now >= due:
            keeper.kill_one()
            due = next(times, plan.seconds)
        if now - told > 20:
            told = now
            say(f"{now:4.0f} s: {sum(keeper.kills.values())} kills, {_standing(installation)}")
        time.sleep(0.1)


def _settle(plan: Plan, keeper: Keeper, installation: Installation, people: list[Person], say: Say) -> float:
    """Let everything end in peace; how many seconds that took."""
    began = time.monotonic()
    say(f"No more kills: {_standing(installation)}")
    while (now := time.monotonic() - began) < plan.settle:
        keeper.tend()
        asking = any(person.is_alive() for person in people)
        if not asking and set(_states(installation)) <= set(ENDED):
            break
        time.sleep(0.5)
    say(f"Settled within {now:.0f} s: {_standing(installation)}")
    return now


def _states(installation: Installation) -> dict[str, int]:
    return dict(installation.rows("SELECT state, count(*) FROM generations_job GROUP BY state ORDER BY state"))


def _standing(installation: Installation) -> str:
    return ", ".join(f"{count} {state}" for state, count in _states(installation).items()) or "no jobs"


def _verdict(
    installation: Installation, sandbox: Sandbox, keeper: Keeper, people: list[Person], settled: float
) -> Verdict:
    def was_cut(row: Row) -> bool:
        return any(keeper.may_have_cut(sent.sent_at) for sent in row.sent) or bool(directives(row.prompt) & UNHEARD)

    def had_to_fail(row: Row) -> bool:
        return bool(directives(row.prompt) & FAILING)

    taken = [key for person in people for key in person.taken]
    verdict = judge(installation, sandbox, taken, may_fail=had_to_fail, may_be_unknown=was_cut)
    verdict.breaches["orphans"] += keeper.orphans
    wanted = sum(len(person.wishes) for person in people)
    if len(taken) < wanted:
        verdict.breaches["lost"].append(f"{wanted - len(taken)} forms were never taken")
    verdict.counts |= {"orphans": len(keeper.orphans), "forms sent": sum(person.tries for person in people)}
    verdict.counts |= {f"kills ({part})": count for part, count in sorted(keeper.kills.items())}
    verdict.counts |= {"starts of the portal": keeper.starts, "seconds to settle": round(settled)}
    return verdict

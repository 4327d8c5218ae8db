"""Every process of a running portal is killed in turn: no orphan stays, the engine looks, every queue works again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from generations.sandbox import Sandbox
from generations.sandbox.messages import Reply, Request
from tests.processes.harness import Installation, Running, portal, wait_for
from tests.processes.roles import alive, roles, shape, unburied

pytestmark = [pytest.mark.process]

LOOKS, WORKS, GONE = 12.0, 30.0, 5.0  # seconds: the engine looks again, a task is acknowledged, the killed are gone
CLUSTERS = ("portal", "engine", "archive")
A_FEW = ["engine worker", "portal worker idle", "archive main"]
# No part twice in a row: each has time to be well again in between.
EVERY_ROLE = [
    *["portal main", "engine main", "archive main", "web master"],
    *["portal sentinel", "engine sentinel", "archive sentinel", "web worker"],
    *["portal worker idle", "engine worker", "archive worker idle", "sandbox"],
    *["portal worker busy", "engine monitor", "archive worker busy"],
    *["portal monitor", "engine pusher", "archive monitor"],
    *["portal pusher", "archive pusher", "supervisor"],
]
JOBS = 8

SET_UP = """
import json
from django_q.signing import SignedPackage
from generations.models import User
from generations.services.compose import Ask, compose
from generations.services.providers import add_provider
slow = add_provider("Slow", "uniall", {url!r}, "k", allow_private=True, in_flight=50, poll_interval=0.5)
for number in range({jobs}):
    compose(User.objects.get(), Ask("Takes its time " + str(number), slow.pk, "sora2-landscape-8s", "k" + str(number)))
def packed(func, *args):
    return SignedPackage.dumps({{"id": "0" * 32, "name": "test", "func": func, "args": args, "kwargs": {{}},
        "started": None, "ack_failure": True}})
print(json.dumps({{"canary": packed("generations.tasks.canary", "engine"),
    "hold": packed("tests.processes.tasks.hold", {file!r}, 40)}}))
"""


class Counting(Sandbox):
    """A provider that counts how often it was asked how a job is going."""

    looks = 0

    def _answer(self, request: Request) -> Reply:
        self.looks += request.method == "GET"
        return super()._answer(request)


class Stage:
    """A portal with jobs under way at a provider of ours, and what it takes to see who is well."""

    def __init__(self, installation: Installation, running: Running, provider: Counting) -> None:
        self.installation, self.running, self.provider = installation, running, provider
        self.holding = installation.data / "holding"
        asked = SET_UP.format(url=provider.url, jobs=JOBS, file=str(self.holding))
        self.payloads: dict[str, str] = json.loads(installation.python(asked).splitlines()[-1])

    def victim(self, role: str) -> int:
        if role == "supervisor":
            return self.running.process.pid
        if role.endswith("busy"):
            self.holding.unlink(missing_ok=True)
            self.enqueue(role.split()[0], "hold")
            return int(wait_for(lambda: self.holding.exists() and self.holding.read_text(), "a busy worker"))
        return roles(self.running)[role.removesuffix(" idle")][0]

    def enqueue(self, cluster: str, what: str) -> None:
        row = (cluster, self.payloads[what], _now())
        with contextlib.closing(self._database()) as connection:
            connection.execute("INSERT INTO django_q_ormq (key, payload, lock) VALUES (?, ?, ?)", row)

    def acknowledged(self, cluster: str, since: str) -> bool:
        if cluster == "engine":  # nobody else sends it canaries
            self.enqueue(cluster, "canary")
            time.sleep(0.3)
        found = "SELECT 1 FROM generations_heartbeat WHERE name LIKE ? AND at > ?"
        return bool(self.installation.rows(found, f"canary:{cluster}@%", since))

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{self.installation.url}/accounts/login/", timeout=5).close()
            return True
        return False

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.installation.data / "portal.sqlite3", timeout=20, isolation_level=None)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.fixture
def stage(install: Callable[..., Installation]) -> Iterator[Stage]:
    # Short turns, so that the engine's own tasks are acknowledged while we watch.
    installation = install(ENGINE_TURN="2")
    with Counting(key="k", speed=0.01) as provider, portal(installation) as running:
        stage = Stage(installation, running, provider)
        wait_for(lambda: provider.creates == JOBS, "jobs under way", 60)
        wait_for(lambda: len(roles(running)) == 18 and all_work(stage, _now()), "a portal at work", 60)
        yield stage
        stage.running.interrupt()
        assert stage.running.ended() == 0


def all_work(stage: Stage, since: str) -> bool:
    return all(wait_for(partial(stage.acknowledged, cluster, since), f"{cluster} at work") for cluster in CLUSTERS)


def all_buried(stage: Stage) -> bool:
    return not unburied(stage.running.process.pid)


def doomed(stage: Stage, role: str) -> list[int]:
    """Who must be gone when this role was killed: all below it, and the others of a cluster whose chain was cut."""
    everybody = roles(stage.running)
    if role == "supervisor":
        return [pid for pids in everybody.values() for pid in pids]
    if role.startswith(("web", "sandbox")):
        return everybody[role] + (everybody["web worker"] if role == "web master" else [])
    cluster = role.split()[0]
    spared = set() if role.endswith("main") else {f"{cluster} main"}
    return [pid for name, pids in everybody.items() if name.startswith(cluster) and name not in spared for pid in pids]


def kill(stage: Stage, role: str) -> dict[str, float]:
    """Kill one process; seconds until the engine looks, each cluster acknowledges and the web server answers again."""
    before, victim = shape(stage.running), stage.victim(role)
    going = doomed(stage, role)
    os.kill(victim, signal.SIGKILL)
    since, began = _now(), time.monotonic()
    wait_for(lambda: not any(map(alive, going)), f"the end of all that {role} leaves behind", GONE)
    looks = stage.provider.looks
    if role == "supervisor":
        stage.running.process.wait()
        stage.running = again(stage.installation)
        since, began, looks = _now(), time.monotonic(), stage.provider.looks
    took: dict[str, float] = {}
    checks: dict[str, Callable[[], bool]] = {"looks": lambda: stage.provider.looks > looks}
    checks |= {cluster: partial(stage.acknowledged, cluster, since) for cluster in CLUSTERS}
    checks |= {"web": stage.answers, "all there": lambda: shape(stage.running) == before and all_buried(stage)}
    while len(took) < len(checks) and time.monotonic() - began < WORKS + 5:
        took |= {name: time.monotonic() - began for name in checks.keys() - took.keys() if checks[name]()}
        time.sleep(0.05)
    assert checks.keys() == took.keys(), f"{role}: no {checks.keys() - took.keys()}; {stage.running.said}"
    return took


def again(installation: Installation) -> Running:
    """The portal started anew, as a service manager would."""
    return Running(installation, [sys.executable, "manage.py", "portal"], Path(f"{installation.data}-again.log"))


def killed(stage: Stage, each: list[str]) -> Iterator[tuple[str, dict[str, float]]]:
    for role in each:
        took = kill(stage, role)
        assert took["looks"] < LOOKS, f"{role}: {took}; {stage.running.said}"
        assert max(took.values()) < WORKS, f"{role}: {took}"
        yield role, took


def test_a_killed_worker_and_a_killed_cluster_are_made_up_for(stage: Stage) -> None:
    assert len(list(killed(stage, A_FEW))) == len(A_FEW)


@pytest.mark.matrix
def test_every_process_may_be_killed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{'killed':<22}{'looks':>8}{'portal':>8}{'engine':>8}{'archive':>8}{'web':>8}{'all there':>11}")
        for role, t in killed(stage, EVERY_ROLE):
            columns = "".join(f"{t[name]:8.1f}" for name in ("looks", *CLUSTERS, "web"))
            print(f"{role:<22}{columns}{t['all there']:11.1f}", flush=True)
    assert stage.provider.creates == JOBS, "a job was sent twice"

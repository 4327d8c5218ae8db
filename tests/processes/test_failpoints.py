"""A process of the portal kills itself at the worst moments, on each stack: the portal recovers, nothing is paid twice.

A real portal, a real provider over HTTP, a real SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from generations.sandbox import Sandbox
from tests.conftest import needs
from tests.processes.harness import Installation, Running, portal, wait_for
from tests.processes.judge import judge, rows_of
from tests.processes.servers import NEEDED, servers_here
from tests.processes.stacks import Stack, Stacks

pytestmark = [pytest.mark.process]

AT_ONCE = 4
DELIVER = "from generations.services.kick import RUN_ENGINE, async_task; async_task(RUN_ENGINE, cluster='engine')"
SET_UP = """
from generations.services.install import ensure_admin, ensure_sandbox
ensure_admin("admin@localhost", "a long enough passphrase")
ensure_sandbox({url!r}, "k")
"""
ASK = """
from datetime import timedelta
from django.utils import timezone
from generations.models import Job, Provider, User
from generations.services.compose import Ask, compose
provider, author = Provider.objects.get(), User.objects.get()
compose(author, Ask({first!r}, provider.pk, "sora2-landscape-4s", "first"))
later = compose(author, Ask({later!r}, provider.pk, "sora2-landscape-4s", "later")).job
Job.objects.filter(pk=later.pk).update(not_before=timezone.now() + timedelta(days=1))
"""


@dataclass(frozen=True)
class Point:
    """Where a process dies, how often the provider then made the job, and how the job ends."""

    name: str
    creates: int
    end: str


POINTS = {
    point.name: point
    for point in (
        Point("before_intent", 1, "done"),  # nothing was promised: the next engine sends it
        Point("after_intent", 0, "unknown"),  # a false alarm, the price of never paying twice
        Point("after_post", 1, "unknown"),
        Point("after_save", 1, "done"),
        Point("mid_poll_write", 1, "done"),
        Point("mid_archive", 1, "done"),
    )
}
ALL = set(product(Stack, POINTS))
QUICK = {(Stack.SQLITE, "after_post")}
QUICK_ON_SERVERS = {(Stack.POSTGRESQL, "after_intent"), (Stack.REDIS, "mid_archive")}


@pytest.mark.smoke
def test_a_process_that_dies_loses_nothing_and_nothing_is_sent_twice(stacks: Stacks) -> None:
    die(stacks, QUICK | QUICK_ON_SERVERS if servers_here() else QUICK)
    needs(servers_here(), NEEDED)


@pytest.mark.matrix
def test_it_holds_at_every_point_on_every_stack(stacks: Stacks) -> None:
    needs(servers_here(), NEEDED)
    die(stacks, ALL - QUICK - QUICK_ON_SERVERS)


def die(stacks: Stacks, cases: set[tuple[Stack, str]]) -> None:
    """Play the cases, a few at a time: most of each is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda case: told_of(stacks, *case), sorted(cases)))
    assert not any(told), "\n\n".join(filter(None, told))


def told_of(stacks: Stacks, stack: Stack, name: str) -> str:
    """What went wrong in one case; empty when nothing did."""
    try:
        play(stacks, stack, POINTS[name])
    except AssertionError as error:
        return f"{name} on {stack}: {error}"
    return ""


def play(stacks: Stacks, stack: Stack, point: Point) -> None:
    installation = stacks.install(stack)
    first, later = f"Dies {point.name} on {stack}", f"Asked after {point.name} on {stack}"
    flag = installation.data / "died"
    with Sandbox(key="k", speed=20) as provider:
        installation.python(SET_UP.format(url=provider.url) + ASK.format(first=first, later=later))
        with portal(installation, PORTAL_FAILPOINT=f"{point.name}:{flag}") as running:
            wait_for(flag.exists, f"the death {point.name}", 60)
            installation.rows("UPDATE generations_job SET not_before = NULL")
            ends = {first: point.end, later: "done"}
            wait_for(lambda: {r.prompt: r.state for r in rows_of(installation)} == ends, f"{ends}\n{running.said}", 90)
        verdict = judge(installation, provider, ["first", "later"], may_be_unknown=lambda row: row.prompt == first)
        assert not any(verdict.breaches.values()), verdict
        assert len([job for job in provider.house.store.all() if job.order.prompt == first]) == point.creates
        compare_with_what_is_served(installation)


def compare_with_what_is_served(installation: Installation) -> None:
    """Every stored clip is, byte by byte, what the provider hands out."""
    for file in (file for row in rows_of(installation) for file in row.files):
        with urllib.request.urlopen(file.remote_url, timeout=20) as served:
            assert served.read() == Path(installation.data / "media" / file.clip).read_bytes(), file


@contextlib.contextmanager
def engine(installation: Installation, **env: str) -> Iterator[Running]:
    """The engine's cluster alone."""
    log = installation.data.parent / "engine.log"
    argv = [sys.executable, "manage.py", "cluster", "engine"]
    running = Running(installation, argv, log, Q_CLUSTER_NAME="engine", **env)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


@pytest.mark.matrix
def test_two_engines_at_once_send_each_job_once(install: Callable[..., Installation]) -> None:
    installation = install()
    with Sandbox(key="k", speed=0.05) as provider:
        installation.python(SET_UP.format(url=provider.url))
        installation.python("from generations.models import Provider; Provider.objects.update(in_flight=50)")
        make = "from generations.services.compose import *; from generations.models import *\n"
        make += "p = Provider.objects.get(); a = User.objects.get()\n"
        make += "[compose(a, Ask(f'Race {n}', p.pk, 'sora2-landscape-4s', f'race-{n}')) for n in range(20)]"
        installation.python(make)
        installation.python(f"{DELIVER}\n{DELIVER}")
        with engine(installation), engine(installation):
            wait_for(lambda: counted(installation, "running") == 20, "twenty running jobs")
        assert (provider.creates, provider.posts) == (20, 20)


def counted(installation: Installation, state: str) -> int:
    return int(installation.rows("SELECT count(*) FROM generations_job WHERE state = ?", state)[0][0])

"""The database or the broker goes away under a running portal and comes back: everything asked for ends well, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from generations.sandbox import Sandbox
from tests.conftest import needs
from tests.processes.harness import Installation, Running, portal, wait_for
from tests.processes.judge import judge, rows_of
from tests.processes.servers import NEEDED, own_redis, servers_here
from tests.processes.stacks import Stack, Stacks
from tests.soak.people import Person, emails, make_people
from tests.soak.plan import Wish
from tests.soak.run import SET_UP

pytestmark = [pytest.mark.process, pytest.mark.matrix]

SIGNED_IN = 1.0  # seconds until the first job is asked for
AHEAD = 6
MEANWHILE = 4
RENDERED_MEANWHILE = "[sandbox:slow=10]"
ANSWERED_MEANWHILE = "[sandbox:hang=3]"


@pytest.mark.parametrize(
    ("gone", "seconds"),
    [
        pytest.param({"postgresql", "redis"}, 6, id="both"),
        pytest.param({"postgresql"}, 30, id="postgresql", marks=pytest.mark.matrix),
        pytest.param({"redis"}, 30, id="redis", marks=pytest.mark.matrix),
    ],
)
def test_a_server_that_goes_away_for_a_while_loses_no_job(gone: set[str], seconds: float, stacks: Stacks) -> None:
    needs(servers_here(), NEEDED)
    with Sandbox(key="k", speed=15) as provider, own_redis() as redis:
        installation = stacks.install(Stack.POSTGRESQL, REDIS_URL=redis.url)
        installation.python(SET_UP.format(url=provider.url, key="k"))
        chosen = make_people(installation)
        servers = {"postgresql": stacks.postgresql, "redis": redis}
        away = [server for name, server in servers.items() if name in gone and server]
        with portal(installation) as running, leaving() as left:
            before = Person(installation.url, emails()[0], chosen, early(), left)
            meanwhile = Person(installation.url, emails()[1], chosen, during(seconds), left)
            meanwhile.sign_in()
            before.start()
            wait_for(lambda: in_flight(installation) == (AHEAD - 1, 1), "jobs in flight and a POST on its way", 60)
            for server in away:
                server.stop()
            meanwhile.start()
            time.sleep(seconds)
            for server in away:
                server.start()
            wait_for(lambda: len(meanwhile.taken) == MEANWHILE, "taking every form", 60)
            wait_for(lambda: ended(installation), f"every clip: {running.said[-3000:]}", 120)
            stopped_well(running)
        verdict = judge(installation, provider, [*before.taken, *meanwhile.taken])
        assert not any(verdict.breaches.values()), verdict
        assert verdict.counts["done"] == AHEAD + MEANWHILE
        assert "starting it again" not in running.said, running.said


def early() -> list[Wish]:
    """Jobs that render while the servers are away, and one whose POST is answered meanwhile."""
    plain = [
        Wish(SIGNED_IN, 0, uuid4().hex, f"Asked before {number} {RENDERED_MEANWHILE}") for number in range(AHEAD - 1)
    ]
    return [*plain, Wish(SIGNED_IN + 1.5, 0, uuid4().hex, f"Asked just before {ANSWERED_MEANWHILE}")]


def during(seconds: float) -> list[Wish]:
    """Jobs asked for while the servers are away."""
    return [Wish(seconds * n / MEANWHILE, 1, uuid4().hex, f"Asked meanwhile {n}") for n in range(MEANWHILE)]


@contextmanager
def leaving() -> Iterator[threading.Event]:
    """Whoever still asks at the end gives up."""
    left = threading.Event()
    try:
        yield left
    finally:
        left.set()


def in_flight(installation: Installation) -> tuple[int, int]:
    states = [row.state for row in rows_of(installation)]
    return states.count("running"), states.count("submitting")


def ended(installation: Installation) -> bool:
    return {row.state for row in rows_of(installation)} == {"done"}


def stopped_well(running: Running) -> None:
    running.interrupt()
    assert running.ended(60) == 0, running.said

"""The worker that sends is killed before, during and after the POST: the provider counts at most one create, always.

A real engine cluster, a real provider over HTTP, a real SIGKILL; then the same task is delivered again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from generations.sandbox import Sandbox
from tests.processes.harness import Installation, Running, wait_for

pytestmark = [pytest.mark.process]

DELIVER = "from generations.services.kick import RUN_ENGINE, async_task; async_task(RUN_ENGINE, cluster='engine')"
SET_UP = """
from generations.services.install import ensure_admin, ensure_sandbox
ensure_admin("admin@localhost", "a long enough passphrase")
ensure_sandbox({url!r}, "k")
"""


@contextlib.contextmanager
def engine(installation: Installation, **env: str) -> Iterator[Running]:
    log = installation.data.parent / "engine.log"
    argv = [sys.executable, "manage.py", "cluster", "engine"]
    running = Running(installation, argv, log, Q_CLUSTER_NAME="engine", **env)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


@pytest.mark.parametrize(
    ("point", "creates", "end"),
    [
        ("before_intent", 1, "running"),  # nothing was promised: the next engine sends it
        ("after_intent", 0, "unknown"),  # a false alarm, the price of never paying twice
        ("after_post", 1, "unknown"),
        ("after_save", 1, "running"),
    ],
)
def test_a_killed_submitter_never_sends_twice(
    point: str, creates: int, end: str, install: Callable[..., Installation]
) -> None:
    installation = install(SUBMIT_LEASE="2")
    flag = installation.data / "died"
    with Sandbox(key="k", speed=0.05) as provider:
        installation.python(SET_UP.format(url=provider.url))
        key = installation.generate(f"Killed {point}")
        with engine(installation, PORTAL_FAILPOINT=f"{point}:{flag}"):
            wait_for(flag.exists, "the death of the worker")
            installation.python(DELIVER + "\n" + DELIVER)
            wait_for(lambda: installation.state_of(key) == end, f"the state {end}")
        assert provider.creates == creates
        assert provider.posts == creates
    assert installation.rows("SELECT count(*) FROM generations_submission") == [(1,)]


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

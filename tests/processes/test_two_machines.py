"""Two machines share thousands of jobs in flight; one dies at once, and the other looks after all of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.processes.harness import Installation, Running, portal, wait_for
from tests.processes.servers import NEEDED, own_redis, servers_here
from tests.processes.stacks import Stack, Stacks
from tests.soak.provider import FastProvider, fast_provider
from tests.soak.tree import tree

pytestmark = [pytest.mark.process, pytest.mark.matrix]

JOBS = 2000
EVERY = 5.0  # seconds between two looks at a job
BACK_WITHIN = 90.0
LATE = 2.0
SEED = """
from datetime import timedelta
from random import uniform
from uuid import uuid4
from django.utils import timezone
from generations.models import Job, Prompt, Provider, State, Submission, User, Watch
from generations.models.prompt import text_hash
from generations.services.install import ensure_admin
from generations.services.providers import add_provider

ensure_admin("admin@localhost", "a long enough passphrase")
provider = add_provider("Fast", "uniall", {url!r}, "k", allow_private=True, poll_interval={every})
Provider.objects.update(in_flight=2 * {jobs})
now, author = timezone.now(), User.objects.get()
prompt = Prompt.objects.create(text="In flight", text_hash=text_hash("In flight"), author=author, last_run_at=now)
jobs = Job.objects.bulk_create(
    Job(author=author, prompt=prompt, provider=provider, provider_name="Fast", dialect="uniall", state=State.RUNNING,
        model="sora2-landscape-4s", aspect_ratio="16:9", seconds=4, state_since=now, compose_token=uuid4().hex,
        origin=provider.origin, token=uuid4())
    for _ in range({jobs})
)
Submission.objects.bulk_create(
    Submission(job=job, number=1, provider=provider, token=job.token, lease_until=now, sent_at=now,
               answered_at=now, outcome="accepted", remote_id=f"gen_{{job.pk}}")
    for job in jobs
)
Watch.objects.bulk_create(
    Watch(job=job, provider=provider, remote_id=f"gen_{{job.pk}}", dialect="uniall", origin=provider.origin, since=now,
          next_poll_at=now + timedelta(seconds=uniform(0, {every})))
    for job in jobs
)
"""
OVERDUE = "SELECT coalesce(max(extract(epoch FROM now() - next_poll_at)), 0) FROM generations_watch"


def test_the_second_machine_takes_over_two_thousand_jobs(stacks: Stacks) -> None:
    needs(servers_here(), NEEDED)
    with fast_provider() as provider, own_redis() as redis:
        first = stacks.install(Stack.POSTGRESQL, REDIS_URL=redis.url)
        first.python(SEED.format(url=provider.url, jobs=JOBS, every=EVERY))
        second = neighbour(first)
        with portal(first) as one, portal(second) as other:
            wait_for(lambda: len(provider.seen) == JOBS, "a look at every job", 120)
            wait_for(lambda: lag(first) < LATE, "a calm start", 60)
            victim, survivor = sorted((one, other), key=engine_time, reverse=True)
            died = kill_all(victim)
            print(curve(first, provider, died))
            assert victim.process.wait(10) == -signal.SIGKILL
            assert survivor.process.poll() is None
            assert counts(first) == (JOBS, JOBS, JOBS)
            provider.status = "failed"
            wait_for(lambda: counts(first) == (0, JOBS, 0), "an end of every job", 180)
        assert provider.posts == 0
        told = "SELECT count(*) FROM generations_jobevent WHERE state = 'failed' AND note LIKE '%ended by the test'"
        assert first.rows(told) == [(JOBS,)]


def neighbour(installation: Installation) -> Installation:
    """A second machine: its own folder with the same keys, its own ports, the same servers."""
    data = installation.data.parent / "neighbour"
    shutil.copytree(installation.data, data)
    same = ("DATABASE_URL", "REDIS_URL", "SANDBOX")
    return Installation(data, **{name: installation.env[name] for name in same})


def lag(installation: Installation) -> float:
    """By how many seconds the most overdue look is late."""
    return float(installation.rows(OVERDUE)[0][0])


def engine_time(running: Running) -> int:
    """How long this machine's engine has worked, in the kernel's ticks."""
    spent = 0
    for process in tree(running):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12]) if process.part == "engine" else 0
    return spent


def kill_all(running: Running) -> float:
    """Kill every process of a machine at once; when that was."""
    for process in tree(running):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return time.monotonic()


def curve(installation: Installation, provider: FastProvider, died: float) -> str:
    """Wait until everything is looked at again in time; what was seen on the way."""
    lines, looks, calm = [f"{'s':>5} {'lag':>7} {'looked at':>10} {'looks/s':>8}"], provider.looks, 0
    while (since := time.monotonic() - died) < BACK_WITHIN:
        late, again = lag(installation), sum(at > died for at in provider.seen.values())
        lines.append(f"{since:5.0f} {late:7.1f} {again:10} {(provider.looks - looks) / 2:8.0f}")
        looks, calm = provider.looks, calm + 1 if late < LATE and again == JOBS else 0
        if calm == 3:
            return "\n".join(lines)
        time.sleep(2)
    raise AssertionError("not back in time:\n" + "\n".join(lines))


def counts(installation: Installation) -> tuple[int, int, int]:
    """Jobs in flight, submissions, watches."""
    running = "SELECT count(*) FROM generations_job WHERE state = 'running'"
    sent = "SELECT count(*) FROM generations_submission"
    watched = "SELECT count(*) FROM generations_watch"
    flying, posts, watches = (int(installation.rows(sql)[0][0]) for sql in (running, sent, watched))
    return flying, posts, watches

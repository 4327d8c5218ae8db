"""The one command, as an operator meets it."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from generations.sandbox import Sandbox
from tests.processes.harness import Installation, Running, portal, wait_for

pytestmark = [pytest.mark.process]


Install = Callable[..., Installation]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.smoke
def test_a_job_lives_through_a_restart_and_every_process_ends(install: Install) -> None:
    installation = install(SANDBOX_SPEED="2", ENGINE_TURN="2")  # many turns of the engine, each enqueued by the last
    with portal(installation) as first:
        key = installation.generate("A kettle that sings [sandbox:slow=2]")
        wait_for(lambda: installation.state_of(key) == "running", "rendering")
        pids = first.descendants()
        assert len(pids) > 12
        first.interrupt()
        assert first.ended() == 0
        assert first.said.rstrip().endswith("Stopped.")
        wait_for(lambda: not any(map(alive, pids)), "the end of every process", 5)

    began = time.monotonic()
    with portal(installation) as second:
        assert "PORTAL_ADMIN_PASSWORD" not in second.said, "an admin was made twice"
        wait_for(lambda: installation.state_of(key) == "done", "the clip", 60)
        second.interrupt()
        assert second.ended() == 0
    assert time.monotonic() - began < 90
    assert installation.rows("SELECT count(*) FROM generations_submission") == [(1,)]


def test_a_post_in_flight_is_finished_though_every_process_is_told_to_stop_at_once(install: Install) -> None:
    """As by a service manager that signals the whole control group; telling the supervisor alone is the easier half."""
    installation = install()
    provider = "from generations.services.providers import add_provider\n"
    provider += "add_provider('Ours', 'uniall', {!r}, 'k', allow_private=True)"
    with Sandbox(key="k", speed=0.05) as ours, portal(installation) as running:
        installation.python(provider.format(ours.url))
        key = installation.generate("Slow to answer [sandbox:hang=4]", provider="Ours")
        wait_for(lambda: installation.state_of(key) == "submitting", "the POST")
        for pid in [*running.descendants(), running.process.pid]:
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: "Finishing 1 request" in running.said, "the notice")
        assert running.ended() == 0
        assert "ended by itself" not in running.said
    assert installation.state_of(key) == "running"
    assert installation.rows("SELECT count(*) FROM generations_submission") == [(1,)]


@pytest.mark.matrix
def test_a_second_ctrl_c_stops_now_and_the_outcome_is_unknown(install: Install) -> None:
    installation = install(SUBMIT_LEASE="2")
    with portal(installation) as running:
        key = installation.generate("Never answers [sandbox:hang=600]")
        wait_for(lambda: installation.state_of(key) == "submitting", "the POST")
        running.interrupt()
        wait_for(lambda: "Finishing 1 request" in running.said, "the notice")
        running.interrupt()
        assert running.ended(5) == 0
        assert "Stopped at once" in running.said
    with portal(installation) as again:
        wait_for(lambda: installation.state_of(key) == "unknown", "the truth about the lost answer")
        again.interrupt()
        again.ended()
    assert installation.rows("SELECT count(*) FROM generations_submission") == [(1,)]


@pytest.mark.matrix
def test_a_database_that_is_locked_for_long_loses_nothing_and_kills_nobody(install: Install) -> None:
    installation = install()
    with portal(installation) as running:
        key = installation.generate("Answered while nobody can write [sandbox:hang=2]")
        wait_for(lambda: installation.state_of(key) == "submitting", "the POST")
        with contextlib.closing(sqlite3.connect(installation.data / "portal.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(14)  # longer than the engine may be silent
            other.execute("ROLLBACK")
        wait_for(lambda: installation.state_of(key) == "done", "the clip", 60)
        assert "starting it again" not in running.said
        running.interrupt()
        running.ended()
    assert installation.rows("SELECT count(*) FROM generations_submission") == [(1,)]


@pytest.mark.matrix
def test_a_killed_engine_comes_back_and_its_job_goes_on(install: Install) -> None:
    installation = install(SANDBOX_SPEED="2")
    with portal(installation) as running:
        key = installation.generate("Goes on without its engine")
        wait_for(lambda: installation.state_of(key) == "running", "rendering")
        for pid in clusters(running, "engine"):
            with contextlib.suppress(ProcessLookupError):  # the others end with their leader
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: "The engine ended by itself; starting it again." in running.said, "the restart")
        wait_for(lambda: installation.state_of(key) == "done", "the clip", 60)
        running.interrupt()
        assert running.ended() == 0


@pytest.mark.matrix
def test_a_portal_that_was_suspended_kills_none_of_its_own(install: Install) -> None:
    installation = install()
    with portal(installation) as running:
        key = installation.generate("Asked before the lid was closed [sandbox:hang=20]")
        wait_for(lambda: installation.state_of(key) == "submitting", "the POST")
        everybody = [running.process.pid, *running.descendants()]
        for number, pause in ((signal.SIGSTOP, 15.0), (signal.SIGCONT, 0.0)):
            for pid in everybody:
                os.kill(pid, number)
            time.sleep(pause)
        wait_for(lambda: installation.state_of(key) == "done", "the clip", 60)
        assert "starting it again" not in running.said
        running.interrupt()
        running.ended()


def clusters(running: Running, name: str) -> list[int]:
    """The processes of one cluster, its leader first."""
    wanted = f"cluster\0{name}\0"
    return [pid for pid in running.descendants() if wanted in Path(f"/proc/{pid}/cmdline").read_text()]


def test_it_serves_its_address_alone_prints_a_password_once_and_no_second_one_starts(
    install: Install, tmp_path: Path
) -> None:
    installation = install(
        PUBLIC_URL="http://videos.team.example:8080", PORTAL_ADMIN_EMAIL="Root@Team.example", PORTAL_ADMIN_PASSWORD=""
    )
    with portal(installation) as running:
        assert "Sora Portal runs on http://videos.team.example:8080" in running.said
        assert status_for(installation, "videos.team.example:8080") == 200
        assert status_for(installation, "evil.example") == 400
        assert first_password_works(installation, running.said)
        second = installation.manage("portal")
        assert second.returncode == 1
        assert "A portal already runs on" in second.stderr
        other = installation.manage("portal", PORTAL_DATA=str(tmp_path / "other"))
        assert other.returncode == 1
        assert f"Port {installation.port} is in use. Choose another one by PORT=" in other.stderr
        for _ in range(2):  # a terminal that closes says so more than once
            running.process.send_signal(signal.SIGHUP)
        assert running.ended() == 0
        assert running.said.rstrip().endswith("Stopped.")


def first_password_works(installation: Installation, said: str) -> bool:
    line = next(line for line in said.splitlines() if line.startswith("Sign in as"))
    assert line.startswith("Sign in as root@team.example with the password ")
    password = line.rsplit(" ", 1)[1]
    check = f"from generations.models import User; print(User.objects.get().check_password({password!r}))"
    return installation.python(check) == "True"


def status_for(installation: Installation, host: str) -> int:
    request = urllib.request.Request(f"{installation.url}/accounts/login/", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code

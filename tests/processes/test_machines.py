"""Several machines on one database, and the portal as the first process of a container."""

# ruff: noqa: F401, F811 - fixtures are imported by name

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from generations.sandbox import Sandbox
from generations.supervisor import AlreadyRunning, hold_lock
from tests.processes.harness import Installation, Running, starting, wait_for
from tests.processes.roles import alive, roles, unburied
from tests.processes.test_services import database, redis

pytestmark = [pytest.mark.process]

SHARED = {"SECRET_KEY": "the same on every machine, and long enough", "PORTAL_ENCRYPTION_KEYS": ""}
SHARED["PORTAL_ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
ASK = """
from generations.models import User
from generations.services.compose import Ask, compose
from generations.services.providers import add_provider
ours = add_provider("Ours", "uniall", {url!r}, "k", allow_private=True, poll_interval=0.5)
compose(User.objects.get(), Ask("Asked here, made there", ours.pk, "sora2-landscape-4s", "k"))
"""


def machine(tmp_path: Path, name: str, **env: str) -> Installation:
    return Installation(tmp_path / name, PORTAL_INSTANCE=name, **(SHARED | env))


def query(database: str, sql: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return [str(row[0]) for row in connection.execute(sql).fetchall()]


@pytest.mark.matrix
def test_machines_that_start_at_once_on_an_empty_database_share_the_work(database: str, tmp_path: Path) -> None:
    web, engine = (machine(tmp_path, name, DATABASE_URL=database) for name in ("one", "two"))
    with ExitStack() as stack:
        provider = stack.enter_context(Sandbox(key="k", speed=20))
        started = [
            stack.enter_context(starting(web, "--only", "web")),
            stack.enter_context(starting(engine, "--only", "engine")),
        ]
        for running in started:
            running.is_up()
        assert query(database, "SELECT count(*) FROM generations_user") == ["1"]
        assert sum("Sign in as admin@localhost" in running.said for running in started) == 1
        web.python(ASK.format(url=provider.url))
        wait_for(lambda: query(database, "SELECT state FROM generations_job") == ["archiving"], "the clip", 60)
        assert query(database, "SELECT name FROM generations_heartbeat WHERE name LIKE '%@%'") == ["engine@two"]
        for running in started:
            running.process.send_signal(signal.SIGTERM)
        assert [running.ended() for running in started] == [0, 0]


@pytest.mark.matrix
@pytest.mark.parametrize("broker", ["database", "redis"])
def test_a_cluster_that_is_stuck_is_found_though_another_machine_s_is_well(
    broker: str,
    database: str,
    redis: str,
    tmp_path: Path,
) -> None:
    extra = {"DATABASE_URL": database} | ({"REDIS_URL": redis} if broker == "redis" else {})
    with ExitStack() as stack:
        machines = [machine(tmp_path, name, **extra) for name in ("one", "two")]
        started = [stack.enter_context(starting(one, "--only", "worker")) for one in machines]
        for running in started:
            running.is_up()
            wait_for(partial(has_pusher, running), "a cluster")
        names = {f"canary:{cluster}@{one}" for cluster in ("portal", "archive") for one in ("one", "two")}
        wait_for(lambda: set(query(database, "SELECT name FROM generations_heartbeat")) == names, "signs of life", 60)
        stuck, well = (roles(running)["portal pusher"][0] for running in started)
        os.kill(stuck, signal.SIGSTOP)
        wait_for(lambda: "The queue gives no sign of life" in started[0].said, "a restart", 60)
        wait_for(lambda: not alive(stuck), "the end of the stuck one")
        assert alive(well)
        assert "no sign of life" not in started[1].said


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "SQLite is a file on one of them. Set DATABASE_URL to a PostgreSQL database"),
        ({"DATABASE_URL": "x"}, "--only needs SECRET_KEY and PORTAL_ENCRYPTION_KEYS in the environment"),
        ({"DATABASE_URL": "x", "SECRET_KEY": "y"}, "--only needs PORTAL_ENCRYPTION_KEYS in the environment"),
    ],
)
def test_a_part_by_itself_needs_what_machines_share(env: dict[str, str], words: str, tmp_path: Path) -> None:
    given = env | ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"} if "DATABASE_URL" in env else {})
    done = Installation(tmp_path / "data", **given).manage("portal", "--only", "web")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_role_runs_once_on_a_data_folder_and_different_ones_side_by_side(tmp_path: Path) -> None:
    with hold_lock(tmp_path, ["web"]), hold_lock(tmp_path, ["engine", "worker"]):
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}, role engine"):
            hold_lock(tmp_path, ["engine"]).__enter__()
    with hold_lock(tmp_path, ["web", "worker", "engine"]):
        pass


@pytest.mark.matrix
def test_as_process_1_of_a_container_it_buries_orphans_and_hears_the_stop(install: Callable[..., Installation]) -> None:
    below = ("unshare", "--pid", "--fork", "--mount-proc")
    if not shutil.which("unshare") or subprocess.run([*below, "true"], check=False, capture_output=True).returncode:
        pytest.skip("This needs the right to make a PID namespace: run it as root, outside a container.")
    with starting(install(), below=below) as running:
        running.is_up()
        supervisor = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()[0]
        wait_for(lambda: len(contained(running, int(supervisor))) == 5, "every part")
        victim = max(contained(running, int(supervisor)))
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not alive(victim) and not unburied(int(supervisor)), "a burial")
        wait_for(lambda: len(contained(running, int(supervisor))) == 5, "every part again")
        os.kill(int(supervisor), signal.SIGTERM)
        assert running.ended() == 0
        assert running.said.rstrip().endswith("Stopped.")


def has_pusher(running: Running) -> bool:
    return "portal pusher" in roles(running)


def contained(running: Running, supervisor: int) -> list[int]:
    """The parts: what process 1 of the namespace has started."""
    return [pid for pid in running.descendants() if str(pid) in children(supervisor)]


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

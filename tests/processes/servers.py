"""PostgreSQL and Redis of a test's own: on free ports, in a folder of their own, stopped and started at will."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from tests.processes.harness import free_port, wait_for

FAST = "-c fsync=off -c full_page_writes=off -c max_connections=200"


def postgresql_programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest where there are several."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def servers_here() -> bool:
    """True where this machine has the programs of both servers."""
    return bool(postgresql_programs() and shutil.which("redis-server"))


NEEDED = "This needs the programs initdb, pg_ctl and redis-server: install postgresql and redis-server."


class PostgreSQL:
    """A server whose data outlives a stop. Everybody on this machine is trusted."""

    def __init__(self, folder: Path) -> None:
        self.port, self.data, self.log = free_port(), folder / "pg", folder / "pg.log"
        self.programs = postgresql_programs() or Path()
        folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        self.log.touch()
        if os.geteuid() == 0:
            # It refuses to run as root.
            for path in (self.data, self.log):
                shutil.chown(path, "postgres", "postgres")
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._run("pg_ctl", "-l", str(self.log), "-o", f"-p {self.port} -k {self.data} {FAST}", "-w", "start")

    def stop(self) -> None:
        """Cut every connection, as a crash does."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        argv = [str(self.programs / program), "-D", str(self.data), *arguments]
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        argv = [*(as_postgres if os.geteuid() == 0 else []), *argv]
        # Its output goes nowhere: the server inherits it, and a pipe would never end.
        done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False)
        assert done.returncode == 0, f"{program} failed: {self.log.read_text()[-2000:]}"


class Redis:
    """A server that keeps nothing: a stop loses its content."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        argv = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([*argv, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_for(self._answers, "a start of Redis", 10)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        done = subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True, check=False)
        return b"PONG" in done.stdout


@contextlib.contextmanager
def own_postgresql() -> Iterator[PostgreSQL]:
    """A running PostgreSQL, gone afterwards."""
    with _folder() as folder:
        server = PostgreSQL(folder)
        server.start()
        with _ended(server.stop):
            yield server


@contextlib.contextmanager
def own_redis() -> Iterator[Redis]:
    """A running Redis, gone afterwards."""
    with _folder() as folder:
        server = Redis(folder)
        server.start()
        with _ended(server.stop):
            yield server


def new_database(server_url: str, name: str, template: str = "template1") -> str:
    """The address of a database made just now, a copy of `template`."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{server_url.rpartition('/')[0]}/{name}"


def drop_database(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Not the test's own folder: another system user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="portal-servers-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ended(stop: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(AssertionError):  # it may be stopped already
            stop()

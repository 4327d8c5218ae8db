"""A real portal, or single parts of one, as processes on a data folder of their own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long enough passphrase"
QUIET = {"DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE", "EMAIL_URL", "SECRET_KEY", "HOST", "PORT"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_for(done: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """The first true value of `done`; an assertion that names what never came."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := done():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


class Installation:
    """A data folder with its environment; commands run on it as an operator would run them."""

    def __init__(self, data: Path, **extra: str) -> None:
        self.data, self.port, self.sandbox_port = data, free_port(), free_port()
        kept = {name: value for name, value in os.environ.items() if name not in QUIET}
        self.env = kept | {
            "PORTAL_DATA": str(data),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_SPEED": "12",
            "PORTAL_ADMIN_PASSWORD": PASSWORD,
            **extra,
        }

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def manage(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT, env=self.env | env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def python(self, code: str) -> str:
        """Run a few lines inside this installation."""
        start = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'sora_portal.settings'; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", start + code],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def database_url(self) -> str:
        """PostgreSQL's address; empty on SQLite."""
        return self.env.get("DATABASE_URL", "")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query answers, or nothing for a statement without rows. `?` stands for a value on both databases."""
        if self.database_url:
            with psycopg.connect(self.database_url, connect_timeout=5) as connection:
                cursor = connection.execute(sql.replace("%", "%%").replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(sqlite3.connect(self.data / "portal.sqlite3", timeout=20)) as local, local:
            return local.execute(sql, values).fetchall()

    def state_of(self, key: str) -> str:
        return str(self.rows("SELECT state FROM generations_job WHERE key = ?", key.replace("-", ""))[0][0])

    def generate(self, prompt: str, model: str = "sora2-landscape-4s", provider: str = "Sandbox") -> str:
        """Ask for a clip; the job's key."""
        done = self.manage("generate", "--provider", provider, "--model", model, "--prompt", prompt)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Running:
    """A started process whose output is kept in a file, since pipes fill up."""

    def __init__(self, installation: Installation, argv: list[str], log: Path, **env: str) -> None:
        self.log = log
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=installation.env | env, stdout=log.open("wb"), stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def is_up(self) -> None:
        """Wait until it greets."""
        wait_for(lambda: "Sora Portal runs" in self.said or self.process.poll() is not None, "a start", 60)
        assert self.process.poll() is None, self.said

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def ended(self, seconds: float = 40) -> int:
        return self.process.wait(seconds)

    def descendants(self) -> list[int]:
        """Every living process started below this one, by parentage."""
        parents = {}
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError, ValueError):
                stat = Path(f"/proc/{entry}/stat").read_text() if entry.isdigit() else ""
                fields = re.match(r"(\d+) \(.*\) (\S) (\d+)", stat, re.DOTALL)
                if fields and fields[2] != "Z":
                    parents[int(fields[1])] = int(fields[3])
        found, last = {self.process.pid}, 0
        while len(found) != last:
            last = len(found)
            found |= {pid for pid, parent in parents.items() if parent in found}
        return sorted(found - {self.process.pid})


@contextlib.contextmanager
def portal(installation: Installation, **env: str) -> Iterator[Running]:
    """A running portal that answers; stopped and cleared away at the end."""
    with starting(installation, env=env) as running:
        running.is_up()
        yield running


@contextlib.contextmanager
def starting(
    installation: Installation, *arguments: str, below: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A portal that has just been started, by the command `below` if there is one; cleared away at the end."""
    log = installation.data.parent / f"{installation.data.name}.log"
    running = Running(installation, [*below, sys.executable, "manage.py", "portal", *arguments], log, **(env or {}))
    try:
        yield running
    finally:
        left = running.descendants()
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

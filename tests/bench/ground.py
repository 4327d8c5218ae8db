"""Installations to measure on: a fresh SQLite file or a schema of its own in PostgreSQL, and children run on them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.meters import Sample
from tests.bench.plan import Plan
from tests.processes.harness import ROOT, Installation

# As installed without the developers' tools: where click is, httpx loads its command line and 4 MB.
START = "import sys; sys.modules['click'] = None\n"
START += "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'sora_portal.settings'; django.setup()\n"
LONG = {"ENGINE_TURN": "600", "LOG_LEVEL": "ERROR"}
DATABASES = ("sqlite", "postgresql")


@contextmanager
def installation(database: str, kept: str = "") -> Iterator[Installation]:
    """A migrated installation on this database, thrown away afterwards; one that is kept has its own folder's name."""
    with _folder(kept) as folder, _database(database, Path(kept).name) as extra:
        data = folder / "data"
        data.mkdir(exist_ok=True)
        prepared = Installation(data, **LONG, **extra)
        done = prepared.manage("migrate", "--verbosity", "0")
        if done.returncode:
            raise SystemExit(done.stderr)
        yield prepared


def missing(database: str) -> str:
    """Why this database cannot be measured here, with the cure; empty when it can."""
    if database == "postgresql" and not os.environ.get("TEST_DATABASE_URL"):
        return "PostgreSQL left out. To measure it: TEST_DATABASE_URL=postgres://user@host/database"
    return ""


def plant(on: Installation, *plans: Plan) -> None:
    """Make the rows of these plans."""
    on.python(f"from tests.bench.plan import Plan\nfrom tests.bench.seed import plant\nplant(*{list(plans)!r})")


def run_inside(on: Installation, call: str, *args: Any) -> Sample:
    """Run `module.function` of tests.bench in a child on this installation; the Sample it writes."""
    module, _, function = call.partition(".")
    out = on.data / "sample.json"
    code = f"{START}from tests.bench import {module}; {module}.{function}({str(out)!r}, *{args!r})"
    return run_child([sys.executable, "-c", code], out, on.env)


def run_child(argv: list[str], out: Path, env: dict[str, str] | None = None) -> Sample:
    """Run a child that writes a Sample to `out`."""
    subprocess.run(argv, cwd=ROOT, env=env, check=True)
    return Sample(**json.loads(out.read_text()))


@contextmanager
def _folder(kept: str) -> Iterator[Path]:
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        yield Path(folder)


@contextmanager
def _database(name: str, kept: str) -> Iterator[dict[str, str]]:
    if name == "sqlite":
        yield {}
        return
    url, schema = os.environ["TEST_DATABASE_URL"], f"portal_bench_{kept or os.getpid()}"
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'.encode())
        try:
            yield {"DATABASE_URL": f"{url}{'&' if '?' in url else '?'}currentSchema={schema}"}
        finally:
            if not kept:
                connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())

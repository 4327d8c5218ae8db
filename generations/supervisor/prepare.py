"""What has to be in place before the parts start: tables, people, static files. Several machines may begin at once."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

ONE_AT_A_TIME = 0x536F7261  # the advisory lock's number, the same in every portal
NEEDED_EVERYWHERE = ("SECRET_KEY", "PORTAL_ENCRYPTION_KEYS")


@contextmanager
def set_up_alone(say: Callable[[str], None]) -> Iterator[None]:
    """Nobody else on this database sets it up meanwhile; the lock ends with the connection, so a kill frees it.

    SQLite needs none: the data folder is held already.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            say("Another machine is setting up the database; waiting for it.")
            cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def why_not_apart(environment: Mapping[str, str]) -> str:
    """Why parts of this portal may not run on machines of their own; "" when they may."""
    if connection.vendor != "postgresql":
        return (
            "--only spreads the portal over machines, and SQLite is a file on one of them. "
            "Set DATABASE_URL to a PostgreSQL database, or leave --only out."
        )
    missing = [name for name in NEEDED_EVERYWHERE if not environment.get(name)]
    if missing:
        return (
            f"--only needs {' and '.join(missing)} in the environment, the same on every machine: "
            "otherwise each would make up its own and could not read what the others write."
        )
    return ""


def collect_static() -> None:
    """Collect static files when their sources changed since the last time."""
    stamp, now = Path(settings.STATIC_ROOT) / ".collected", _static_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)


def _static_fingerprint() -> str:
    """Names, sizes and times of our static files, and which Python environment the libraries' files come from."""
    parts = [f"{p}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in sorted(_static_files())]
    return hashlib.sha256("\n".join([sys.prefix, *parts]).encode()).hexdigest()


def _static_files() -> list[Path]:
    ours = [p for folder in settings.STATICFILES_DIRS for p in Path(folder).rglob("*") if p.is_file()]
    return [*ours, settings.BASE_DIR / "requirements.txt"]

"""PostgreSQL's own programs, which know its formats best."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from django.db import connection

from generations.services.backup.parts import BackupError

NAMES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
HOLD = 'ALTER TABLE public."generations_job" RENAME TO "generations_job_being_restored";'
"""Said at the end of the restoring transaction: until `LET_GO` nobody can find a job to send."""
LET_GO = 'ALTER TABLE "generations_job_being_restored" RENAME TO "generations_job"'


def dump(to: Path, snapshot: str) -> None:
    """The database as this exported snapshot sees it, in pg_dump's custom format."""
    # Only what is ours: what an earlier restore kept aside is another schema.
    ours = ["--schema=public", "--no-owner", "--no-privileges"]
    _run(["pg_dump", "--format=custom", *ours, f"--snapshot={snapshot}", f"--file={to}"])


def check(dumped: Path) -> None:
    """Raises BackupError unless pg_restore can read it."""
    _run(["pg_restore", "--list", str(dumped)])


def load(dumped: Path) -> None:
    """Bring the dump into the empty database, all or nothing, and hold its jobs back."""
    script = dumped.with_suffix(".sql")
    # A dump knows its schema by name and may try to make it; ours is there already.
    _run(["pg_restore", "--no-owner", "--no-privileges", "--schema=public", f"--file={script}", str(dumped)])
    with script.open("a") as file:
        file.write(f"\n{HOLD}\n")
    _run(["psql", "--no-psqlrc", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", f"--file={script}"])
    script.unlink()


def _run(argv: list[str]) -> None:
    """Connected by the environment, so that no list of processes shows the password."""
    program = shutil.which(argv[0])
    if program is None:
        raise BackupError(
            f"{argv[0]} is not installed. On Debian or Ubuntu: apt-get install postgresql-client; it must not be older "
            "than the server."
        )
    done = subprocess.run([program, *argv[1:]], env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BackupError(f"{argv[0]} failed: {told[-1]}")


def _environment() -> dict[str, str]:
    known = connection.settings_dict
    ours = {variable: str(known[name]) for name, variable in NAMES.items() if known.get(name)}
    tls = {variable: str(known["OPTIONS"][name]) for name, variable in OPTIONS.items() if known["OPTIONS"].get(name)}
    return {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "LC_ALL": "C"} | ours | tls

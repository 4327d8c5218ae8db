"""Putting a backup back.

What the backup calls waiting or just sent may have been sent since, so it becomes UNKNOWN and is never sent again by
itself. The restored rows and this change become visible together: on SQLite by one rename, on PostgreSQL by one commit.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_q.brokers import get_broker
from django_q.models import OrmQ

from generations.models import Heartbeat, Job, Session, State
from generations.services.advance import advance
from generations.services.audit import note
from generations.services.backup import postgresql
from generations.services.backup.parts import DUMPS, KEYS, MEDIA, BackupError, Manifest
from generations.services.backup.unpack import unpacked
from generations.services.kick import ARCHIVES, ENGINE, MAIN

log = logging.getLogger(__name__)

REASON = "Restored from a backup. It may have been sent and charged since, so it is never sent again by itself."
ASK_ANEW = "Restored from a backup. It may have been approved and sent since. Ask again if it was not made."
ALIVE = timedelta(seconds=30)
JOURNALS = ("", "-wal", "-shm", "-journal")


class Calmed(NamedTuple):
    """How many jobs are UNKNOWN now, and how many that awaited approval were ended."""

    held: int
    ended: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of which jobs; the keys of `unreadable` providers cannot be read here; `aside` has the old."""

    manifest: Manifest
    jobs: Calmed
    unreadable: list[str]
    aside: str


def restore(file: Path) -> Restored:
    """Put the backup in place of what is here. The caller holds the data folder. Raises BackupError."""
    data = Path(settings.DATA_DIR)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
        new = Path(folder)
        manifest = unpacked(file, new)
        aside = f"before-restore-{timezone.now():%Y%m%d-%H%M%S}"
        jobs = (_into_sqlite if manifest.database == "sqlite" else _into_postgresql)(new, manifest, data / aside)
    _forget_tasks()
    return Restored(manifest, jobs, _unreadable(), aside)


def _into_sqlite(new: Path, manifest: Manifest, aside: Path) -> Calmed:
    """Made safe while it is a file that no portal knows, then put in place by one rename."""
    dump, place = new / DUMPS["sqlite"], Path(connection.settings_dict["NAME"])
    with _connected_to(dump):
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():
            jobs = _calm(manifest)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    _put_files(new, manifest, aside)
    for ending in JOURNALS:
        _move(Path(f"{place}{ending}"), aside)
    dump.replace(place)
    return jobs


@contextmanager
def _connected_to(database: Path) -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(database)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _into_postgresql(new: Path, manifest: Manifest, aside: Path) -> Calmed:
    """The old schema is renamed. The new one comes without a table of jobs, until they are made safe."""
    _nobody_is_at_work()
    schema = aside.name.replace("-", "_")
    _sql(f'ALTER SCHEMA public RENAME TO "{schema}"', "CREATE SCHEMA public")
    try:
        postgresql.load(new / DUMPS["postgresql"])
        with transaction.atomic():
            _sql(postgresql.LET_GO)
            call_command("migrate", interactive=False, verbosity=0)
            jobs = _calm(manifest)
            _put_files(new, manifest, aside)  # last: only a commit is left to fail
    except Exception:
        _sql("DROP SCHEMA public CASCADE", f'ALTER SCHEMA "{schema}" RENAME TO public')
        raise
    return jobs


def _sql(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _nobody_is_at_work() -> None:
    """Other machines hold no lock here, but they leave signs of life in the database."""
    if Heartbeat._meta.db_table not in connection.introspection.table_names():
        return
    last = Heartbeat.objects.filter(at__gt=timezone.now() - ALIVE).order_by("-at").first()
    if last:
        raise BackupError(
            f"A portal works on this database: its part “{last.name}” was alive a moment ago. Stop every portal, wait "
            f"{ALIVE.seconds} seconds and try again. Nothing was changed."
        )


def _put_files(new: Path, manifest: Manifest, aside: Path) -> None:
    """Stored files and keys in place of the old ones, which are kept aside."""
    aside.mkdir(mode=0o700, exist_ok=True)
    if manifest.storage == "files":
        place = Path(settings.MEDIA_ROOT)
        _move(place, aside)
        (new / MEDIA).mkdir(mode=0o700, exist_ok=True)
        (new / MEDIA).replace(place)
    for key in sorted((new / KEYS).glob("*.key")):
        place = Path(settings.DATA_DIR) / key.name
        _move(place, aside)
        key.replace(place)


def _move(path: Path, into: Path) -> None:
    if path.exists():
        path.replace(into / path.name)


def _calm(manifest: Manifest) -> Calmed:
    """What no portal may believe any more: waiting work, tasks, signs of life, sessions.

    The audit log came back with the rest, so it says from which moment on it had been another one.
    """
    note(None, gettext_noop("backup restored"), "Portal", {"made_at": (None, manifest.made_at)})
    waiting = Job.objects.filter(state__in=[State.QUEUED, State.SUBMITTING])
    held = sum(advance(job, State.UNKNOWN, reason=REASON) for job in waiting)
    asked = Job.objects.filter(state=State.AWAITING_APPROVAL)
    ended = sum(advance(job, State.REJECTED, reason=ASK_ANEW) for job in asked)
    forgotten: list[Callable[[], object]] = [each.objects.all().delete for each in (OrmQ, Heartbeat, Session)]
    for forget in forgotten:
        forget()
    return Calmed(held, ended)


def _forget_tasks() -> None:
    """Tasks in Redis too. They are only wake-up calls, so one that cannot be removed does no harm."""
    for cluster in (MAIN, ENGINE, ARCHIVES):
        try:
            get_broker(cluster).delete_queue()
        except Exception as error:
            log.warning("the queue of the %s keeps its old tasks: %s", cluster, error)


def _unreadable() -> list[str]:
    """Providers with a key that none of the keys in place opens. The sandbox gets a new one at each start."""
    names = []
    with connection.cursor() as cursor:
        cursor.execute('SELECT name, "key" FROM generations_provider WHERE "key" <> %s AND NOT is_sandbox', [""])
        for name, key in cursor.fetchall():
            try:
                MultiFernet(list(map(Fernet, _keys_in_place()))).decrypt(key.encode())
            except InvalidToken:
                names.append(name)
    return names


def _keys_in_place() -> list[str]:
    """As the next process will read them: a restored key file is younger than our settings."""
    if os.environ.get("PORTAL_ENCRYPTION_KEYS"):
        return list(settings.PORTAL_ENCRYPTION_KEYS)
    return [(Path(settings.DATA_DIR) / "encryption.key").read_text().strip()]

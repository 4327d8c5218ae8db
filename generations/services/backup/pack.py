"""Making a backup.

The order makes it consistent. A clip's file is complete before its row says so, and no file is ever changed. So the
database is dumped first and the files that its rows name are copied afterwards: they are all there, unless a row was
removed in between together with its file. Then a new dump is taken.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from generations.services.backup.dump import Dump, dumped
from generations.services.backup.parts import (
    KEY_FILES,
    KEYS,
    MANIFEST,
    MEDIA,
    BackupError,
    Manifest,
    file_columns,
    portal_version,
)  # fmt: skip
from generations.services.files import is_local

TRIES = 5
CHUNK = 1 << 20


class _Moved(Exception):
    """A file went away while it was copied, and its row with it."""


def back_up(target: Path, *, with_keys: bool = False) -> Manifest:
    """Write the backup to `target`, a new file that only its owner reads. Raises BackupError."""
    if target.exists():
        raise BackupError(f"{target} is there already. Give a new name; a backup replaces nothing.")
    if with_keys:
        _key_files()
    with _workshop(target) as folder:
        for _ in range(TRIES):
            try:
                return _made(target, Path(folder), with_keys)
            except _Moved:
                continue
    raise BackupError("Files were removed again and again while they were copied. Try later.")


def _workshop(target: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent)
    except OSError as error:
        raise BackupError(f"{target.parent} cannot be written: {error.strerror}.") from error


def _made(target: Path, folder: Path, with_keys: bool) -> Manifest:
    dump, draft = dumped(folder), folder / "backup.tar"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        manifest = _packed(_Box(file), dump, with_keys)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return manifest


def _packed(box: _Box, dump: Dump, with_keys: bool) -> Manifest:
    local = is_local(default_storage)
    manifest = Manifest(
        version=portal_version(), made_at=timezone.now().isoformat(timespec="seconds"), database=dump.kind,
        storage="files" if local else settings.STORAGE_ORIGIN, migrations=dump.migrations, counts=dump.counts,
        checksums=box.checksums,
    )  # fmt: skip
    box.add(dump.path.name, dump.path)
    for path in _key_files() if with_keys else []:
        box.add(f"{KEYS}/{path.name}", path)
    for name in sorted(dump.files) if local else []:
        if not box.add(f"{MEDIA}/{name}", Path(settings.MEDIA_ROOT) / name):
            if not _is_named(name):
                raise _Moved
            manifest.missing.append(name)
    # At the end: a backup that was cut off has none, and is known by that.
    box.add_bytes(MANIFEST, manifest.as_json())
    box.tar.close()
    return manifest


def _is_named(name: str) -> bool:
    """True while a row of the living database still speaks of this file."""
    with connection.cursor() as cursor:
        for table, column in file_columns():
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{column}" = %s', [name])  # noqa: S608
            if cursor.fetchone():
                return True
    return False


def _key_files() -> list[Path]:
    """The portal's own key files; an environment's keys are the environment's to keep."""
    for name in ("PORTAL_ENCRYPTION_KEYS", "SECRET_KEY"):
        if os.environ.get(name):
            raise BackupError(
                f"This portal has {name} from its environment, so there is no key file to add. Leave --with-keys out "
                "and keep the keys where the environment has them from."
            )
    return [path for name in KEY_FILES if (path := Path(settings.DATA_DIR) / name).is_file()]


class _Box:
    """A tar that notes what it swallows."""

    def __init__(self, file: IO[bytes]) -> None:
        self.tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.checksums: dict[str, str] = {}

    def add(self, name: str, path: Path) -> bool:
        """False when there is no such file."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            noted = _Noted(file)
            self.tar.addfile(_entry(name, os.fstat(file.fileno()).st_size), cast(IO[bytes], noted))
        self.checksums[name] = noted.digest.hexdigest()
        return True

    def add_bytes(self, name: str, content: bytes) -> None:
        self.tar.addfile(_entry(name, len(content)), io.BytesIO(content))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(timezone.now().timestamp())
    return entry


class _Noted:
    """A file whose bytes are summed up while they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = CHUNK) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data

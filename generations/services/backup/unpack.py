"""Reading a backup into a folder and believing nothing of it."""

from __future__ import annotations

import hashlib
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from django.core.files.storage import default_storage
from django.db.migrations.loader import MigrationLoader

from generations.services.backup import postgresql
from generations.services.backup.parts import (
    DUMPS,
    KEY_FILES,
    KEYS,
    MANIFEST,
    MEDIA,
    BackupError,
    Manifest,
    database_kind,
    read_manifest,
)  # fmt: skip
from generations.services.files import is_local

CHUNK = 1 << 20
MANIFEST_MOST = 256 << 20
SPOILT = "The backup is spoilt: {}. Nothing was changed. Take another one."
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def unpacked(file: Path, folder: Path) -> Manifest:
    """Everything in it, below the folder, once each byte is what it was. Raises BackupError."""
    manifest, found = _taken(file, folder)
    if manifest is None:
        raise BackupError(SPOILT.format("its end is missing"))
    if found != manifest.checksums:
        wrong = sorted(name for name in found.keys() | manifest.checksums.keys() if _differs(name, found, manifest))
        raise BackupError(SPOILT.format(f"{wrong[0]} is not what was saved"))
    _fits(manifest)
    _readable(folder / DUMPS[manifest.database], manifest)
    return manifest


def _differs(name: str, found: dict[str, str], manifest: Manifest) -> bool:
    return found.get(name) != manifest.checksums.get(name)


def _taken(file: Path, folder: Path) -> tuple[Manifest | None, dict[str, str]]:
    manifest, found = None, {}
    try:
        with tarfile.open(file, "r:") as tar:
            for entry in tar:
                source = tar.extractfile(entry)
                if source is None or not _is_ours(entry.name):
                    raise BackupError(SPOILT.format("it holds something that is no part of a backup"))
                if entry.name == MANIFEST:
                    manifest = read_manifest(source.read(MANIFEST_MOST))
                else:
                    found[entry.name] = _written(source, folder / entry.name)
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(SPOILT.format("it is no whole tar file")) from error
    except OSError as error:
        raise BackupError(f"It cannot be unpacked: {error.strerror or error}. Nothing was changed.") from error
    return manifest, found


def _is_ours(name: str) -> bool:
    """Only the names that a backup gives, and none that leads out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name != str(path):
        return False
    single = {MANIFEST, *DUMPS.values(), *(f"{KEYS}/{key}" for key in KEY_FILES)}
    return name in single or (path.parts[0] == MEDIA and len(path.parts) > 1)


def _written(source: IO[bytes], path: Path) -> str:
    """Write it out, for its owner only; the SHA-256 of what came."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with path.open("xb") as file:
        path.chmod(0o600)
        while data := source.read(CHUNK):
            digest.update(data)
            file.write(data)
    return digest.hexdigest()


def _fits(manifest: Manifest) -> None:
    """It is for this kind of database, and nothing in it is younger than this portal."""
    kind = database_kind()
    if manifest.database != kind:
        raise BackupError(
            f"The backup is of {KINDS[manifest.database]}, and this portal runs on {KINDS.get(kind, kind)}. "
            "Set or clear DATABASE_URL to match. Nothing was changed."
        )
    if (manifest.storage == "files") != is_local(default_storage):
        raise BackupError(
            "The backup's files are not where this portal keeps files. "
            + (
                "Clear STORAGE_URL, and move the files to a bucket later."
                if manifest.storage == "files"
                else f"Set STORAGE_URL to the bucket at {manifest.storage}."
            )
            + " Nothing was changed."
        )
    known = {
        name for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations if app == "generations"
    }
    if strange := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"The backup was made by version {manifest.version}, which knows {strange[0]}; this portal does not. "
            "Update it first. Nothing was changed."
        )


def _readable(dump: Path, manifest: Manifest) -> None:
    if not dump.is_file():
        raise BackupError(SPOILT.format("it holds no database"))
    if manifest.database == "postgresql":
        postgresql.check(dump)
        return
    with closing(sqlite3.connect(dump)) as copy:
        try:
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise BackupError(SPOILT.format(f"its database says {found}"))

"""What a backup is made of: one tar of a database dump, the stored files, perhaps the keys, and last a manifest."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.conf import settings
from django.db import connection, models

FORMAT = 1
MANIFEST = "manifest.json"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
MEDIA, KEYS = "media", "keys"
KEY_FILES = ("encryption.key", "secret.key")


class BackupError(Exception):
    """It cannot be made or put back; the text says why and what can be done. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is inside. `checksums` has the SHA-256 of every other member by its name."""

    version: str
    made_at: str
    database: str
    storage: str  # "files", or the bucket's origin: then clips and images are there and not in here
    migrations: list[str]
    counts: dict[str, int]
    missing: list[str] = field(default_factory=list)  # files that rows name and that were already lost
    checksums: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2, sort_keys=True).encode()

    @property
    def has_keys(self) -> bool:
        return any(PurePosixPath(name).parts[0] == KEYS for name in self.checksums)


def read_manifest(content: bytes) -> Manifest:
    """Raises BackupError."""
    try:
        found = json.loads(content)
        if found["format"] > FORMAT:
            raise BackupError("This backup was made by a newer portal. Update this one first.")
        manifest = Manifest(**found)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("Its manifest cannot be read: this is no backup of a portal, or a spoilt one.") from error
    if manifest.database not in DUMPS:
        raise BackupError("It holds a database of an unknown kind.")
    return manifest


def portal_version() -> str:
    """As pyproject.toml says."""
    found = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    return str(found["project"]["version"])


def own_tables() -> list[str]:
    models = apps.get_app_config("generations").get_models()
    return [model._meta.db_table for model in models if model._meta.managed]  # the others index some of these


def file_columns() -> list[tuple[str, str]]:
    """Every column that names a stored file: table and column."""
    return [
        (model._meta.db_table, str(each.column))
        for model in apps.get_models()
        for each in model._meta.concrete_fields
        if isinstance(each, models.FileField)
    ]


def database_kind() -> str:
    return connection.vendor

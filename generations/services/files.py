"""Stored files: links to those that are kept elsewhere, and whether the storage can be written now."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.db.models.fields.files import FieldFile

FLOOR = 512 << 20
"""Bytes that must be free on a local disk for the portal to call itself ready."""
PIECE = 256 << 10
"""Bytes of a file that are held at a time."""
PROBE = "health/probe"


def link(file: FieldFile, content_type: str, disposition: str = "", method: str = "GET") -> str:
    """A short-lived address of the file at its storage; "" when we serve it ourselves.

    Raises FileNotFoundError when it is gone, StorageRefused or StorageAway when the storage cannot be asked.
    """
    make = getattr(file.storage, "link", None)
    return str(make(str(file.name), content_type, disposition, method)) if make else ""


def pieces(file: FieldFile) -> Iterator[bytes]:
    """The file from its beginning, a piece at a time, so that memory holds one piece of it however long it is.

    Raises FileNotFoundError at once when it is gone, StorageRefused or StorageAway when the storage cannot be asked.
    """
    stream = getattr(file.storage, "stream", None)
    return stream(str(file.name), PIECE) if stream else _read(file.storage.open(str(file.name), "rb"))


def _read(opened: File[bytes]) -> Iterator[bytes]:
    with opened:
        while piece := opened.read(PIECE):
            yield piece


def storage_word() -> str:
    """One word on the storage: ok, full, refused or away."""
    try:
        if is_local(default_storage):
            return _disk_word(Path(settings.MEDIA_ROOT))
        default_storage.delete(default_storage.save(PROBE, ContentFile(b"The portal can write.")))
    except PermissionError:
        return "refused"
    except OSError:
        return "away"
    return "ok"


def is_local(storage: Storage) -> bool:
    """True when files lie on a disk of this machine."""
    return not hasattr(storage, "link")


def _disk_word(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder):
        return "ok" if shutil.disk_usage(folder).free > FLOOR else "full"

"""Where files lie while they arrive: a folder for each output, worked in by one process at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from generations.models import Output

CLIP, POSTER = "clip.mp4", "poster.webp"


class Occupied(Exception):
    """Another process on this machine still works in the folder, though its lease may have ended."""


@contextmanager
def folder_of(output_pk: int) -> Iterator[Path]:
    """The output's own folder, with what earlier tries left in it. Raises Occupied."""
    folder = workshop() / str(output_pk)
    folder.mkdir(exist_ok=True, mode=0o700)
    with _locked(folder):
        yield folder


def clear(folder: Path) -> None:
    """Remove what arrived. Only for who holds the folder."""
    shutil.rmtree(folder, ignore_errors=True)


def forget(output_pk: int) -> bool:
    """Remove what arrived of an output, unless another process is in its folder."""
    return _forgot(workshop() / str(output_pk))


def forget_orphans() -> int:
    """Remove what no output waits for any more; how many folders that were."""
    folders = {folder.name: folder for folder in workshop().iterdir()}
    named = [int(name) for name in folders if name.isascii() and name.isdigit()]
    wanted = set(map(str, Output.objects.wanted().filter(pk__in=named).values_list("pk", flat=True)))
    return sum(_forgot(folder) for name, folder in folders.items() if name not in wanted)


def workshop() -> Path:
    """The folder of all that arrives, on the machine's own disk."""
    folder = Path(settings.DATA_DIR) / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _forgot(folder: Path) -> bool:
    try:
        with _locked(folder):
            clear(folder)
    except (Occupied, OSError):
        return False
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The kernel's own lock: it ends with the process, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(handle), folder.stat()):
            raise Occupied  # removed and made again while we waited
        yield
    except BlockingIOError as error:
        raise Occupied from error
    finally:
        os.close(handle)

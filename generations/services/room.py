"""Room on the disk: looked at before and while a clip is copied, so that the portal stops before the disk is full."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Heartbeat
from generations.services.incoming import workshop

FULL_BEAT = "archive:full"
FULL_FOR = timedelta(minutes=10)  # a full disk is reported at least once a minute while anything waits
NEARLY_FULL = gettext_noop("The disk is nearly full: {free} are free, and {least} are to stay free.")
FULL_FOR_IT = gettext_noop(
    "The disk is nearly full: {free} are free, the file needs {need}, and {least} are to stay free."
)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoom(Exception):
    """The disk is nearly full: nothing more is copied until there is room."""


def check_room(done: int = 0, total: int = 0) -> None:
    """Raise NoRoom unless the rest of a file of `total` bytes fits and leaves ARCHIVE_KEEP_FREE bytes."""
    here, there = workshop(), _local_storage()
    _check(here, max(0, total - done))
    if there is not None and os.stat(here).st_dev != os.stat(there).st_dev:
        _check(there, total)


def has_room() -> bool:
    """True when copying may go on; staff are told either way."""
    try:
        check_room()
    except NoRoom:
        tell_full()
        return False
    Heartbeat.stop(FULL_BEAT)
    return True


def tell_full() -> None:
    """Have the staff page say that the disk is full."""
    Heartbeat.beat(FULL_BEAT)


def is_full() -> bool:
    """True while a worker found the disk full and none has found room since."""
    last = Heartbeat.last(FULL_BEAT)
    return last is not None and last > timezone.now() - FULL_FOR


def means_full(error: BaseException) -> bool:
    """Whether something failed because the disk takes no more."""
    return isinstance(error, NoRoom) or (isinstance(error, OSError) and error.errno in FULL)


def _check(folder: Path, more: int) -> None:
    free = shutil.disk_usage(folder).free
    if free - more < settings.ARCHIVE_KEEP_FREE:
        least = filesizeformat(settings.ARCHIVE_KEEP_FREE)
        said = FULL_FOR_IT if more else NEARLY_FULL
        raise NoRoom(said.format(free=filesizeformat(free), need=filesizeformat(more), least=least))


def _local_storage() -> Path | None:
    """Where clips are stored, when that is a folder of this machine."""
    try:
        folder = Path(default_storage.path(""))
    except NotImplementedError:
        return None
    return next(path for path in (folder, *folder.parents) if path.exists())

"""Taking a fetched file into our storage for good, and letting its job end."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.media import ClipFacts
from generations.models import Heartbeat, Job, JobEvent, Output, State
from generations.services.advance import advance
from generations.services.kick import ARCHIVE_BEAT
from generations.transport import Fetched

log = logging.getLogger(__name__)

HOLD_EVERY = 20.0
NOT_COPIED = gettext_noop("The file could not be copied into the library.")
COPIED_LATER = gettext_noop("The file was copied after all.")


def lease_time() -> timedelta:
    """How long a copy may stand still before somebody else takes it up."""
    return timedelta(seconds=settings.ARCHIVE_LEASE)


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that arrived: where it lies, what it is."""

    clip: Path
    poster: Path
    fetched: Fetched
    facts: ClipFacts


class Arrived(File):  # type: ignore[type-arg]  # not subscriptable at run time
    """A file that a storage on the same disk takes by moving it, all at once; any other one reads it."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file, path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def tell(output: Output, done: int, total: int) -> None:
    """Show how far the copy is, and hold on to it."""
    Heartbeat.beat(ARCHIVE_BEAT)
    Output.objects.leased(output).update(
        bytes_done=done, size=total, rev=F("rev") + 1, lease_until=timezone.now() + lease_time()
    )


@contextmanager
def held(output: Output) -> Iterator[None]:
    """Hold on to the output while a child process or a distant storage takes its time."""
    done = threading.Event()

    def hold() -> None:
        while not done.wait(HOLD_EVERY):
            with suppress(DatabaseError):
                Heartbeat.beat(ARCHIVE_BEAT)
                Output.objects.leased(output).update(lease_until=timezone.now() + lease_time())
        connection.close()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    try:
        yield
    finally:
        done.set()
        holder.join()


def keep(output: Output, copy: Copy) -> bool:
    """Store both files under names nobody can guess, then let the job end; False when the lease was lost."""
    name, storage = uuid4().hex, output.clip.storage
    # The poster first: what may fail comes before the clip is moved away.
    poster = store(storage, copy.poster, f"clips/{name[:2]}/{name}.webp")
    try:
        clip = store(storage, copy.clip, f"clips/{name[:2]}/{name}.mp4")
    except BaseException:
        storage.delete(poster)
        raise
    if _written(output, copy, clip, poster):
        return True
    for stored in (clip, poster):
        storage.delete(stored)
    return False


def store(storage: Storage, path: Path, name: str) -> str:
    """Store a file, all of it or nothing; the name it got."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            name = storage.save(name, Arrived(file, path))
        if storage.size(name) != size:
            raise OSError(f"The storage took {storage.size(name)} of {size} bytes.")
        _make_durable(storage, name)
    except BaseException:
        with suppress(Exception):  # what went wrong first is what counts
            storage.delete(name)
        raise
    return name


def _written(output: Output, copy: Copy, clip: str, poster: str) -> bool:
    """The row that says "stored", and the end of its job, at once."""
    with transaction.atomic():
        kept = Output.objects.leased(output).filter(stored_at=None).update(
            clip=clip,
            poster=poster,
            size=copy.fetched.size,
            sha256=copy.fetched.sha256,
            duration=copy.facts.duration,
            width=copy.facts.width,
            height=copy.facts.height,
            bytes_done=copy.fetched.size,
            stored_at=timezone.now(),
            abandoned_at=None,
            settled_by=None,
            rev=F("rev") + 1,
            trouble="",
        )  # fmt: skip
        if kept:
            finish(output)
    return bool(kept)


def _make_durable(storage: Storage, name: str) -> None:
    """On a local disk, see a file through to it: the row that says "stored" will survive a power cut."""
    try:
        path = Path(storage.path(name))
    except NotImplementedError:
        return  # a storage elsewhere answers for itself
    for what in (path, path.parent):
        handle = os.open(what, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def finish(output: Output) -> None:
    """The job is DONE once each of its outputs is kept or given up. To be called in a transaction.

    Its row is held meanwhile: of two workers that end at once, the second must see what the first wrote.
    """
    job = Job.objects.select_for_update(no_key=True).get(pk=output.job_id)
    if Output.objects.wanted().filter(job=job).exists():
        return
    lost = Output.objects.filter(job=job, stored_at=None).first()
    reason = NOT_COPIED if lost else ""
    if job.state == State.ARCHIVING:
        advance(job, State.DONE, reason=reason, detail=lost.trouble if lost else "")
    elif job.state == State.DONE and job.reason != reason:
        # The job ended before; only what is said about its file changes.
        Job.objects.filter(pk=job.pk).update(reason=reason, rev=F("rev") + 1)
        note = reason or COPIED_LATER
        JobEvent.objects.create(job=job, at=timezone.now(), state=State.DONE, note=note)

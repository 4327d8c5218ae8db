"""Keeping every clip: from the provider's link to our own storage, with a poster and the facts."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.core.files import File
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from generations.contract import DialectError, Misconfigured, NotKnown
from generations.media import ClipFacts, NotAClip, inspect_clip
from generations.models import Heartbeat, Job, Output, State
from generations.services.advance import advance
from generations.services.kick import ARCHIVE_BEAT
from generations.transport import Allowance, Fetched, TooLarge, fetch

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
ATTEMPTS = 5  # for what is wrong with the file itself
PATIENCE = timedelta(hours=24)  # for what is wrong on the way
BACK_OFF = timedelta(seconds=5)
BACK_OFF_MOST = timedelta(minutes=10)
LIMIT = 2 << 30  # bytes
SECONDS = 780


class Stopped(Exception):
    """The portal is stopping; the file is fetched after the next start."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that arrived: where it lies, what it is."""

    clip: Path
    poster: Path
    fetched: Fetched
    facts: ClipFacts


def archive(output_pk: int, stop: Callable[[], bool] = lambda: False) -> bool:
    """Copy one output into storage, unless another worker is at it. False when it was not kept this time."""
    output = _claim(output_pk)
    if output is None:
        return False
    folder = Path(tempfile.mkdtemp(prefix="incoming-", dir=_workshop()))
    try:
        return _keep(output, _fetch(output, folder, stop))
    except Stopped:
        _release(output)
        return False
    except (NotKnown, NotAClip, TooLarge, Misconfigured) as error:
        _not_kept(output, str(error), over=output.attempts >= ATTEMPTS)
        return False
    except (OperationalError, InterfaceError):
        raise  # nothing can be written now; the lease ends and the sweeper sends it again
    except Exception as error:
        if not isinstance(error, DialectError):
            log.exception("output %s could not be kept", output)
        _not_kept(output, str(error), over=timezone.now() - output.job.state_since > PATIENCE)
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _claim(output_pk: int) -> Output | None:
    now, lease = timezone.now(), uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    Heartbeat.beat(ARCHIVE_BEAT)
    won = Output.objects.filter(free, pk=output_pk, stored_at=None, abandoned_at=None).update(
        lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1, bytes_done=0, rev=F("rev") + 1
    )
    return Output.objects.select_related("job__provider").get(pk=output_pk) if won else None


def _fetch(output: Output, folder: Path, stop: Callable[[], bool]) -> Copy:
    async def progress(done: int, total: int) -> None:
        if stop():
            raise Stopped
        await sync_to_async(_tell)(output, done, total)

    clip, poster = folder / "clip.mp4", folder / "poster.webp"
    provider = output.job.provider
    allowance = Allowance(provider.origin if provider and provider.allow_private else "")
    fetched = async_to_sync(fetch)(output.remote_url, clip, allowance, limit=LIMIT, seconds=SECONDS, progress=progress)
    _tell(output, fetched.size, fetched.size)
    return Copy(clip, poster, fetched, inspect_clip(clip, poster))


def _tell(output: Output, done: int, total: int) -> None:
    """Show how far the copy is, and hold on to it."""
    Heartbeat.beat(ARCHIVE_BEAT)
    _mine(output).update(bytes_done=done, size=total, rev=F("rev") + 1, lease_until=timezone.now() + LEASE)


def _keep(output: Output, copy: Copy) -> bool:
    """Store both files under names nobody can guess, then let the job end; False when the lease was lost."""
    name = uuid4().hex
    folder = f"clips/{name[:2]}"
    with copy.clip.open("rb") as clip, copy.poster.open("rb") as poster:
        output.clip.save(f"{folder}/{name}.mp4", File(clip), save=False)
        output.poster.save(f"{folder}/{name}.webp", File(poster), save=False)
    _make_durable(output)
    with transaction.atomic():
        kept = _mine(output).update(
            clip=output.clip.name,
            poster=output.poster.name,
            size=copy.fetched.size,
            sha256=copy.fetched.sha256,
            duration=copy.facts.duration,
            width=copy.facts.width,
            height=copy.facts.height,
            bytes_done=copy.fetched.size,
            stored_at=timezone.now(),
            rev=F("rev") + 1,
            trouble="",
        )
        if kept:
            _finish(output)
    if not kept:
        output.clip.delete(save=False)
        output.poster.delete(save=False)
    return bool(kept)


def _make_durable(output: Output) -> None:
    """On a local disk, see both files through to it: the row that says "stored" will survive a power cut."""
    for file in (output.clip, output.poster):
        try:
            path = Path(file.path)
        except NotImplementedError:
            return  # a storage elsewhere answers for itself
        for what in (path, path.parent):
            handle = os.open(what, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def _not_kept(output: Output, trouble: str, *, over: bool) -> None:
    """Try again later, longer after each try; when it is over the job ends without our copy, and says so."""
    log.warning("output %s: %s (try %s)", output, trouble, output.attempts)
    wait = min(BACK_OFF * 3 ** min(output.attempts - 1, 8), BACK_OFF_MOST)
    with transaction.atomic():
        released = _mine(output).update(
            trouble=trouble,
            lease_until=None,
            next_try_at=timezone.now() + wait,
            abandoned_at=timezone.now() if over else None,
            rev=F("rev") + 1,
        )
        if over and released:
            _finish(output)


def _finish(output: Output) -> None:
    """The job is DONE once each of its outputs is kept or given up.

    Its row is held meanwhile: of two workers that end at once, the second must see what the first wrote.
    """
    job = Job.objects.select_for_update().get(pk=output.job_id)
    if Output.objects.filter(job=job, stored_at=None, abandoned_at=None).exists():
        return
    lost = Output.objects.filter(job=job, stored_at=None).first()
    reason = "The file could not be copied into the library." if lost else ""
    if job.state == State.ARCHIVING:
        advance(job, State.DONE, reason=reason, detail=lost.trouble if lost else "")


def _release(output: Output) -> None:
    _mine(output).update(lease_until=None, next_try_at=timezone.now(), attempts=F("attempts") - 1)


def _mine(output: Output) -> QuerySet[Output]:
    return Output.objects.filter(pk=output.pk, lease=output.lease)


def clear_workshop() -> None:
    """Remove half-fetched files. Only while no archive worker runs on this data folder."""
    shutil.rmtree(_workshop(), ignore_errors=True)


def _workshop() -> Path:
    folder = Path(settings.DATA_DIR) / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder

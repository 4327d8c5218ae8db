"""Keeping every clip: from the provider's link to our own storage, with a poster and the facts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import DialectError, Misconfigured, NeverHeard, NotKnown
from generations.media import NotAClip, inspect_clip
from generations.models import Heartbeat, Output
from generations.process import failpoint
from generations.services.incoming import CLIP, POSTER, Occupied, clear, folder_of, forget, workshop
from generations.services.keeping import Copy, finish, held, keep, lease_time, tell
from generations.services.kick import ARCHIVE_BEAT
from generations.services.readdress import Address
from generations.services.room import NoRoom, check_room, has_room, means_full, tell_full
from generations.services.speaking import dialect_of
from generations.transport import Allowance, Bounds, Fetched, TooLarge, fetch

log = logging.getLogger(__name__)

FAULTS = 5  # tries in which the file itself was wrong
BACK_OFF = timedelta(seconds=5)
BACK_OFF_MOST = timedelta(minutes=10)
FULL_WAIT = timedelta(seconds=60)
WORDS: Mapping[type[Exception], str] = {
    NotAClip: gettext_noop("What came is no video that can be opened."),
    OSError: gettext_noop("The disk or the storage did not take the file."),
}
UNEXPECTED = gettext_noop("The copy failed in a way that nobody foresaw. The log has more.")
SMALL = 32 << 20  # bytes of an unfinished file that may stay on a full disk


class Stopped(Exception):
    """The portal is stopping; the file is fetched after the next start."""


def archive(output_pk: int, stop: Callable[[], bool] = lambda: False) -> bool:
    """Copy one output into storage, unless another worker is at it. False when it was not kept this time.

    A try that breaks off leaves its bytes in the output's folder, where the next one goes on.
    """
    output = _claim(output_pk) if has_room() else None
    if output is None:
        return False
    try:
        with folder_of(output.pk) as folder:
            if not keep(output, _fetch(output, folder, stop)):
                return False
            clear(folder)
            return True
    except (Stopped, Occupied):
        _release(output)
    except (OperationalError, InterfaceError):
        raise  # nothing can be written now; the lease ends and the sweeper sends it again
    except Exception as error:
        _came_to_nothing(output, error)
    return False


def _claim(output_pk: int) -> Output | None:
    now, lease = timezone.now(), uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    Heartbeat.beat(ARCHIVE_BEAT)
    won = Output.objects.wanted().filter(free, pk=output_pk).update(
        lease=lease, lease_until=now + lease_time(), attempts=F("attempts") + 1, bytes_done=0, rev=F("rev") + 1
    )  # fmt: skip
    return Output.objects.select_related("job__provider").get(pk=output_pk) if won else None


def _fetch(output: Output, folder: Path, stop: Callable[[], bool]) -> Copy:
    """The file, measured. An ended or refused link is asked for anew, once a try."""
    clip, poster = folder / CLIP, folder / POSTER
    address = Address(output)
    if output.link_ended:
        address.renew()
    try:
        fetched = _download(output, clip, stop)
    except NotKnown as error:
        if not address.renew():
            raise address.in_words(error) from error
        fetched = _download(output, clip, stop)
    tell(output, fetched.size, fetched.size)
    check_room(fetched.size, fetched.size)
    with held(output):
        return Copy(clip, poster, fetched, inspect_clip(clip, poster))


def _download(output: Output, clip: Path, stop: Callable[[], bool]) -> Fetched:
    async def progress(done: int, total: int) -> None:
        failpoint("mid_archive")
        if stop():
            raise Stopped
        check_room(done, total)
        await sync_to_async(tell)(output, done, total)

    provider = output.job.provider
    allowance = Allowance(provider.origin if provider and provider.allow_private else "")
    bounds = Bounds(settings.ARCHIVE_FILE_MOST, settings.ARCHIVE_TRY_SECONDS, settings.ARCHIVE_SLOWEST)
    secrets = _secrets(output)
    return async_to_sync(fetch)(output.remote_url, clip, allowance, bounds, progress=progress, secrets=secrets)


def _secrets(output: Output) -> dict[str, str]:
    """The provider's key, for a file that is part of its API, and only while its address is the one the job went to."""
    job, provider = output.job, output.job.provider
    if not output.needs_key or provider is None:
        return {}
    if provider.origin != job.origin:
        raise NeverHeard(gettext_noop("The provider's address was changed after this was sent."))
    return dialect_of(provider, job.dialect).headers


def _came_to_nothing(output: Output, error: Exception) -> None:
    """What a failed try means: the disk, the file itself, or the way to it."""
    if means_full(error):
        _wait_for_room(output, error)
    elif isinstance(error, NotKnown | NotAClip | TooLarge | Misconfigured):
        _not_kept(output, error, faults=output.faults + 1, over=output.faults + 1 >= FAULTS)
    else:
        if not isinstance(error, DialectError):
            log.exception("output %s could not be kept", output)
        patience = timedelta(seconds=settings.ARCHIVE_PATIENCE)
        _not_kept(output, error, faults=output.faults, over=timezone.now() - output.asked_at > patience)


def _not_kept(output: Output, error: Exception, *, faults: int, over: bool) -> None:
    """Try again later, longer after each try; when it is over the job ends without our copy, and says so."""
    trouble = _told(error)
    log.warning("output %s: %s (try %s)", output, trouble, output.attempts)
    now = timezone.now()
    with transaction.atomic():
        released = Output.objects.leased(output).update(
            trouble=trouble,
            faults=faults,
            lease_until=None,
            next_try_at=now + _wait(output),
            abandoned_at=now if over else None,
            rev=F("rev") + 1,
        )
        if over and released:
            finish(output)
    if released and (over or isinstance(error, NotAClip | TooLarge)):
        forget(output.pk)


def _wait(output: Output) -> timedelta:
    """Longer after each try, but soon again when the link is about to end."""
    wait: timedelta = min(BACK_OFF * 3 ** min(output.attempts - 1, 8), BACK_OFF_MOST)
    if output.expires_at is None or output.link_ended:
        return wait
    return max(BACK_OFF, min(wait, (output.expires_at - timezone.now()) / 4))


def _wait_for_room(output: Output, error: Exception) -> None:
    """No fault of the file or its provider: the try does not count, and what came of a small file stays."""
    tell_full()
    log.warning("output %s: %s", output, error)
    clip = workshop() / str(output.pk) / CLIP
    if clip.exists() and clip.stat().st_size > SMALL:
        forget(output.pk)
    _release(output, trouble=_told(error), wait=FULL_WAIT)


def _told(error: Exception) -> str:
    """What went wrong, for staff: our sentence, and on the next line what may name an address or a text."""
    if isinstance(error, DialectError):
        return f"{error}\n{error.detail}" if error.detail != str(error) else str(error)
    if isinstance(error, NoRoom):
        return str(error)
    words = next((words for kind, words in WORDS.items() if isinstance(error, kind)), UNEXPECTED)
    return f"{words}\n{error}"


def _release(output: Output, *, trouble: str | None = None, wait: timedelta = timedelta()) -> None:
    said = {} if trouble is None else {"trouble": trouble}
    Output.objects.leased(output).update(
        lease_until=None, next_try_at=timezone.now() + wait, attempts=F("attempts") - 1, rev=F("rev") + 1, **said
    )

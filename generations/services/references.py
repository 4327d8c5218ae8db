"""Reference images: kept as they came, fitted when they are shown or sent."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generations.contract import DialectError
from generations.media.pictures import BYTES_MOST, NotAPicture, examine, fitted
from generations.models import Fit, Job, Reference, User
from generations.services import turns
from generations.services.told import told
from generations.transport import Allowance, Bounds, TooLarge, fetch

log = logging.getLogger(__name__)

UNUSED_LIFE = timedelta(days=2)
THUMB = (192, 192)
FETCH_SECONDS = 15.0
USUAL = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (1024, 1024)}
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class NotUsable(Exception):
    """This cannot be a reference image; the text says why and what can."""


class NotUsableNow(NotUsable):
    """It may well do later: something else than the image is in the way, and the text says what."""


class Busy(NotUsableNow):
    """The portal has its hands full with images; in a moment it has not."""

    def __init__(self) -> None:
        super().__init__(_("The portal is busy with other images. Try again in a moment."))


def add(owner: User, content: bytes, source_url: str = "") -> Reference:
    """The image's row: a new one, or the owner's earlier one of the same bytes. Raises NotUsable, NotUsableNow."""
    sha256 = hashlib.sha256(content).hexdigest()
    if known := _known(owner, sha256, source_url):
        return known
    with _turn(turns.PICTURES), _named():
        picture, (small, kind) = examine(content), fitted(content, Fit.CROP, *THUMB)
    row = Reference(
        owner=owner, sha256=sha256, content_type=picture.content_type, size=len(content),
        width=picture.width, height=picture.height, source_url=source_url,
    )  # fmt: skip
    name = uuid4().hex
    row.image.save(f"references/{name[:2]}/{name}.{ENDINGS[picture.content_type]}", ContentFile(content), save=False)
    row.thumb.save(f"references/{name[:2]}/{name}-small.{ENDINGS[kind]}", ContentFile(small), save=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # The same image came twice at once, and the other one was first.
        _remove_files(row)
        if known := _known(owner, sha256, source_url):
            return known
        raise
    return row


def _known(owner: User, sha256: str, source_url: str) -> Reference | None:
    """The owner's row of the same bytes; where it was found last is kept."""
    known = Reference.objects.filter(owner=owner, sha256=sha256).first()
    if known and source_url and known.source_url != source_url:
        known.source_url = source_url
        known.save(update_fields=["source_url"])
    return known


def _remove_files(row: Reference) -> None:
    for file in (row.image, row.thumb):
        if file:
            file.storage.delete(str(file.name))


def add_from_url(owner: User, url: str) -> Reference:
    """The image behind a public https address. Raises NotUsable, or Busy."""
    if not url.startswith("https://"):
        raise NotUsable(_("Give an address that begins with https://."))
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        path = Path(folder) / "image"
        try:
            bounds = Bounds(BYTES_MOST, FETCH_SECONDS)
            with _turn(turns.FETCHES):
                async_to_sync(fetch)(url, path, Allowance(), bounds, progress=_nobody_waits)
        except TooLarge as error:
            raise NotUsable(_("The image has more than {most} MB.").format(most=BYTES_MOST >> 20)) from error
        except DialectError as error:
            raise NotUsable(_("The image could not be fetched: {why}").format(why=told(str(error)))) from error
        return add(owner, path.read_bytes(), source_url=url)


async def _nobody_waits(done: int, total: int) -> None:
    return None


def target_size(aspect_ratio: str, width: int, height: int) -> tuple[int, int]:
    """The pixels to fit to: the output's own, or the usual ones of its ratio where the provider names none."""
    return (width, height) if width and height else USUAL.get(aspect_ratio, USUAL["16:9"])


def image_of(reference: Reference, fit: str, size: tuple[int, int]) -> tuple[bytes, str]:
    """The image fitted to this size, with its type. Asks no database. Raises NotUsable, NotUsableNow."""
    with _named(), reference.image.open("rb") as file:
        return fitted(file.read(), fit, *size)


@contextmanager
def _named() -> Iterator[None]:
    """Only a file that is gone and the reader's own verdict are for good; all else (no memory, no network) may pass."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotUsable(_("The reference image is not there any more.")) from error
    except NotAPicture as error:
        raise NotUsable(told(str(error))) from error
    except Exception as error:
        log.warning("a reference image could not be read just now: %r", error)
        raise NotUsableNow(_("The reference image could not be read just now; the next try may work.")) from error


@contextmanager
def _turn(where: turns.Room) -> Iterator[None]:
    try:
        with where.turn():
            yield
    except turns.Full as error:
        raise Busy from error


def in_turn(where: turns.Room, image: Reference, fit: str, size: tuple[int, int]) -> tuple[bytes, str]:
    """As `image_of`, within this room. Raises Busy too."""
    with _turn(where):
        return image_of(image, fit, size)


def job_size(job: Job) -> tuple[int, int]:
    """The pixels that a job's image is fitted to."""
    return target_size(job.aspect_ratio, job.width, job.height)


def image_for(job: Job) -> tuple[bytes, str]:
    """The job's reference image, as its provider gets it. Raises NotUsable."""
    if job.reference is None:
        raise NotUsable(_("This job has no reference image."))
    return image_of(job.reference, job.reference_fit, job_size(job))


def forget_unused() -> None:
    """Remove images that no job used within two days, with their files."""
    old = timezone.now() - UNUSED_LIFE
    for row in Reference.objects.filter(jobs=None, created_at__lt=old):
        row.delete()
        _remove_files(row)

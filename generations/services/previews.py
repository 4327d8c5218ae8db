"""Fitted images for pages and providers' links: made in a room that is never crowded, and kept for a day."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache
from django.utils.translation import gettext as _

from generations.models import Job, ModelCombination, Reference
from generations.services import turns
from generations.services.references import NotUsable, in_turn, job_size, target_size

LONGER_SIDE = 480  # pixels of a preview
LEAST = 64
KEPT = 24 * 60 * 60  # seconds
MOST = 200  # images, of a few megabytes at the very most


def preview_size(size: tuple[int, int]) -> tuple[int, int]:
    """An output's shape, small."""
    share = min(1.0, LONGER_SIDE / max(size))
    return max(LEAST, round(size[0] * share)), max(LEAST, round(size[1] * share))


def is_preview_size(size: tuple[int, int]) -> bool:
    """True when something that is offered now has this size in small: others are not made."""
    offered = ModelCombination.objects.filter(model__enabled=True, model__provider__enabled=True).order_by()
    rows = offered.values_list("aspect_ratio", "width", "height").distinct()
    return any(preview_size(target_size(*row)) == size for row in rows)


def preview(image: Reference, fit: str, size: tuple[int, int]) -> tuple[bytes, str]:
    """The image fitted to this size, with its type. Raises NotUsable when its file is gone, Busy when many want one."""
    return _kept(image, fit, size, turns.PICTURES)


def job_image(job: Job, *, for_provider: bool = False) -> tuple[bytes, str]:
    """The job's reference image as its provider gets it. Raises as `preview` does."""
    if job.reference is None:
        raise NotUsable(_("This job has no reference image."))
    return _kept(job.reference, job.reference_fit, job_size(job), turns.LINKS if for_provider else turns.PICTURES)


def _kept(image: Reference, fit: str, size: tuple[int, int], where: turns.Room) -> tuple[bytes, str]:
    name = f"{image.key}-{fit}-{size[0]}x{size[1]}"
    found: tuple[bytes, str] | None = _cache().get(name)
    if found is None:
        found = in_turn(where, image, fit, size)
        with suppress(OSError):  # a full disk: made again next time
            _cache().set(name, found)
    return found


@cache
def _cache() -> FileBasedCache:
    """Files of this machine: they may be gone at any time."""
    return FileBasedCache(str(settings.DATA_DIR / "previews"), {"TIMEOUT": KEPT, "OPTIONS": {"MAX_ENTRIES": MOST}})

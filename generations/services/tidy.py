"""Files and rows brought together again: stored files that no row names, rows whose file is gone."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, takewhile

from django.core.files.storage import default_storage
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Heartbeat, Output, Reference, Session
from generations.services.incoming import forget_orphans
from generations.services.kick import ARCHIVE_BEAT
from generations.services.trash import purge_due, retire_old

log = logging.getLogger(__name__)

FOLDERS = ("clips", "references")  # what the portal itself stores; nothing else is ever touched
GRACE = timedelta(hours=24)  # a younger file may be one whose row is just being written
BATCH = 200
FEW = 100
ROUND_SECONDS = 45.0
LISTED = "tidy:listed"
LIST_EVERY = timedelta(hours=24)
GONE = gettext_noop("The stored file is gone.")
DAMAGED = gettext_noop("The stored file has {size} bytes instead of {expected}.")


@dataclass(frozen=True, slots=True)
class Missing:
    """A row that says "stored", and what is wrong with its file."""

    output: Output
    why: str


def tidy() -> None:
    """One round: retention, trash, half-done files; once a day also sessions and the storage.

    Each bounded, each safe to repeat.
    """
    retire_old()
    purge_due()
    forget_orphans()
    if Heartbeat.take_turn(LISTED, LIST_EVERY, at_once=True):
        Session.objects.filter(expire_date__lt=timezone.now()).delete()
        _clear_storage()


def _clear_storage() -> None:
    """Remove a few orphans. Many at once are no accident of a killed worker: somebody has to look."""
    until = time.monotonic() + ROUND_SECONDS  # what is left is another day's: each round begins in another folder
    found = list(islice(takewhile(lambda _: time.monotonic() < until, orphans(shuffled=True)), FEW + 1))
    if len(found) > FEW:
        log.warning("more than %s stored files have no row; nothing was removed: manage.py storage --check", FEW)
        return
    for name in found:
        remove(name)


def orphans(*, shuffled: bool = False) -> Iterator[str]:
    """Names of stored files older than a day that no row names."""
    for batch in _batched(_stored_names(shuffled=shuffled)):
        Heartbeat.beat(ARCHIVE_BEAT)
        yield from (name for name in batch - _named(batch) if _is_old(name))


def remove(name: str) -> None:
    """Delete an orphan, unless a row names it by now."""
    if not _named({name}):
        default_storage.delete(name)


def missing() -> Iterator[Missing]:
    """Rows that say "stored" whose file is gone or has another size. Clips that were removed on purpose are none."""
    for output in _kept().select_related("job").order_by("pk").iterator(BATCH):
        if why := _wrong_with(output):
            yield Missing(output, why)


def kept_count() -> int:
    """How many rows say "stored"."""
    return _kept().count()


def _kept() -> QuerySet[Output]:
    return Output.objects.filter(stored_at__isnull=False, job__purged_at=None)


def unkeep(found: Missing) -> bool:
    """Mark the row as not archived, so that its file is fetched again; False when it changed meanwhile."""
    now = timezone.now()
    rows = Output.objects.filter(pk=found.output.pk, clip=found.output.clip.name, stored_at=found.output.stored_at)
    return bool(
        rows.update(
            stored_at=None, clip="", poster="", abandoned_at=None, settled_by=None, faults=0, bytes_done=0,
            trouble=found.why, asked_at=now, next_try_at=now, rev=F("rev") + 1,
        )
    )  # fmt: skip


def _wrong_with(output: Output) -> str:
    if not output.clip.name or not default_storage.exists(output.clip.name):
        return GONE
    size = default_storage.size(output.clip.name)
    return "" if size == output.size else DAMAGED.format(size=size, expected=output.size)


def _stored_names(*, shuffled: bool) -> Iterator[str]:
    for top in FOLDERS:
        folders = [f"{top}/{name}" for name in _listed(top)[0]]
        if shuffled:
            random.shuffle(folders)
        for folder in folders:
            yield from (f"{folder}/{name}" for name in _listed(folder)[1])


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return sorted(filter(None, folders)), sorted(filter(None, files))


def _named(names: set[str]) -> set[str]:
    """Those of the names that some row names."""
    outputs = Output.objects.filter(Q(clip__in=names) | Q(poster__in=names)).values_list("clip", "poster")
    references = Reference.objects.filter(Q(image__in=names) | Q(thumb__in=names)).values_list("image", "thumb")
    return {str(name) for pair in (*outputs, *references) for name in pair}


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < timezone.now() - GRACE
    except FileNotFoundError:
        return False


def _batched(names: Iterable[str]) -> Iterator[set[str]]:
    rest = iter(names)
    while batch := set(islice(rest, BATCH)):
        yield batch

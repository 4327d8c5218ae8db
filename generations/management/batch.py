"""`manage.py generate --csv`: the preview of a file on the terminal, and its clips once somebody agrees."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from django.core.management.base import CommandError, OutputWrapper

from generations.models import Job, User
from generations.services.batch.plan import Batch, make, plan
from generations.services.batch.rows import Defaults, Row
from generations.services.batch.table import BYTES_MOST, NotReadable, decoded
from generations.services.compose import KEY_LIMIT, NotPossible

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line said: the file, the batch key, and how much may be taken for granted."""

    file: str
    key: str
    defaults: Defaults
    dry_run: bool = False
    yes: bool = False
    skip_bad: bool = False


def run(author: User, wish: Wish, err: OutputWrapper) -> list[Job]:
    """Show every row and its cost on `err`, then make the clips if that was agreed to. Raises CommandError."""
    batch = _planned(author, wish)
    for line in preview(batch):
        err.write(line)
    if batch.bad and not wish.skip_bad:
        raise CommandError(f"{_rows(batch)} wrong, nothing was made. Mend the file, or leave them out by --skip-bad.")
    if wish.dry_run:
        return []
    if batch.clips:
        err.write(f"The key of this batch: {wish.key}. The same file with --key {wish.key} makes nothing twice.")
        _agreed(batch, wish, sys.stdin, err)
    try:
        return make(author, batch)
    except NotPossible as problem:
        raise CommandError(f"Nothing was made: what is on offer changed just now. {problem}") from problem


def preview(batch: Batch) -> Iterator[str]:
    """A line for each row, then what all of them cost."""
    for row in batch.rows:
        yield from _told(row)
    some = 0 < batch.unknown < batch.clips
    unknown = f"; {batch.unknown} without a known price" if some else ""
    yield f"{_clips(batch)}, {batch.cost}{unknown}" if batch.clips else "No clips to make."


def _planned(author: User, wish: Wish) -> Batch:
    if len(wish.key) > KEY_LIMIT:
        raise CommandError(f"--key: {len(wish.key)} characters are too many; the limit is {KEY_LIMIT}.")
    try:
        return plan(author, decoded(_bytes(wish.file)), wish.key, wish.defaults)
    except NotReadable as problem:
        raise CommandError(f"--csv: {problem}") from problem


def _bytes(name: str) -> bytes:
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(BYTES_MOST + 1)
        with Path(name).open("rb") as file:
            return file.read(BYTES_MOST + 1)
    except OSError as error:
        raise CommandError(f"--csv: {name} cannot be read ({error.strerror}).") from error


def _told(row: Row) -> Iterator[str]:
    """The row in a line; in one for each problem, if it has any."""
    text = " ".join(row.text.split())
    start = f"line {row.record.line:>4}  {text if len(text) <= 40 else text[:39] + '…':<40}"
    for problem in row.problems:
        yield f"{start}  WRONG {problem.column}: {problem.sentence}"
    if row.problems:
        return
    if not row.asks:
        yield f"{start}  made already"
    elif row.provider and row.model and (c := row.combination):
        settings = " ".join(filter(None, (c.aspect_ratio, f"{c.seconds} s", c.quality, f"x {row.asks}")))
        price = "price not known" if row.price is None else str(row.price)
        waits = "  needs approval" if row.waits else ""
        yield f"{start}  {row.provider.name}, {row.model.slug}  {settings}  {price}{waits}"


def _agreed(batch: Batch, wish: Wish, keyboard: TextIO, err: OutputWrapper) -> None:
    """A person at the terminal says yes, or --yes did before. Raises CommandError."""
    if wish.yes:
        return
    if wish.file == STDIN or not keyboard.isatty():
        raise CommandError("Nothing was made: without a terminal to ask on, agree by --yes.")
    err.write(f"Make {_clips(batch)} for {batch.cost}? [y/N] ", ending="")
    err.flush()
    if keyboard.readline().strip().casefold() not in {"y", "yes"}:
        raise CommandError("Nothing was made.")


def _clips(batch: Batch) -> str:
    return f"{batch.clips} clip{'' if batch.clips == 1 else 's'}"


def _rows(batch: Batch) -> str:
    bad = len(batch.bad)
    return f"{bad} row{'' if bad == 1 else 's'} {'is' if bad == 1 else 'are'}"

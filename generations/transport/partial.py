"""A file that may need more than one try: its bytes on disk, and beside them what they are known by."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
SPARE = 64 << 10


@dataclass(frozen=True, slots=True)
class Mark:
    """What the bytes of a partial file are known by.

    `source` is the address they came from without its query, `validator` its strong ETag or Last-Modified ("" when it
    had none: nothing can be continued), `total` the whole file's bytes (0 when unsaid), `kept` the bytes that are
    surely on the disk.
    """

    source: str
    validator: str
    total: int = 0
    kept: int = 0


class Partial:
    """The file at `path` while it arrives. What a killed process or a power cut left behind is never trusted blindly:
    only the bytes that `settle` saw through to the disk count."""

    def __init__(self, path: Path) -> None:
        self.path, self.note = path, path.with_name(f"{path.name}.mark")
        self.mark = self._read()
        self.size, self.digest = 0, hashlib.sha256()
        self._file: BinaryIO | None = None

    @property
    def is_whole(self) -> bool:
        """True when every byte arrived in an earlier try."""
        return self.mark is not None and 0 < self.mark.total == self.mark.kept

    def start(self, mark: Mark) -> None:
        """Begin anew; what was there is gone."""
        self.drop()
        self.mark = mark
        self._file = self.path.open("wb", buffering=0)

    def go_on(self, total: int) -> None:
        """Continue after the kept bytes, which are read again: the digest covers the whole file."""
        assert self.mark is not None  # noqa: S101 -- for the type checker: only a marked file is continued
        self.mark = replace(self.mark, total=total)
        self._file = self.path.open("r+b", buffering=0)
        self._file.truncate(self.mark.kept)
        while block := self._file.read(BLOCK):
            self._count(block)

    def write(self, chunk: bytes) -> None:
        """Raises OSError when the disk takes no more."""
        assert self._file is not None  # noqa: S101
        rest = memoryview(chunk)
        while rest:
            written = self._file.write(rest)
            self._count(rest[:written])
            rest = rest[written:]

    def settle(self) -> None:
        """See what arrived through to the disk, and note how much that is."""
        if self._file is None or self.mark is None:
            return
        os.fdatasync(self._file.fileno())
        try:
            self._write_note(replace(self.mark, kept=self.size))
        except OSError:
            # A full disk has no room for the note either; a little of what arrived makes some.
            least = max(0, self.size - SPARE)
            self._file.truncate(least)
            self._write_note(replace(self.mark, kept=least))
            raise

    def complete(self) -> None:
        """Note that nothing is missing, so that no later try asks for it again."""
        if self.mark is not None:
            self.mark = replace(self.mark, total=self.size)
            self.settle()
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def drop(self) -> None:
        """Forget everything that arrived so far."""
        self.close()
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self.mark, self.size, self.digest = None, 0, hashlib.sha256()

    def _write_note(self, mark: Mark) -> None:
        self.mark = mark
        if mark.validator:
            fresh = self.note.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(mark)))
            fresh.replace(self.note)

    def _count(self, block: bytes | memoryview) -> None:
        self.size += len(block)
        self.digest.update(block)

    def _read(self) -> Mark | None:
        """The mark of an earlier try, if the bytes it speaks of are there."""
        try:
            said = json.loads(self.note.read_text())
            mark = Mark(str(said["source"]), str(said["validator"]), int(said["total"]), int(said["kept"]))
            usable = mark.validator and 0 < mark.kept <= self.path.stat().st_size
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return mark if usable else None

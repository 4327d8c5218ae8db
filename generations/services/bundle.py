"""Many clips as one zip file, made while it is read: nothing of it lies on a disk, and memory holds one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.db.models.fields.files import FieldFile
from django.utils import timezone

from generations.models import Job, User
from generations.services.cells import line
from generations.services.clipnames import own_name
from generations.services.files import pieces
from generations.services.trash import may_play
from generations.services.webhooks import link

MANIFEST = "clips.csv"
COLUMNS = ("file", "prompt", "author", "provider", "model", "seconds", "created", "link", "left_out")
EARLIEST = 1980  # the first year a zip file can name
NO_FILE = "no file is kept"
GONE = "its file is gone"
Moment = tuple[int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Clip:
    """A kept file, the name it gets, and its line in the manifest. Without a file it is only told of there."""

    name: str
    file: FieldFile | None
    size: int
    made: Moment
    told: tuple[str, ...]


class _Taken:
    """Where the archive writes to: it keeps what was written until somebody takes it. It has no way back."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """What was not taken yet may still be."""

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def has_clip(job: Job, user: User) -> bool:
    """A kept file that this user may play."""
    return job.clip is not None and bool(job.clip.clip) and may_play(job, user)


def clips_of(jobs: Iterable[Job], user: User) -> list[Clip]:
    """The jobs' clips, as far as this user may play them, each under a name of its own, times in the reader's zone."""
    found: list[Clip] = []
    names: set[str] = set()
    for job in jobs:
        name = _free(own_name(job), names) if has_clip(job, user) else ""
        names.add(name)
        found.append(_clip(job, name))
    return found


def zipped(clips: Iterable[Clip]) -> Iterator[bytes]:
    """The archive, piece by piece. Clips are stored as they are, since they are packed already.

    A file that went meanwhile is left out, and the manifest at the end says so. Any other trouble ends the archive
    before its table of contents, so that nobody takes half of it for the whole.
    """
    out, lines = _Taken(), []
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for clip in clips:
            content, left_out = _opened(clip)
            yield from _put(archive, out, _entry(clip), content) if content else ()
            lines.append((clip.name if content else "", *clip.told, left_out))
        yield from _put(archive, out, ZipInfo(MANIFEST, _moment()), manifest(lines))
    yield out.take()


def manifest(lines: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """What is in the archive and what is not, as a spreadsheet reads it."""
    yield b"\xef\xbb\xbf"
    for cells in chain([COLUMNS], lines):
        yield line(cells).encode()


def _opened(clip: Clip) -> tuple[Iterator[bytes] | None, str]:
    """The file's pieces, or why there are none."""
    try:
        return (pieces(clip.file), "") if clip.file else (None, NO_FILE)
    except FileNotFoundError:
        return None, GONE


def _put(archive: ZipFile, out: _Taken, entry: ZipInfo, content: Iterable[bytes]) -> Iterator[bytes]:
    with archive.open(entry, "w") as target:
        for piece in content:
            target.write(piece)
            yield out.take()
    yield out.take()


def _clip(job: Job, name: str) -> Clip:
    output = job.clip if name else None
    made = timezone.localtime(job.created_at).isoformat(timespec="seconds")
    told = (job.prompt.text, str(job.author), job.provider_name, job.model, str(job.seconds), made, link(job))
    return Clip(name, output.clip if output else None, output.size if output else 0, _moment(job), told)


def _entry(clip: Clip) -> ZipInfo:
    entry = ZipInfo(clip.name, clip.made)
    entry.file_size = clip.size  # from which zipfile sees whether this one needs ZIP64
    return entry


def _moment(job: Job | None = None) -> Moment:
    at = timezone.localtime(job.created_at if job else None)
    return max(at.year, EARLIEST), at.month, at.day, at.hour, at.minute, at.second


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, with a number where it is taken: keys could begin alike."""
    stem, names, number = name.removesuffix(".mp4"), set(taken), 1
    while name in names:
        number += 1
        name = f"{stem}-{number}.mp4"
    return name

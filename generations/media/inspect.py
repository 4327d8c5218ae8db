"""What a clip is, told by a short-lived child process: a hostile file can neither crash nor read this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generations.media.limited import Unreadable, run_limited

CHILD = Path(__file__).with_name("child.py")
SECONDS = 60
FOREVER = 86_400.0
EDGE_MOST = 65_535


class NotAClip(Exception):
    """The file is no video that can be opened; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """Duration in seconds, size in pixels as shown (rotation applied)."""

    duration: float
    width: int
    height: int


def inspect_clip(clip: Path, poster: Path) -> ClipFacts:
    """The facts of a clip, its poster frame written to `poster` as WebP.

    Raises NotAClip, and OSError when the disk is full.
    """
    try:
        told = run_limited(CHILD, [str(clip), str(poster)], SECONDS)
    except Unreadable as error:
        raise NotAClip(str(error)) from error
    return _facts(told)


def last_frame(clip: Path, frame: Path) -> None:
    """Write the frame that the clip ends with, in full size, to `frame` as WebP. Raises as `inspect_clip` does."""
    try:
        run_limited(CHILD, [str(clip), str(frame), "last"], SECONDS)
    except Unreadable as error:
        raise NotAClip(str(error)) from error


def _facts(told: bytes) -> ClipFacts:
    """What the child said, believed only where it can be: the file may have had a hand in it."""
    try:
        said = json.loads(told)
        facts = ClipFacts(float(said["duration"]), int(said["width"]), int(said["height"]))
    except (ValueError, TypeError, KeyError) as error:
        raise NotAClip("the reader gave no facts") from error
    if not (0 <= facts.duration < FOREVER and 0 < facts.width <= EDGE_MOST and 0 < facts.height <= EDGE_MOST):
        raise NotAClip("the reader gave facts that cannot be")
    return facts

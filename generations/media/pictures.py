"""Reference images: what they are, and bringing them to an output's shape, told by a short-lived child process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generations.media.limited import CutShort, Unreadable, run_limited

CHILD = Path(__file__).with_name("picture_child.py")
SECONDS = 20
BYTES_MOST = 20 << 20


class NotAPicture(Exception):
    """It cannot serve as a reference image; the text says why and what would."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that was looked at: its pixels as it is meant to be seen, and its true type."""

    width: int
    height: int
    content_type: str


def examine(content: bytes) -> Picture:
    """What this image is: a still JPEG, PNG or WebP of at most 20 MB and 40 million pixels. Raises NotAPicture."""
    if len(content) > BYTES_MOST:
        raise NotAPicture(f"The image has {len(content) / (1 << 20):.1f} MB; at most {BYTES_MOST >> 20} MB are taken.")
    return Picture(**json.loads(_child(["examine"], content)))


def fitted(content: bytes, fit: str, width: int, height: int) -> tuple[bytes, str]:
    """The image at exactly this size, with its type: "crop" fills it from the middle, "pad" shows all of it.

    The same input makes the same bytes. Nothing but the picture is kept: no place, no camera, no name.
    """
    kind, _, written = _child(["fit", fit, str(width), str(height)], content).partition(b"\n")
    return written, kind.decode()


def _child(arguments: list[str], content: bytes) -> bytes:
    """Raises NotAPicture by the child's own words only; CutShort and OSError say nothing about the image."""
    try:
        return run_limited(CHILD, arguments, SECONDS, content)
    except CutShort:
        raise
    except Unreadable as error:
        raise NotAPicture(str(error)) from error

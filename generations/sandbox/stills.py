"""Pictures made of a finished clip: its first frame, and one frame a second on a sheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image

COLUMNS = 5
TILE = 160  # pixels, a tile's longer side


def thumbnail(path: Path) -> bytes:
    """The first frame, as WebP of the clip's size."""
    return _saved(next(_frames(path)), "WEBP")


def spritesheet(path: Path) -> bytes:
    """A frame of every second from left to right and top to bottom, as JPEG."""
    tiles = [_tile(frame) for frame in _frames(path)]
    width, height = tiles[0].size
    sheet = Image.new("RGB", (width * min(COLUMNS, len(tiles)), height * -(-len(tiles) // COLUMNS)))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (width * (number % COLUMNS), height * (number // COLUMNS)))
    return _saved(sheet, "JPEG")


def _frames(path: Path) -> Iterator[Image.Image]:
    """The keyframes, of which our clips have one a second."""
    with av.open(str(path), "r") as film:
        stream = film.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in film.decode(stream):
            yield frame.to_image()  # type: ignore[no-untyped-call]


def _tile(frame: Image.Image) -> Image.Image:
    tile = frame.copy()
    tile.thumbnail((TILE, TILE))
    return tile


def _saved(picture: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind)
    return target.getvalue()

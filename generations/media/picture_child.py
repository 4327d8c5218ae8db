"""The child that opens a reference image. Run as a script, alone: no Django, no keys, little memory, little time.

The image comes on stdin. `examine` prints {"width", "height", "content_type"}; `fit crop|pad WIDTH HEIGHT` prints a
line with the type and then the image. What is wrong with it is the last line on stderr, for the member.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any

from PIL import Image, ImageFilter, ImageOps

MEMORY = 1 << 30
CPU_SECONDS = 15
PIXELS_MOST = 40_000_000
SIDE_LEAST = 64
PNG_MOST = 4 << 20  # bytes; a larger result is written as JPEG
QUALITY = 92
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def examine(content: bytes) -> None:
    """Sizes are judged by the header, before anything is unpacked."""
    image = _opened(content)
    if getattr(image, "is_animated", False):
        raise SystemExit("The image is animated. Use a still one.")
    if image.width * image.height > PIXELS_MOST:
        raise SystemExit(f"The image has {image.width} x {image.height} pixels; at most 40 million are taken.")
    if min(image.size) < SIDE_LEAST:
        raise SystemExit(f"The image has {image.width} x {image.height} pixels; each side needs {SIDE_LEAST} or more.")
    width, height = _upright(image).size
    sys.stdout.write(json.dumps({"width": width, "height": height, "content_type": TYPES[str(image.format)]}))


def fit(content: bytes, way: str, width: int, height: int) -> None:
    image = _opened(content)
    keep, upright = image.format == "PNG", _upright(image).convert("RGB")
    shaped = _padded(upright, width, height) if way == "pad" else _cropped(upright, width, height)
    kind, written = "PNG", _written(shaped, "PNG") if keep else b""
    if not keep or len(written) > PNG_MOST:
        kind, written = "JPEG", _written(shaped, "JPEG", quality=QUALITY)
    sys.stdout.buffer.write(TYPES[kind].encode() + b"\n" + written)


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=list(TYPES))
    except Exception:
        raise SystemExit("This is no JPEG, PNG or WebP image.") from None


def _upright(image: Image.Image) -> Image.Image:
    """The unpacked image, turned as its camera meant it."""
    try:
        image.load()
        return ImageOps.exif_transpose(image)
    except Exception:
        raise SystemExit("The image is damaged or incomplete. Save it again.") from None


def _cropped(image: Image.Image, width: int, height: int) -> Image.Image:
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def _padded(image: Image.Image, width: int, height: int) -> Image.Image:
    """The whole image over a blurred, darker copy of itself that fills the rest."""
    small = _cropped(image, max(1, width // 8), max(1, height // 8)).filter(ImageFilter.GaussianBlur(6))
    ground = small.point(lambda value: value * 0.55).resize((width, height), Image.Resampling.BICUBIC)
    whole = ImageOps.contain(image, (width, height), Image.Resampling.LANCZOS)
    ground.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return ground


def _written(image: Image.Image, kind: str, **how: Any) -> bytes:
    """Nothing but the picture: no place, no camera, no name."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def main(verb: str, *arguments: str) -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = None  # judged above, by the header
    content = sys.stdin.buffer.read()
    if verb == "examine":
        examine(content)
    else:
        fit(content, arguments[0], int(arguments[1]), int(arguments[2]))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        raise SystemExit(f"The image could not be read ({type(error).__name__}).") from None

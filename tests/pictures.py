"""Real images for tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(width: int = 900, height: int = 600, kind: str = "PNG", mode: str = "RGB", **how: Any) -> bytes:
    """A gradient of this size, so that cropping and padding can be seen."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind, **how)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image

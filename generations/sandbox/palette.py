"""Colours and shapes out of a prompt: the same prompt always looks the same, another one different."""

from __future__ import annotations

import colorsys
import hashlib
import random
from dataclasses import dataclass

Colour = tuple[int, int, int]

HUE_SWING = 0.04  # of the colour circle, either way, so that even prompts of one mood differ


@dataclass(frozen=True, slots=True)
class Palette:
    """Sky from `top` down to `low`, a `sun`, and the `dark` that near hills fade to."""

    top: Colour
    low: Colour
    sun: Colour
    dark: Colour

    @property
    def is_night(self) -> bool:
        return sum(self.top) < 220


MOODS = (
    Palette((43, 33, 92), (255, 150, 113), (255, 226, 160), (38, 20, 58)),
    Palette((62, 118, 196), (255, 210, 176), (255, 247, 220), (30, 50, 92)),
    Palette((10, 62, 88), (150, 226, 190), (250, 255, 222), (6, 44, 56)),
    Palette((190, 86, 66), (255, 216, 142), (255, 246, 218), (84, 32, 34)),
    Palette((8, 12, 42), (74, 100, 178), (236, 240, 255), (5, 10, 30)),
    Palette((98, 44, 116), (255, 170, 192), (255, 238, 224), (52, 20, 64)),
    Palette((28, 84, 134), (198, 234, 240), (255, 255, 250), (20, 58, 88)),
    Palette((30, 16, 44), (238, 92, 56), (255, 212, 124), (24, 10, 24)),
)


def palette_of(prompt: str) -> Palette:
    """The colours a prompt is painted in."""
    digest = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()
    mood = MOODS[digest[0] % len(MOODS)]
    swing = (digest[1] / 255 * 2 - 1) * HUE_SWING
    return Palette(*(_turned(colour, swing) for colour in (mood.top, mood.low, mood.sun, mood.dark)))


def dice_of(seed: str) -> random.Random:
    """A repeatable source of shapes."""
    return random.Random(seed)  # noqa: S311 -- hills need no secrecy


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0-1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _turned(colour: Colour, swing: float) -> Colour:
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    red, green, blue = colorsys.hsv_to_rgb((hue + swing) % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)

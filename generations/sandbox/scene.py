"""The picture: a sun over drifting hills and water. Everything that stands still is drawn once."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from generations.sandbox.canvas import Canvas, Stencil
from generations.sandbox.palette import Colour, Palette, dice_of, mix, palette_of

Place = tuple[float, float, float]  # top, half the height of the crests, depth below them; in picture heights
Wave = tuple[int, float, float]  # turns in a period, strength, phase

# From far to near: place, how dark, picture heights a second.
RIDGES: tuple[tuple[Place, float, float], ...] = (
    ((0.42, 0.10, 0.10), 0.38, 0.02),
    ((0.53, 0.085, 0.08), 0.62, 0.045),
    ((0.63, 0.065, 0.06), 0.84, 0.09),
)
RIPPLES: tuple[tuple[Place, float], ...] = (
    ((0.77, 0.011, 0.06), -0.06),
    ((0.83, 0.011, 0.08), 0.11),
    ((0.90, 0.011, 0.15), -0.17),
)


@dataclass(frozen=True, slots=True)
class Band:
    """Something that drifts sideways for ever: a mask one picture wider than the `period` it repeats in.

    `below` is how far the plain colour goes on under the mask; filling is far cheaper than masking.
    """

    stencil: Stencil
    colour: Colour
    top: int
    period: int
    speed: float  # pixels a second
    below: int = 0
    bob: float = 0.0  # pixels it rises and falls

    def draw(self, frame: Canvas, seconds: float) -> None:
        width, height = frame.size
        left = int(self.speed * seconds) % self.period
        top = self.top + round(self.bob * math.sin(seconds * 1.7))
        bottom = top + self.stencil.size[1]
        frame.stamp(self.colour, (0, top), self.stencil.strip(left, width))
        if self.below:
            frame.fill(self.colour, (0, bottom, width, min(height, bottom + self.below)))


class Scene:
    """A landscape in a prompt's colours, with hills of its own for every `seed`."""

    def __init__(self, size: tuple[int, int], seconds: int, prompt: str, seed: str) -> None:
        self._size = size
        self._seconds = seconds
        self._palette = palette_of(prompt)
        dice = dice_of(seed)
        self._sky = Canvas.of(_sky(size, self._palette, dice))
        self._sun, self._glow = _sun(min(size))
        self._clouds = _clouds(size, self._palette, dice)
        self._bands = [*_hills(size, self._palette, dice), *_waves(size, self._palette, dice)]

    def frame(self, seconds: float) -> Canvas:
        """The landscape at this time of the clip."""
        frame = self._sky.copy()
        self._draw_sun(frame, seconds / self._seconds)
        for band in (self._clouds, *self._bands):
            band.draw(frame, seconds)
        return frame

    def _draw_sun(self, frame: Canvas, share: float) -> None:
        width, height = self._size
        x = width * (0.24 + 0.52 * share)
        y = height * (0.34 - 0.12 * math.sin(math.pi * share))
        for mask in (self._glow, self._sun):
            frame.stamp(self._palette.sun, (round(x - mask.size[0] / 2), round(y - mask.size[1] / 2)), mask)


def _sky(size: tuple[int, int], palette: Palette, dice: random.Random) -> Image.Image:
    width, height = size
    horizon = round(height * 0.72)
    fade = Image.linear_gradient("L").resize((width, horizon), Image.Resampling.BILINEAR)
    sky = Image.new("RGB", size, palette.low)
    sky.paste(palette.top, (0, 0), ImageChops.invert(fade))
    if palette.is_night:
        _stars(sky, palette.sun, horizon, dice)
    return sky


def _stars(sky: Image.Image, colour: Colour, horizon: int, dice: random.Random) -> None:
    pen = ImageDraw.Draw(sky)
    for _ in range(70):
        x, y = dice.randrange(sky.width), int(horizon * 0.75 * dice.random() ** 1.5)
        dot = max(1, round(min(sky.size) / 360 * dice.choice((0.6, 1, 1.4))))
        pen.ellipse((x, y, x + dot, y + dot), mix(sky.getpixel((x, y)), colour, dice.uniform(0.3, 0.9)))  # type: ignore[arg-type]


def _sun(unit: int) -> tuple[Stencil, Stencil]:
    """Stencils of the disc and of the light around it."""
    big = round(unit * 0.26) * 4
    disc = Image.new("L", (big, big))
    ImageDraw.Draw(disc).ellipse((0, 0, big - 1, big - 1), 255)
    halo = Image.radial_gradient("L").point([round(150 * max(0.0, 1 - level / 180) ** 2.2) for level in range(256)])
    smooth = disc.resize((big // 4, big // 4), Image.Resampling.LANCZOS)
    return Stencil.of(smooth), Stencil.of(halo.resize((unit, unit)))


def _clouds(size: tuple[int, int], palette: Palette, dice: random.Random) -> Band:
    width, height = size
    unit = min(size)
    mask = Image.new("L", (width * 2, round(height * 0.34)))
    pen = ImageDraw.Draw(mask)
    for _ in range(5):
        x, y = dice.randrange(width), dice.uniform(0.2, 0.85) * mask.height
        for _ in range(6):
            across, tall = unit * dice.uniform(0.1, 0.3), unit * dice.uniform(0.012, 0.035)
            left, top = x + unit * dice.uniform(-0.2, 0.2), y + unit * dice.uniform(-0.03, 0.03)
            for turn in (-width, 0, width):
                pen.ellipse((left + turn, top, left + turn + across, top + tall), dice.choice((70, 90)))
    soft = mask.filter(ImageFilter.GaussianBlur(unit / 90))
    return Band(Stencil.of(soft), mix(palette.low, (255, 255, 255), 0.55), round(height * 0.06), width, unit * 0.03)


def _hills(size: tuple[int, int], palette: Palette, dice: random.Random) -> list[Band]:
    """Three ridges; the nearer, the darker, lower and faster."""
    hills = []
    for near, (place, shade, speed) in enumerate(RIDGES):
        waves = [(near + 1 + step, 0.62**step, dice.uniform(0, math.tau)) for step in range(5)]
        hills.append(_band(size, place, waves, mix(palette.low, palette.dark, shade), speed))
    return hills


def _waves(size: tuple[int, int], palette: Palette, dice: random.Random) -> list[Band]:
    """Water in front of the hills."""
    water = mix(palette.top, palette.dark, 0.45)
    bands = []
    for near, (place, speed) in enumerate(RIPPLES):
        waves = [(7 + 2 * near, 1.0, dice.uniform(0, math.tau)), (12 + near, 0.45, dice.uniform(0, math.tau))]
        shade = mix(mix(water, palette.low, 0.34), water, near / 2)
        bands.append(_band(size, place, waves, shade, speed, bob=0.006))
    return bands


def _band(
    size: tuple[int, int],
    place: Place,
    waves: list[Wave],
    colour: Colour,
    speed: float,
    bob: float = 0.0,
) -> Band:
    """A sum of sines that repeats after two picture widths, filled downwards."""
    width, height = size
    unit = min(size)
    period = max(size) * 2
    top, tall, below = (round(part * height) for part in place)
    mask = _curve((period + width, 2 * tall + 2), period, tall, waves)
    return Band(Stencil.of(mask), colour, top, period, unit * speed, below, unit * bob)


def _curve(size: tuple[int, int], period: int, tall: int, waves: list[Wave]) -> Image.Image:
    """White below a sum of sines; drawn twice as large, so that its edge comes out smooth."""
    width, height = size
    total = sum(strength for _, strength, _ in waves)
    outline = []
    for x in range(0, width + 4, 4):
        sway = sum(strength * math.sin(math.tau * turns * x / period + start) for turns, strength, start in waves)
        outline.append((x * 2, 2 * tall * (1 - sway / total)))
    mask = Image.new("L", (width * 2, height * 2))
    ImageDraw.Draw(mask).polygon([*outline, (width * 2 + 8, height * 2), (0, height * 2)], 255)
    return mask.resize(size, Image.Resampling.BOX)

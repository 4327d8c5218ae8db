"""What is written over the picture: that it is a sandbox, the prompt, the settings and the running time."""

from __future__ import annotations

from PIL import Image, ImageDraw

from generations.sandbox.canvas import Canvas, Plate
from generations.sandbox.lettering import INK, drawable, panel, plain_font, wrapped

LABEL = "SANDBOX"
LABEL_COLOUR = (255, 196, 0, 255)
LABEL_INK = (26, 22, 10, 255)
FAINT_INK = (226, 230, 240, 255)
PROMPT_LINES = 4


class Overlay:
    """The writing on a clip of this size and length; only the time code and the bar change from frame to frame."""

    def __init__(self, size: tuple[int, int], seconds: int, prompt: str, settings: str) -> None:
        self._size = size
        self._seconds = seconds
        self._unit = unit = min(size) / 360
        self._margin = round(16 * unit)
        self._label = Plate.of(_label(unit))
        self._caption = Plate.of(_caption(size[0] - 2 * self._margin, unit, prompt, settings))
        self._clock = _Clock(unit, seconds)

    def draw(self, frame: Canvas, seconds: float) -> None:
        width, height = self._size
        bar = round(5 * self._unit)
        clock = Plate.of(self._clock.at(seconds))
        frame.paste(self._label, (self._margin, self._margin))
        frame.paste(clock, (width - self._margin - clock.size[0], self._margin))
        frame.paste(self._caption, (self._margin, height - self._margin - bar - self._caption.size[1]))
        frame.fill(LABEL_COLOUR[:3], (0, height - bar, round(width * seconds / self._seconds), height))


class _Clock:
    """The running time in hundredths; every figure keeps its place, so nothing jitters."""

    def __init__(self, unit: float, seconds: int) -> None:
        self._font = plain_font(round(17 * unit))
        self._pad = round(9 * unit)
        wide = max(self._font.getlength(figure) for figure in "0123456789")
        steps = [wide if sign == "0" else wide / 2 for sign in "00:00.00"]
        self._places = [self._pad + sum(steps[:place]) + step / 2 for place, step in enumerate(steps)]
        total = f" / {seconds // 60:02}:{seconds % 60:02}"
        width = round(sum(steps) + self._font.getlength(total)) + 2 * self._pad
        self._plate = panel((width, round(28 * unit)), round(6 * unit))
        place = (width - self._pad, self._plate.height / 2)
        ImageDraw.Draw(self._plate).text(place, total, FAINT_INK, self._font, anchor="rm")

    def at(self, seconds: float) -> Image.Image:
        plate = self._plate.copy()
        pen = ImageDraw.Draw(plate)
        text = f"{int(seconds) // 60:02}:{int(seconds) % 60:02}.{int(seconds * 100) % 100:02}"
        for place, sign in zip(self._places, text, strict=True):
            pen.text((place, plate.height / 2), sign, (*INK, 255), self._font, anchor="mm")
        return plate


def _label(unit: float) -> Image.Image:
    font = plain_font(round(17 * unit))
    width = round(font.getlength(LABEL) + 22 * unit)
    label = Image.new("RGBA", (width, round(28 * unit)), (0, 0, 0, 0))
    pen = ImageDraw.Draw(label)
    pen.rounded_rectangle((0, 0, label.width - 1, label.height - 1), round(6 * unit), fill=LABEL_COLOUR)
    pen.text((width / 2, label.height / 2), LABEL, LABEL_INK, font, anchor="mm")
    return label


def _caption(width: int, unit: float, prompt: str, settings: str) -> Image.Image:
    """The prompt over the settings, on one plate."""
    pad, step = round(12 * unit), round(22 * unit)
    text, font = drawable(prompt, round(17 * unit))
    rows = wrapped(text, font, width - 2 * pad, PROMPT_LINES)
    plate = panel((width, 2 * pad + step * (len(rows) + 1)), round(8 * unit))
    pen = ImageDraw.Draw(plate)
    for number, row in enumerate(rows):
        pen.text((pad, pad + step * (number + 0.5)), row, (*INK, 255), font, anchor="lm")
    small = plain_font(round(13 * unit))
    pen.text((pad, pad + step * (len(rows) + 0.55)), settings, FAINT_INK, small, anchor="lm")
    return plate

"""Words on a clip: a font that can draw them, lines that fit, and the panels they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Tried in this order when the font that comes with Pillow lacks a letter; which exist depends on the machine.
OTHER_FONTS = ("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "Arial.ttf")
NO_LETTER = "\uffff"  # no font has one, so it shows what a font draws for the missing
READ_LIMIT = 600  # characters of a prompt that could ever fit

INK = (255, 255, 255)
PANEL = (12, 14, 22, 150)


def plain_font(size: int) -> Font:
    return ImageFont.load_default(size)


def drawable(text: str, size: int) -> tuple[str, Font]:
    """As much of the text as can be drawn, with the font that draws most of it."""
    words = " ".join(text[:READ_LIMIT].split())
    font = _best_font(words, size)
    lacking = _lacking(font, words)
    shown = " ".join("".join(letter for letter in words if letter not in lacking).split())
    return shown or f"(a prompt of {len(text)} characters that no font here can draw)", font


def wrapped(text: str, font: Font, width: float, lines: int) -> list[str]:
    """The text in at most so many lines of this width; an ellipsis where it was cut."""
    rows: list[str] = [""]
    for piece in _pieces(text, font, width):
        if font.getlength(f"{rows[-1]}{piece}".rstrip()) <= width:
            rows[-1] += piece
        elif len(rows) == lines:
            rows[-1] = _ellipsis(rows[-1], font, width)
            break
        else:
            rows.append(piece)
    return [row.strip() for row in rows]


def panel(size: tuple[int, int], radius: int) -> Image.Image:
    """A see-through dark plate to write on."""
    plate = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=PANEL)
    return plate


def _best_font(text: str, size: int) -> Font:
    best, fewest = plain_font(size), len(_lacking(plain_font(size), text))
    for name in OTHER_FONTS if fewest else ():
        font = _font_file(name, size)
        if font is not None and (missing := len(_lacking(font, text))) < fewest:
            best, fewest = font, missing
    return best


@cache
def _font_file(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _lacking(font: Font, text: str) -> set[str]:
    """The letters this font has no picture of."""
    blank = _picture(font, NO_LETTER)
    return {letter for letter in set(text) - {" "} if _picture(font, letter) in (blank, None)}


def _picture(font: Font, letter: str) -> tuple[object, bytes] | None:
    try:
        mask = font.getmask(letter)
    except (OSError, ValueError):  # a font without Unicode, or a letter the layout chokes on
        return None
    return mask.size, bytes(mask)


def _pieces(text: str, font: Font, width: float) -> Iterator[str]:
    """Words, each with a space behind it; words too wide for a line come letter by letter."""
    for word in text.split():
        if font.getlength(word) <= width:
            yield f"{word} "
        else:
            yield from word
            yield " "


def _ellipsis(row: str, font: Font, width: float) -> str:
    row = row.rstrip()
    while row and font.getlength(f"{row}…") > width:
        row = row[:-1]
    return f"{row.rstrip()}…"

"""What is wrong with a model's legal combinations, each with its cure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from generations.contract import PRICE_MOST, Combination

RATIO = re.compile(r"\d{1,3}:\d{1,3}", re.ASCII)
SECONDS_MOST, QUALITY_MOST, PIXELS_MOST = 600, 20, 16_384


def problem_of(combinations: Sequence[Combination]) -> str:
    """The first problem in a sentence, or ""."""
    if not combinations:
        return _("Give at least one length with its aspect ratio.")
    choices = {replace(c, price=None, width=0, height=0) for c in combinations}
    if len(choices) < len(combinations):
        return _("Two rows have the same aspect ratio, length and quality.")
    return next(filter(None, map(_problem, combinations)), "")


def _problem(c: Combination) -> str:
    if not RATIO.fullmatch(c.aspect_ratio):
        return _("“{typed}” is no aspect ratio. Write it like 16:9.").format(typed=c.aspect_ratio)
    if not 1 <= c.seconds <= SECONDS_MOST:
        return _("{seconds} s is no length of a clip. Give 1 to {most}.").format(seconds=c.seconds, most=SECONDS_MOST)
    if len(c.quality) > QUALITY_MOST:
        said = _("“{typed}…” is too long. Give at most {most} characters.")
        return said.format(typed=c.quality[:QUALITY_MOST], most=QUALITY_MOST)
    if not (0 <= c.width <= PIXELS_MOST and 0 <= c.height <= PIXELS_MOST):
        said = _("{width} × {height} is no size of a clip. Give at most {most}, or 0.")
        return said.format(width=c.width, height=c.height, most=PIXELS_MOST)
    if c.price is not None and not 0 <= c.price <= PRICE_MOST:
        said = _("{price} is no price of a clip. Give 0 to {most}, or nothing.")
        return said.format(price=c.price, most=PRICE_MOST)
    return ""


def plain(price: Decimal) -> str:
    """A price without idle zeros, but with its cents: 0.40, 0.0125, 12.00."""
    return f"{price:.2f}" if price == round(price, 2) else f"{price.normalize():f}"

"""How figures of usage are said and drawn: times, shares, money of a second, bars in percent of their whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from generations.services import price
from generations.services.usage.names import reasons
from generations.services.usage.report import Told
from generations.templatetags.portal import clock

register = template.Library()
SHORT = 10  # seconds, below which tenths are said
DRAWN = 6


@register.filter
def took(seconds: float | None) -> str:
    """A time, or a dash where there was none to take: 0.8 s, 1:23."""
    if seconds is None:
        return "–"
    return _("{n} s").format(n=number_format(round(seconds, 1), 1)) if seconds < SHORT else clock(seconds)


@register.filter
def percent(share: float | None) -> str:
    """Never 100 while one is missing, nor 0 while there is one."""
    if share is None:
        return "–"
    shown = share if share in (0, 1) else min(max(share, 0.001), 0.999)
    return _("{share} %").format(share=number_format(round(shown * 100, 1), 0 if shown in (0, 1) else 1))


@register.filter
def cents(amount: Decimal | None, currency: str) -> str:
    """Money to the cent where there are dollars, else as fine as it takes."""
    if amount is None:
        return "–"
    return price.money(round(amount, 2 if abs(amount) >= 1 or not amount else 4), currency)


@register.filter
def why(told: Told) -> list[tuple[str, int]]:
    """Why jobs failed, the most frequent reason first."""
    return reasons(told.figures.causes)


@dataclass(frozen=True, slots=True)
class Range:
    """A bar up to where 95 in a hundred were over, with a line at half of them, in percent of the longest."""

    name: str
    half: float
    most: float
    at: str
    width: str
    kind: int


@register.simple_tag
def ranges(lines: Sequence[Any]) -> list[Range]:
    """Of the lines with the most jobs that have such times."""
    timed = [line for line in lines if line.told.figures.renders]
    busiest = sorted(timed, key=lambda line: -line.told.figures.jobs)[:DRAWN]
    times = [(line.name, *line.told.renders) for line in busiest]
    longest = max((most for _name, _half, most in times), default=0)
    return [
        Range(name, half, most, f"{half / longest:.1%}", f"{most / longest:.1%}", 1 + n % 3)
        for n, (name, half, most) in enumerate(times)
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in percent of the whole."""

    kind: str
    icon: str
    look: str
    word: str
    n: int
    x: str
    width: str


@register.simple_tag
def ends(told: Told) -> list[Part]:
    """What became of the jobs, each kind of end with its place in the bar."""
    figures, x, parts = told.figures, 0.0, []
    for kind, icon, look, word, n in (
        ("o1", "check-circle", "is-done", _("Done"), figures.done),
        ("o4", "x-circle", "is-bad", _("Failed"), figures.failed),
        ("rest", "minus-circle", "is-wait", _("Cancelled or not approved"), figures.dropped),
        ("s1", "clock", "is-live", _("No end yet"), told.open),
    ):
        width = n / (figures.jobs or 1)
        parts.append(Part(kind, icon, look, word, n, f"{x:.2%}", f"{width:.2%}"))
        x += width
    return parts

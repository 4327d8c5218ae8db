"""Where the parts of a chart stand: a drawing of 200 by 100, its stacks from the bottom up. No colours, no words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from generations.services.months import DAY, last_day

WIDTH, HEIGHT = 200.0, 100.0
GAP = 0.18  # of a stack's own room
SERIES = 3  # told apart; what is left is told together
DAYS_EACH, WEEKS_EACH = 62, 400  # up to so many days a stack is a day, then a week, then a month
MARKS, STEPS = 5, (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(4), Decimal(5), Decimal(10))
Series = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a stack. `kind` is the number of its series, from 1."""

    kind: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What a day, a week or a month came to: of each series, and all together."""

    since: date
    until: date
    parts: tuple[Decimal, ...]

    @property
    def whole(self) -> Decimal:
        return sum(self.parts, Decimal(0))


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacks with their bars, and the numbers at its sides, from above and from the left."""

    stacks: Sequence[Stack]
    bars: Sequence[Bar]
    marks: Sequence[Decimal]
    dates: Sequence[date]
    highest: Stack | None

    @property
    def is_by_day(self) -> bool:
        return all(stack.since == stack.until for stack in self.stacks)


def chart(since: date, until: date, amounts: Mapping[tuple[date, Any], Decimal], series: Series) -> Chart:
    """The amounts by day and key; `series` are the keys that are told apart, the others are one more."""
    stacks = _stacks(since, until, amounts, series)
    highest = max(stacks, key=lambda stack: stack.whole, default=None)
    top = _top(highest.whole if highest else Decimal(0))
    marks = [top * n / (MARKS - 1) for n in reversed(range(MARKS))]
    return Chart(stacks, list(_bars(stacks, top)), marks, _dates(stacks), highest if top and highest else None)


def largest(sums: Mapping[Any, Decimal]) -> list[Any]:
    """The keys that a chart tells apart."""
    some = [key for key, of in sums.items() if of > 0]
    return sorted(some, key=lambda key: (-sums[key], str(key)))[:SERIES]


def _stacks(since: date, until: date, amounts: Mapping[tuple[date, Any], Decimal], series: Series) -> list[Stack]:
    spans = _spans(since, until)
    at = {since + n * DAY: span for span in spans for n in _offsets(since, span)}
    sums: dict[tuple[date, date], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * (len(series) + 1))
    for (day, key), of in amounts.items():
        sums[at[day]][series.index(key) if key in series else len(series)] += of
    return [Stack(*span, tuple(sums[span])) for span in spans]


def _offsets(since: date, span: tuple[date, date]) -> range:
    return range((span[0] - since).days, (span[1] - since).days + 1)


def _spans(since: date, until: date) -> list[tuple[date, date]]:
    """The period cut at midnights, Mondays or firsts of months; its ends stay as they are."""
    days, spans, start = (until - since).days + 1, [], since
    while start <= until:
        end = min(_end_of(start, days), until)
        spans.append((start, end))
        start = end + DAY
    return spans


def _end_of(start: date, days: int) -> date:
    if days <= DAYS_EACH:
        return start
    return start + timedelta(days=6 - start.weekday()) if days <= WEEKS_EACH else last_day(start.replace(day=1))


def _top(most: Decimal) -> Decimal:
    """A round number that is not less, so that its quarters are round too."""
    if most <= 0:
        return Decimal(0)
    ten = Decimal(10) ** most.adjusted()
    return next(step * ten for step in STEPS if step * ten >= most)


def _bars(stacks: Sequence[Stack], top: Decimal) -> list[Bar]:
    if not top:
        return []
    room = WIDTH / len(stacks)
    return [bar for n, stack in enumerate(stacks) for bar in _bar(stack, n * room + room * GAP / 2, room, top)]


def _bar(stack: Stack, x: float, room: float, top: Decimal) -> list[Bar]:
    """What is less than nothing, by a correction, is in the table and has no bar."""
    bars, floor = [], HEIGHT
    for kind, part in enumerate(stack.parts, 1):
        height = max(0.0, float(part / top)) * HEIGHT
        floor -= height
        if height:
            bars.append(Bar(kind, f"{x:.2f}", f"{floor:.2f}", f"{room * (1 - GAP):.2f}", f"{height:.2f}"))
    return bars


def _dates(stacks: Sequence[Stack]) -> list[date]:
    """As many as there is room for under it, the first and the last among them."""
    if len(stacks) <= MARKS:
        return [stack.since for stack in stacks]
    return [stacks[n * (len(stacks) - 1) // (MARKS - 1)].since for n in range(MARKS)]

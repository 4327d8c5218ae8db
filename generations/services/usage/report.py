"""What a period came to, for a page or a file: the days that were counted, and those that changed since anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Aggregate, Q, Sum, TextField

from generations.models import Grain, UsageCell
from generations.services.months import DAY
from generations.services.usage.cells import NAMES, Counted, Figures, Where, amount, count
from generations.services.usage.marks import marked
from generations.services.usage.times import percentiles

LETTERS = frozenset({"waits", "renders", "causes"})
Key = tuple[Any, ...]


class By(StrEnum):
    """What the lines of a report are about."""

    DAY = "day"
    MEMBER = "member"
    PROVIDER = "provider"
    MODEL = "model"


COLUMNS = {
    By.DAY: ("day_id",),
    By.MEMBER: ("member_id",),
    By.PROVIDER: ("provider_id", "provider_name"),
    By.MODEL: ("provider_id", "provider_name", "model"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days, both ends included, whose, and what the lines are about. `provider` is a primary key."""

    since: date
    until: date
    by: By = By.PROVIDER
    member: int | None = None
    provider: int | None = None
    model: str = ""

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def fits(self, where: Where) -> bool:
        return (
            self.member in (None, where.member)
            and self.provider in (None, where.provider)
            and self.model in ("", where.model)
        )


class Joined(Aggregate):
    """The letters of all rows, in no order."""

    function, output_field = "STRING_AGG", TextField()
    template = "%(function)s(%(expressions)s, '')"

    def as_sqlite(self, *args: Any, **context: Any) -> Any:
        return self.as_sql(*args, function="GROUP_CONCAT", **context)


class Report:
    """The figures of what is asked. However long the period, one query for each `told` and three for the open days."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def told(self, *by: By, names: tuple[str, ...] = NAMES) -> dict[Key, Figures]:
        """By so much: each key has a value for each of them; of a provider and a model it is a tuple."""
        found: dict[Key, Figures] = {}
        columns = [column for one in by for column in COLUMNS[one]]
        sums = {f"told_{name}": Joined(name) if name in LETTERS else Sum(name) for name in names}
        for row in self._cells(by).order_by().values(*columns).annotate(**sums):
            _put(found, tuple(_key(one, row) for one in by), _figures(row, names))
        for where, figures in self._open.items():
            if self.asked.fits(where):
                _put(found, tuple(_key(one, _row(where)) for one in by), replace(figures))
        return found

    @cached_property
    def _open_days(self) -> list[date]:
        return marked(self.asked.since, self.asked.until)

    @cached_property
    def _open(self) -> Counted:
        return count(self._open_days)

    def _cells(self, by: tuple[By, ...]) -> Any:
        """The coarsest cells that tell apart what is asked."""
        asked = self.asked
        member = By.MEMBER in by or asked.member is not None
        model = bool({By.PROVIDER, By.MODEL} & set(by)) or asked.provider is not None or bool(asked.model)
        grain = {(True, True): Grain.BOTH, (True, False): Grain.MEMBER, (False, True): Grain.MODEL}
        where = Q(grain=grain.get((member, model), Grain.DAY), day__gte=asked.since, day__lte=asked.until)
        for column, value in (("member", asked.member), ("provider", asked.provider), ("model", asked.model or None)):
            if value is not None:
                where &= Q(**{column: value})
        return UsageCell.objects.filter(where).exclude(day__in=self._open_days)


def _put(found: dict[Key, Figures], key: Key, figures: Figures) -> None:
    if key in found:
        found[key].add(figures)
    else:
        found[key] = figures


def _figures(row: dict[str, Any], names: tuple[str, ...]) -> Figures:
    told: dict[str, Any] = {name: row[f"told_{name}"] or ("" if name in LETTERS else 0) for name in names}
    return Figures(**told)


def _row(where: Where) -> dict[str, Any]:
    return {
        "day_id": where.day, "member_id": where.member, "provider_id": where.provider,
        "provider_name": where.provider_name, "model": where.model,
    }  # fmt: skip


def _key(by: By, row: dict[str, Any]) -> Any:
    if by == By.DAY:
        return row["day_id"]
    if by == By.MEMBER:
        return row["member_id"]
    # A provider that is there has the name it has now; one that was removed, the one it had.
    provider = row["provider_id"], "" if row["provider_id"] else row["provider_name"]
    return provider if by == By.PROVIDER else (*provider, row["model"])


class Told:
    """Figures as they are said: money in the portal's currency, times in seconds, shares from 0 to 1.

    `parts` are what they are the sum of, where that is known: letters are then counted once for both.
    """

    def __init__(self, figures: Figures, parts: Sequence[Told] = ()) -> None:
        self.figures, self.parts = figures, parts

    @property
    def spent(self) -> Decimal:
        return amount(self.figures.spent)

    @property
    def held(self) -> Decimal:
        return amount(self.figures.held)

    @property
    def success(self) -> float | None:
        """Of those that ended one way or the other; what was cancelled or not approved is neither."""
        ended = self.figures.done + self.figures.failed
        return self.figures.done / ended if ended else None

    @property
    def open(self) -> int:
        """Those that have no end yet."""
        return self.figures.jobs - self.figures.done - self.figures.failed - self.figures.dropped

    @property
    def a_second(self) -> Decimal | None:
        """What a second of a clip that was made has cost, failures and all."""
        return self.spent / self.figures.seconds if self.figures.seconds else None

    @cached_property
    def waits(self) -> list[float | None]:
        """Until it was sent: of half of them, and of 95 in a hundred."""
        return percentiles(self.wait_classes, 50, 95)

    @cached_property
    def renders(self) -> list[float | None]:
        """At the provider, likewise."""
        return percentiles(self.render_classes, 50, 95)

    @cached_property
    def wait_classes(self) -> Counter[str]:
        return sum((part.wait_classes for part in self.parts), Counter()) or Counter(self.figures.waits)

    @cached_property
    def render_classes(self) -> Counter[str]:
        return sum((part.render_classes for part in self.parts), Counter()) or Counter(self.figures.renders)


def total(lines: dict[Key, Figures]) -> Figures:
    whole = Figures()
    for figures in lines.values():
        whole.add(figures)
    return whole


def pieces(asked: Asked, days: int = 31) -> list[Asked]:
    """The same in shorter periods, the oldest first: a file is written piece by piece."""
    starts = [asked.since + n * DAY for n in range(0, asked.days, days)]
    return [replace(asked, since=start, until=min(start + (days - 1) * DAY, asked.until)) for start in starts]

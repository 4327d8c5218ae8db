"""What a period came to as CSV files: the lines of the page, and each day of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from generations.services.cells import line
from generations.services.export import BOM
from generations.services.rates import portal_currency
from generations.services.usage.cells import Figures
from generations.services.usage.names import Names, reasons
from generations.services.usage.report import Asked, By, Report, Told, pieces

FIGURES = (
    "jobs", "done", "failed", "cancelled", "open", "success", "good_seconds", "wait_p50", "wait_p95", "render_p50",
    "render_p95", "spent", "held", "currency", "spent_per_good_second", "failures",
)  # fmt: skip


def lines_file(asked: Asked) -> Iterator[str]:
    """A line for each of what the page's lines are about."""
    found = Report(asked).told(asked.by)
    names, unit = Names(asked.by, [key for (key,) in found]), portal_currency()
    yield BOM + line([asked.by.value, *FIGURES])
    for (key,), figures in sorted(found.items(), key=lambda one: str(one[0])):
        yield line([_cell(asked.by, key, names), *_figures(figures, unit)])


def days_file(asked: Asked) -> Iterator[str]:
    """The same for each day, piece by piece however long the period."""
    unit = portal_currency()
    yield BOM + line(["day", *([] if asked.by == By.DAY else [asked.by.value]), *FIGURES])
    for piece in pieces(asked):
        found = Report(piece).told(*dict.fromkeys([By.DAY, asked.by]))
        names = Names(asked.by, {key[-1] for key in found})
        for key, figures in sorted(found.items(), key=lambda one: (one[0][0], str(one[0][1:]))):
            yield line([key[0].isoformat(), *(names(one) for one in key[1:]), *_figures(figures, unit)])


def _cell(by: By, key: Any, names: Names) -> str:
    return key.isoformat() if by == By.DAY else names(key)


def _figures(figures: Figures, unit: str) -> list[Any]:
    told = Told(figures)
    failures = "; ".join(f"{why}: {n}" for why, n in reasons(figures.causes))
    return [
        figures.jobs, figures.done, figures.failed, figures.dropped, told.open, _share(told.success), figures.seconds,
        *map(_seconds, [*told.waits, *told.renders]), _money(told.spent), _money(told.held), unit,
        _money(told.a_second), failures,
    ]  # fmt: skip


def _money(of: Decimal | None) -> str | None:
    return None if of is None else f"{round(of, 6).normalize():f}"


def _share(of: float | None) -> str | None:
    return None if of is None else f"{of:.4f}"


def _seconds(of: float | None) -> str | None:
    return None if of is None else f"{of:.1f}"

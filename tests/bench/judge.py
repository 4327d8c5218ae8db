"""The lines of the library's table, and whether they reach what was aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.ask import First
from tests.bench.meters import percentile
from tests.bench.table import told

RATIO_MOST = 1.5  # p95 of the largest library, times that of the smallest
SEARCH_MOST = {"sqlite": 150.0, "postgresql": 100.0}  # ms, p95
MEMORY_MORE = 200.0  # kB a request: a small library has fewer tags to choose from
SLACK = 0.1  # rows of which two pages are alike
CLOCK, CPU = 0, 1


@dataclass
class Row:
    """A page as each library answered it, the smallest first. Times are ms by the clock and ms of CPU."""

    title: str
    is_search: bool
    firsts: list[First] = field(default_factory=list)
    times: list[list[tuple[float, float]]] = field(default_factory=list)

    def at(self, share: float, kind: int) -> list[float]:
        return [percentile([each[kind] for each in times], share) for times in self.times]

    def ratio(self, kind: int) -> float:
        """p95 of the largest library, times that of the smallest that shows as many rows."""
        p95 = self.at(95, kind)
        return p95[-1] / p95[self.base]

    @property
    def base(self) -> int:
        most = self.firsts[-1].shown
        return next(n for n, first in enumerate(self.firsts) if abs(first.shown - most) <= SLACK * most)

    @property
    def is_constant(self) -> bool:
        return len({first.queries for first in self.firsts[self.base :]}) == 1

    @property
    def is_flat(self) -> bool:
        return self.firsts[-1].memory <= self.firsts[self.base].memory + MEMORY_MORE

    def met(self, database: str, kind: int) -> bool:
        if self.is_search:
            return self.at(95, kind)[-1] <= SEARCH_MOST[database]
        return self.ratio(kind) <= RATIO_MOST

    def cells(self, database: str) -> list[str]:
        shown, queries, memory = zip(*self.firsts, strict=True)
        words = ["met" if self.met(database, kind) else "missed" for kind in (CLOCK, CPU)]
        return [
            self.title, _each(shown), _each(queries), _all(self.at(50, CLOCK)), _all(self.at(95, CLOCK)),
            _all(self.at(50, CPU)), _all(self.at(95, CPU)), f"{self.ratio(CPU):.2f}",
            _all(memory), *words,
        ]  # fmt: skip


def head(sizes: Sequence[int]) -> tuple[str, ...]:
    at = ", ".join(f"{size:,}".replace(",000,000", " M").replace(",000", " k") for size in sizes)
    return (
        f"page of {at}", "rows", "queries", "p50 ms", "p95 ms", "CPU p50", "CPU p95", "times", "kB", "by the clock",
        "by CPU",
    )  # fmt: skip


def verdicts(rows: Sequence[Row], database: str) -> Iterator[str]:
    """Each target as a line, with what missed it."""
    for kind, name in ((CLOCK, "by the clock"), (CPU, "of CPU")):
        paged = [row for row in rows if not row.is_search]
        missed = [row.title for row in paged if not row.met(database, kind)]
        yield _told(f"p95 {name} at most {RATIO_MOST:g} times the smallest library's: {len(paged)} pages", missed)
        found = [row for row in rows if row.is_search]
        missed = [row.title for row in found if not row.met(database, kind)]
        yield _told(f"p95 {name} of a search at most {SEARCH_MOST[database]:g} ms: {len(found)} pages", missed)
    yield _told("as many statements whatever the size", [row.title for row in rows if not row.is_constant])
    yield _told("as much memory a request whatever the size", [row.title for row in rows if not row.is_flat])


def _told(what: str, missed: Sequence[str]) -> str:
    return told(f"{what}, but for {'; '.join(missed)}" if missed else what, not missed)


def _each(values: Sequence[float]) -> str:
    return f"{values[0]}" if len(set(values)) == 1 else ", ".join(map(str, values))


def _all(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)

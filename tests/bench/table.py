"""Figures of a measured run, side by side, and whether they reach what was aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from tests.bench.meters import Sample, percentile

GOT_LEAST = 98.0  # per cent of the wanted polls
LAG_MOST = 500.0  # ms, p95
RATIO_MOST = 1.3  # CPU per 1,000 polls, times the bare loop's
PEAK_MOST = 90.0  # MB
HEAD = (
    "loop", "jobs", "wanted", "got", "lag p50", "p95", "p99 ms", "CPU s per 1,000", "times bare", "peak MB", "errors",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """One line of the table. `wanted` is what the interval asks for, `polls` what arrived at the provider."""

    name: str
    jobs: int
    wanted: float
    polls: float
    p50: float
    p95: float
    p99: float
    cpu: float
    ratio: float
    peak: float
    errors: float

    @property
    def got(self) -> float:
        return 100 * self.polls / self.wanted

    @property
    def cells(self) -> list[str]:
        lags = [f"{lag:.0f}" for lag in (self.p50, self.p95, self.p99)]
        return [
            self.name, f"{self.jobs:,}", f"{self.wanted:,.0f}", f"{self.got:.1f} %", *lags, f"{self.cpu:.2f}",
            f"{self.ratio:.2f}", f"{self.peak:.0f}", f"{self.errors:.0f}",
        ]  # fmt: skip

    @property
    def kept_up(self) -> bool:
        return self.got >= GOT_LEAST

    def verdicts(self, bare: Figures) -> list[str]:
        """Each target as a line. Where the bare loop itself fell behind, the machine was too busy to tell the most."""
        sure = bare.kept_up
        return [
            told(f"at least {GOT_LEAST:g} % of the wanted polls ({self.got:.1f} %)", self.kept_up, sure),
            told(f"p95 lag at most {LAG_MOST:g} ms ({self.p95:.0f} ms)", self.p95 <= LAG_MOST, sure),
            told(
                f"CPU at most {RATIO_MOST:g} times the bare loop's ({self.ratio:.2f})", self.ratio <= RATIO_MOST, sure
            ),
            told(f"peak memory at most {PEAK_MOST:g} MB ({self.peak:.0f} MB)", self.peak <= PEAK_MOST),
        ]


def figures(name: str, jobs: int, interval: float, sample: Sample, polls: int, bare: Figures | None) -> Figures:
    """What a sample and the polls counted at the provider come to, beside the bare loop of the same round."""
    lags = [lag * 1000 for each in sample.lags.values() for lag in each]
    cpu = sample.cpu / polls * 1000 if polls else float("nan")
    p50, p95, p99 = (percentile(lags, share) for share in (50, 95, 99))
    return Figures(
        name, jobs, jobs * sample.seconds / interval, polls, p50, p95, p99,
        cpu, cpu / bare.cpu if bare else 1.0, sample.peak, sample.errors,
    )  # fmt: skip


def middle(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over several rounds of the same run."""
    numbers = [field.name for field in fields(Figures) if field.name not in {"name", "jobs"}]
    return Figures(
        rounds[0].name, rounds[0].jobs, **{name: median(getattr(each, name) for each in rounds) for name in numbers}
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows as a table that Markdown reads too; all but the first column to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width if number == 0 else "-" * (width - 1) + ":" for number, width in enumerate(widths)]
    return "\n".join(_line(line, widths) for line in [lines[0], rule, *lines[1:]])


def told(what: str, met: bool, sure: bool = True) -> str:
    """One target as a line; `sure` is False when this machine could not tell."""
    word = ("met" if met else "missed") if sure else "unsure"
    return f"{word:6}  {what}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"

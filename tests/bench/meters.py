"""What a child process says about itself: CPU, memory, lags."""

from __future__ import annotations

import os
import re
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Sample:
    """One measured window of a child. Times are seconds on the machine's monotonic clock; memory is in MB."""

    start: float
    end: float
    cpu: float
    peak: float
    processes: int
    lags: dict[str, list[float]] = field(default_factory=dict)
    errors: int = 0

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Lags:
    """How late each look of each provider was started, in seconds, with when. Small: it lives in what is measured."""

    def __init__(self) -> None:
        self.kept: dict[str, array[float]] = {}

    def add(self, provider: str, at: float, lag: float) -> None:
        self.kept.setdefault(provider, array("d")).extend((at, lag))

    def between(self, start: float, end: float) -> dict[str, list[float]]:
        """The lags of looks started within this time."""
        pairs = {name: zip(both[::2], both[1::2], strict=True) for name, both in self.kept.items()}
        return {name: [lag for at, lag in pair if start <= at < end] for name, pair in pairs.items()}


def cpu_of_tree() -> float:
    """Seconds of CPU used so far by this process, all its threads and the processes below it."""
    return time.process_time() + sum(_cpu(pid) for pid in _tree()[1:])


def peak_of_tree() -> tuple[float, int]:
    """The sum of the highest resident sizes (MB) of this process and those below it, and how many they are."""
    sizes = [_peak(pid) for pid in _tree()]
    return sum(sizes), len(sizes)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed; nan of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


def _tree() -> list[int]:
    found = [os.getpid()]
    for pid in found:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, _text(path).split())
    return found


def _cpu(pid: int) -> float:
    fields = _text(Path(f"/proc/{pid}/stat")).rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def _peak(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", _text(Path(f"/proc/{pid}/status")))
    return int(found[1]) / 1024 if found else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""

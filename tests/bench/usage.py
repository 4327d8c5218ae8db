"""How quickly usage is told, however many jobs there were: `make bench-usage`.

The libraries are those of `make bench-library`, and so are the instruments and the options: with the same `--keep` each
is written once. Two of the days have changed since they were counted, so each page counts them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from django.urls import reverse

from tests.bench import library
from tests.bench.judge import CLOCK, CPU, Row
from tests.bench.table import told

MOST = 300.0  # ms, p95
BUSY = 0


class Asked(NamedTuple):
    """A page of usage, what is asked of it, and which person asks."""

    page: str
    name: str
    query: dict[str, Any]
    reader: int
    is_search: bool = True

    @property
    def url(self) -> str:
        page, _, what = self.page.partition(" ")
        return reverse(page, args=[what] if what else [])

    @property
    def title(self) -> str:
        return f"{self.page}, {self.name}"


class UsageRow(Row):
    """A page that is judged by its time alone."""

    def met(self, database: str, kind: int) -> bool:
        return self.at(95, kind)[-1] <= MOST


def pages() -> list[Asked]:
    """All of them, as they are on this database."""
    return list(_pages())


def _pages() -> Iterator[Asked]:
    from generations.models import Provider, User
    from generations.services.months import today
    from tests.bench.shelf import AUTHORS, MODELS

    staff = AUTHORS + 2
    people, provider = list(User.objects.order_by("pk")), Provider.objects.order_by("pk")[2].pk
    for days in (1, 30, 90, 400):
        period = {"since": today() - timedelta(days=days - 1), "until": today()}
        for by in ("provider", "model", "member", "day"):
            yield Asked("staff-usage", f"{days} days by {by}", period | {"by": by}, staff)
    narrowed: dict[str, dict[str, Any]] = {
        "a member by model": {"member": people[BUSY].pk, "by": "model"},
        "a provider by member": {"provider": provider, "by": "member"},
        "a model by member": {"model": MODELS[0], "by": "member"},
        "a member and a model by day": {"member": people[BUSY].pk, "model": MODELS[0], "by": "day"},
    }
    for name, query in narrowed.items():
        yield Asked("staff-usage", f"400 days, {name}", period | query, staff)
    yield Asked("staff-usage-export lines", "400 days by member", period | {"by": "member"}, staff)
    yield Asked("usage", "mine, 400 days by model", period | {"by": "model"}, BUSY)
    yield Asked("staff-ledger", "all", {}, staff)
    yield Asked("staff-ledger", "corrections, none", {"kind": "correction"}, staff)


def verdicts(rows: list[Row], database: str) -> Iterator[str]:
    for kind, name in ((CLOCK, "by the clock"), (CPU, "of CPU")):
        missed = [row.title for row in rows if not row.met(database, kind)]
        said = f"p95 {name} at most {MOST:g} ms: {len(rows)} pages"
        yield told(f"{said}, but for {'; '.join(missed)}" if missed else said, not missed)
    changing = [row.title for row in rows if not row.is_constant]
    said = "as many statements whatever the size"
    yield told(f"{said}, but for {'; '.join(changing)}" if changing else said, not changing)


USAGE = library.Target("usage", UsageRow, verdicts)

if __name__ == "__main__":
    library.main(__doc__ or "", USAGE)

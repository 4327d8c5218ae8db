"""The instruments themselves: a measurement is worth what its fake provider, bare loop and table are worth."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from math import isnan

import httpx
import pytest

from tests.bench.ask import First, asker
from tests.bench.bare import NAME, measure
from tests.bench.ground import installation, plant, run_inside
from tests.bench.job_table import REVIEW
from tests.bench.judge import CLOCK, Row, verdicts
from tests.bench.library import LIBRARY, Target, measured, seeded
from tests.bench.meters import Lags, Sample, percentile
from tests.bench.pace import MODELS, Model, compare, every, fixed, portals, simulate
from tests.bench.plan import Plan
from tests.bench.provider import provider
from tests.bench.table import HEAD, figures, middle, table
from tests.bench.usage import USAGE


def test_the_fake_provider_counts_every_create_and_every_look() -> None:
    async def call(url: str) -> list[str]:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            looks = [client.get(f"/v1/videos/job-{number % 7}") for number in range(40)]
            creates = [client.post("/v1/videos", files={"prompt": (None, "A fox wakes")}) for _ in range(10)]
            answers = await asyncio.gather(*looks, *creates)
        return [answer.json()["id"] for answer in answers]

    with provider() as there:
        names = asyncio.run(call(there.url))
        counts = there.close()
    assert {name: len(times) for name, times in counts.looks.items()} == {
        f"job-{number}": len(range(number, 40, 7)) for number in range(7)
    }
    assert sorted(counts.creates) == sorted(names[40:])
    assert len(counts.creates) == 10


def test_the_hanging_port_takes_a_request_and_never_answers() -> None:
    with provider() as there:
        url = httpx.URL(there.hanging_url)
        with socket.create_connection((url.host, url.port or 0), timeout=0.3) as line:
            line.sendall(b"GET /v1/videos/a HTTP/1.1\r\nhost: here\r\n\r\n")
            with pytest.raises(TimeoutError):
                line.recv(1)
        assert there.close().hung == 1


def test_the_bare_loop_asks_about_each_job_once_an_interval() -> None:
    with provider() as there:
        sample = asyncio.run(measure(there.url, jobs=20, interval=0.5, warm=0.5, seconds=1))
        counts = there.close()
    row = figures(NAME, 20, 0.5, sample, counts.looks_between(sample.start, sample.end), None)
    assert sample.errors == 0
    assert len(counts.looks) == 20
    assert row.wanted == pytest.approx(20 * sample.seconds / 0.5)
    assert row.polls > 0
    assert row.cpu > 0
    assert row.peak > 10


def test_the_table_puts_an_engine_beside_its_bare_loop() -> None:
    bare = figures("bare", 100, 5, Sample(0, 10, 0.1, 50, 1, {"": [0.01]}), 200, None)
    lags = {"a": [0.1] * 90, "b": [0.7] * 10}
    engine = figures("sqlite", 100, 5, Sample(0, 10, 0.15, 95, 1, lags, errors=2), 190, bare)
    assert bare.cells == ["bare", "100", "200", "100.0 %", "10", "10", "10", "0.50", "1.00", "50", "0"]
    assert engine.cells == ["sqlite", "100", "200", "95.0 %", "100", "700", "700", "0.79", "1.58", "95", "2"]
    assert [line.split()[0] for line in engine.verdicts(bare)] == ["missed"] * 4
    assert [line.split()[0] for line in bare.verdicts(bare)] == ["met"] * 4
    behind = replace(bare, polls=100)
    assert [line.split()[0] for line in engine.verdicts(behind)] == ["unsure", "unsure", "unsure", "missed"]
    lines = table(HEAD, [bare.cells, engine.cells]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["bare", "sqlite"]


def test_several_rounds_give_the_median_of_each_figure() -> None:
    one = figures("sqlite", 100, 5, Sample(0, 10, 0.1, 50, 1, {"": [0.01]}), 200, None)
    rounds = [one, replace(one, p95=3.0, cpu=0.2), replace(one, p95=90.0, cpu=0.9)]
    assert middle(rounds) == replace(one, cpu=0.5, p95=10.0)


def test_lags_are_kept_by_provider_and_cut_to_the_window() -> None:
    lags = Lags()
    for at, lag in [(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)]:
        lags.add("a", at, lag)
    assert lags.between(2.0, 3.0) == {"a": [0.2]}
    assert isnan(percentile([], 95))


def test_a_fixed_pace_notices_an_end_half_an_interval_late_on_average() -> None:
    even = (Model("even", 120, 0.3, says_progress=True),)
    outcome = simulate(every(5), 2000, random.Random(1), even)
    assert outcome.mean_wait == pytest.approx(2.5, abs=0.2)
    assert outcome.p95_wait == pytest.approx(4.75, abs=0.2)
    assert simulate(every(10), 2000, random.Random(1), even).polls_per_job == pytest.approx(
        outcome.polls_per_job / 2, rel=0.05
    )


def test_the_portals_pace_asks_a_third_as_often_and_notices_as_soon() -> None:
    plain, own = compare(fixed, MODELS, 1500), compare(portals, MODELS, 1500)
    assert own.polls_per_job <= plain.polls_per_job / 3
    assert own.mean_wait <= plain.mean_wait


def test_a_pace_is_told_age_looks_and_progress_and_must_move_on() -> None:
    told: list[tuple[float, int, int | None]] = []

    def pace(age: float, looks: int, progress: int | None) -> float:
        told.append((age, looks, progress))
        return 10.0

    simulate(pace, 1, random.Random(2), (Model("talks", 60, 0.01, says_progress=True),))
    assert told[0] == (0.0, 0, None)
    assert [looks for _, looks, _ in told] == list(range(len(told)))
    shown = [progress for _, _, progress in told[1:] if progress is not None]
    assert shown == sorted(shown)
    assert len(shown) == len(told) - 1
    with pytest.raises(ValueError, match="must move on"):
        simulate(every(0), 1, random.Random(1))


@pytest.mark.matrix
@pytest.mark.process
def test_the_engine_is_measured_as_it_looks_and_as_it_sends() -> None:
    with provider() as there, installation("sqlite") as on:
        plant(on, Plan("healthy", there.url, 20, interval=1), Plan("busy", there.url, 5, state="queued", authors=2))
        sent = run_inside(on, "engine.measure_submits", 25, 60)
        looked = run_inside(on, "engine.measure_window", 1, 2)
        counts = there.close()
    assert len(counts.creates) == 5
    assert sent.errors == 0
    assert counts.looks_between(looked.start, looked.end, "healthy-") >= 20
    assert len(looked.lags["healthy"]) >= 20
    assert looked.errors == 0


@pytest.mark.matrix
def test_a_large_library_is_written_whole_and_every_page_of_it_answers() -> None:
    with ExitStack() as stack:
        both = [stack.enter_context(installation("sqlite")) for _ in range(2)]
        for on, jobs in zip(both, (1000, 2000), strict=True):
            seeded(on, jobs)
        askers = [stack.enter_context(asker(on)) for on in both]
        rows = {row.title: row for row in measured(askers, 1, 1)}
    shown = {title: [first.shown for first in row.firsts] for title, row in rows.items()}
    assert all(shown[f"library, {name}"] == [24, 24] for name in ("first page", "as a list", "mine", "shape"))
    assert all(shown[f"prompts, {sort}, deep"][1] == 30 for sort in ("recent", "used", "rated", "success"))
    assert shown["library, search: common word"] == [24, 24]
    assert shown["library, search: no such word"] == shown["library, state: queued, none"] == [0, 0]
    assert not [title for title, row in rows.items() if not row.is_constant]
    assert all(row.at(95, CLOCK)[0] > 0 and row.firsts[0].memory > 100 for row in rows.values())


@pytest.mark.matrix
@pytest.mark.parametrize("target", [USAGE, REVIEW], ids=lambda target: target.pages)
def test_every_page_of_staff_answers_for_such_a_library(target: Target) -> None:
    with installation("sqlite") as on:
        seeded(on, 1000)
        with asker(on, target.pages) as asks:
            rows = measured([asks], 1, 1, kind=target.kind)
    assert len(rows) > 20
    assert all(row.at(95, CLOCK)[0] > 0 for row in rows)


@pytest.mark.parametrize("target", [LIBRARY, USAGE, REVIEW], ids=lambda target: target.pages)
def test_what_is_measured_is_named_after_the_module_that_has_its_pages(target: Target) -> None:
    assert callable(import_module(f"tests.bench.{target.pages}").pages)


def test_a_page_is_judged_by_its_ratio_and_a_search_by_its_time() -> None:
    firsts = [First(24, 9, 800.0), First(24, 9, 810.0)]
    page = Row("page", False, firsts, [[(40.0, 20.0)], [(80.0, 29.0)]])
    search = Row("search", True, firsts, [[(40.0, 20.0)], [(120.0, 110.0)]])
    assert page.cells("sqlite")[-5:] == ["20, 29", "1.45", "800, 810", "missed", "met"]
    assert [search.met(database, CLOCK) for database in ("sqlite", "postgresql")] == [True, False]
    words = [line.split()[0] for line in verdicts([page, search], "postgresql")]
    assert words == ["missed", "missed", "met", "missed", "met", "met"]
    fewer = Row("page", False, [First(8, 9, 500.0), *firsts], [[(1.0, 1.0)], *page.times])
    assert fewer.base == 1
    assert fewer.is_flat
    grows = Row("page", False, [First(24, 9, 800.0), First(24, 10, 1200.0)], page.times)
    assert not grows.is_constant
    assert not grows.is_flat

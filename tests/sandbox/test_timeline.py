"""A job's course over time, without a server: a pure function of its record and the clock."""

from __future__ import annotations

import pytest

from generations.sandbox.jobs import Moment, Order, Stage, moment, new_job

ORDER = Order("uniall", "sora2-landscape-8s", "A lighthouse", "16:9", 8, 640, 360)
JOB = new_job("gen_1", ORDER, now=1000, speed=1)


def test_eight_seconds_take_nineteen() -> None:
    assert moment(JOB, 1002.9, has_clip=True) == Moment(Stage.QUEUED)
    assert moment(JOB, 1003, has_clip=True) == Moment(Stage.RENDERING, 1)
    assert moment(JOB, 1018.9, has_clip=True) == Moment(Stage.RENDERING, 99)
    assert moment(JOB, 1019, has_clip=True) == Moment(Stage.COMPLETED, 100)


def test_a_clock_that_was_set_back_does_no_harm() -> None:
    assert moment(JOB, 10, has_clip=False) == Moment(Stage.QUEUED)


def test_progress_stands_still_in_the_nineties() -> None:
    seen = [moment(JOB, 1000 + tenth / 10, has_clip=True).progress for tenth in range(190)]
    assert seen == sorted(seen)
    assert seen.count(94) >= 19


def test_nothing_completes_before_its_clip_is_there() -> None:
    assert moment(JOB, 1018.9, has_clip=False) == Moment(Stage.RENDERING, 97)
    assert moment(JOB, 2000, has_clip=False) == Moment(Stage.RENDERING, 97)


def test_ten_times_faster_is_ten_times_faster() -> None:
    assert new_job("gen_1", ORDER, now=0, speed=10).completes_at == pytest.approx(1.9)

"""When the portal looks next."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from generations.models import Job, State
from generations.services.pace import SLOWEST, Usual, after_error, jittered, next_look
from generations.services.typical import ENOUGH, usual_time


def ages(end: float, base: float = 5, usual: Usual | None = None, pace: float | None = None) -> list[float]:
    """The ages at which a job that ends at `end` seconds is looked at; `pace` is its percent a second."""
    age, seen = base, []
    while True:
        seen.append(age)
        if age >= end:
            return seen
        progress = None if pace is None else min(99, int(age * pace))
        age += next_look(age, base, usual=usual, progress=progress)


def test_what_fails_at_once_is_seen_at_once() -> None:
    assert ages(4) == [5]
    assert ages(15)[:2] == [5, 15]


def test_without_a_hint_of_the_end_the_wait_grows_with_age() -> None:
    assert next_look(60, 5) == 5
    assert next_look(400, 5) == 20
    assert next_look(7200, 5) == SLOWEST


def test_before_the_usual_time_it_looks_seldom_and_then_closely() -> None:
    seen = ages(130, usual=Usual(110, 150))
    assert [age for age in seen if age < 100] == [5, 15, 60]
    gaps = [b - a for a, b in itertools.pairwise(seen) if a >= 110]
    assert gaps == [pytest.approx(4.25)] * len(gaps)
    assert len(seen) <= 130 / 5 / 2.5


def test_what_the_provider_says_of_this_job_counts_more_than_the_others() -> None:
    assert next_look(60, 5, usual=Usual(60, 70), progress=20) == 45
    assert next_look(60, 5, usual=Usual(300, 400), progress=97) == 4.25


def test_overdue_jobs_are_looked_at_calmly() -> None:
    assert next_look(400, 5, usual=Usual(100, 150)) == 50
    assert next_look(4000, 5, usual=Usual(100, 150)) == SLOWEST


def test_the_providers_own_word_is_the_shortest_wait() -> None:
    assert next_look(60, 5, asked=12) == 12
    assert next_look(60, 5, asked=0.01) == 3, "a provider cannot make us hurry"


def test_errors_back_off_to_a_minute_and_never_sooner_than_asked() -> None:
    assert [after_error(n, 5) for n in (1, 2, 3, 4, 9, 1000)] == [10, 20, 40, 60, 60, 60]
    assert after_error(1, 5, asked=300) == 300
    assert after_error(1, 5, asked=1e9) == 600


@given(
    age=st.floats(0, 1e6), base=st.floats(0.2, 600), low=st.floats(1, 1e4), width=st.floats(0, 1e4),
    progress=st.none() | st.integers(0, 100), asked=st.none() | st.floats(0, 1e9),
)  # fmt: skip
def test_no_answer_makes_it_hammer_or_forget(
    age: float, base: float, low: float, width: float, progress: int | None, asked: float | None
) -> None:
    wait = next_look(age, base, usual=Usual(low, low + width), progress=progress, asked=asked)
    assert min(base, 1) * 0.45 <= wait <= max(base * 3, SLOWEST)
    assert 0 < jittered(wait) < 2 * wait


@pytest.mark.django_db
@pytest.mark.databases
def test_the_usual_time_is_learnt_from_the_latest_jobs_of_that_kind(make_job: Callable[..., Job]) -> None:
    job = make_job(State.DONE)
    for took in range(ENOUGH - 2):
        make_job(State.DONE, rendered_in=100 + took)
    make_job(State.DONE, rendered_in=999, model="another")
    assert usual_time(job.provider_id, job.model, 8) is None
    for took in (100, 110):
        make_job(State.DONE, rendered_in=took)
    cache.clear()
    usual = usual_time(job.provider_id, job.model, 8)
    assert usual
    assert 95 < usual.low <= 100
    assert 100 < usual.high <= 110

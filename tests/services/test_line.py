"""Members take turns, and everybody sees his place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import Job, Provider, State, User
from generations.services.line import first_in_line, places
from generations.services.submit import due_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]


def line(provider: Provider, limit: int = 99, without: tuple[int, ...] = ()) -> list[int]:
    return first_in_line(provider.pk, limit, timezone.now(), without)


def test_members_take_turns_however_many_jobs_one_of_them_asked_for(
    make_job: MakeJob, provider: Provider, member: User, stranger: User
) -> None:
    many = [make_job(author=member).pk for _ in range(4)]
    late = [make_job(author=stranger).pk for _ in range(2)]
    assert line(provider) == [many[0], late[0], many[1], late[1], many[2], many[3]]
    assert line(provider, 2) == [many[0], late[0]]


def test_what_a_member_has_in_flight_counts_as_turns_taken(
    make_job: MakeJob, provider: Provider, member: User, stranger: User
) -> None:
    for _ in range(2):
        make_job(State.RUNNING, author=member)
    first, late = make_job(author=member), [make_job(author=stranger).pk for _ in range(3)]
    assert line(provider) == [late[0], late[1], first.pk, late[2]]


def test_one_providers_line_is_not_anothers(make_job: MakeJob, provider: Provider) -> None:
    other = Provider.objects.create(name="Other", dialect="uniall", base_url="https://b.example.com", key="k")
    here, there = make_job(), make_job(provider=other)
    assert (line(provider), line(other)) == ([here.pk], [there.pk])
    assert places([here, there]) == {here.pk: 1, there.pk: 1}


def test_a_job_that_must_wait_keeps_its_place_but_lets_others_pass(make_job: MakeJob, provider: Provider) -> None:
    held, free = make_job(not_before=timezone.now() + timedelta(minutes=1)), make_job()
    assert line(provider) == [free.pk]
    assert places([held, free]) == {held.pk: 1, free.pk: 2}


def test_jobs_an_engine_is_at_already_are_passed_over(make_job: MakeJob, provider: Provider) -> None:
    jobs = [make_job().pk for _ in range(3)]
    assert line(provider, 1, without=(jobs[0],)) == [jobs[1]]


def test_places_of_a_whole_page_are_one_query(make_job: MakeJob) -> None:
    jobs = [make_job() for _ in range(20)]
    with CaptureQueriesContext(connection) as queries:
        assert list(places([*jobs, make_job(State.DONE)]).values()) == list(range(1, 21))
    assert len([q for q in queries if "line" in q["sql"]]) == 1


def test_without_a_waiting_job_nothing_is_asked(make_job: MakeJob) -> None:
    done = make_job(State.DONE)
    with CaptureQueriesContext(connection) as queries:
        assert places([done]) == {}
    assert not queries


def test_the_engine_takes_them_in_that_order(
    make_job: MakeJob, provider: Provider, member: User, stranger: User
) -> None:
    first, _, late = make_job(author=member), make_job(author=member), make_job(author=stranger)
    Provider.objects.update(in_flight=2)
    assert [due.job_pk for due in due_jobs(10)] == [first.pk, late.pk]

"""Clips side by side: whose they are, in what they differ, which one is the winner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from generations.models import Job, JobEvent, Pick, State, User
from generations.services.compare import compared, takes_of
from generations.services.differences import Part
from generations.services.picks import may_pick, pick
from generations.services.told import told

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


def shown(user: User, *jobs: Job) -> list[Job]:
    return [column.job for column in compared(user, [str(job.key) for job in jobs]).columns]


def test_clips_come_in_the_order_they_are_named(make_job: MakeJob, member: User) -> None:
    one, two = make_job(State.DONE), make_job(State.DONE)
    assert shown(member, two, one, two) == [two, one]
    assert compared(member, [str(two.key), str(one.key)]).left_out == 0


def test_what_nobody_may_see_or_play_is_left_out_without_a_difference(
    make_job: MakeJob, member: User, stranger: User
) -> None:
    open_one, private = make_job(State.DONE), make_job(State.DONE, visibility="me")
    trashed = make_job(State.DONE)
    Job.objects.filter(pk=trashed.pk).update(trashed_at=timezone.now())
    names = [str(job.key) for job in (open_one, private, trashed, make_job(State.RUNNING))]
    comparison = compared(stranger, [*names, str(uuid4()), "nonsense"])
    assert [column.job for column in comparison.columns] == [open_one]
    assert comparison.left_out == 5
    assert shown(member, open_one, private) == [open_one, private]


def test_four_are_the_most(make_job: MakeJob, member: User) -> None:
    jobs = [make_job(State.DONE) for _ in range(5)]
    assert shown(member, *jobs) == jobs[:4]
    assert compared(member, [str(job.key) for job in jobs]).left_out == 1


def test_what_differs_is_named(make_job: MakeJob, member: User, stranger: User) -> None:
    one = make_job(State.DONE)
    two = make_job(State.DONE, model="sora-2-pro", list_price=2, author=stranger)
    names = [str(job.key) for job in (one, two)]
    assert compared(member, names).differs == {"model", "price", "author_id"}
    assert compared(member, [names[0]]).differs == frozenset()


def test_a_comparison_is_one_query(make_job: MakeJob, member: User, django_assert_num_queries: Any) -> None:
    names = [str(make_job(State.DONE).key) for _ in range(4)]
    with django_assert_num_queries(1):
        for column in compared(member, names).columns:
            assert (column.job.author.name, column.job.prompt.text, column.job.winner) is not None


def test_what_another_prompt_says_otherwise_is_marked(make_job: MakeJob, member: User) -> None:
    jobs = [make_job(State.DONE, text) for text in ("A red fox wakes", "A grey fox wakes", "A red fox wakes")]
    columns = compared(member, [str(job.key) for job in jobs]).columns
    assert [len(column.changes) for column in columns] == [0, 4, 0]
    assert columns[1].changes[1:3] == [Part("out", "red"), Part("in", "grey")]


class TestTakes:
    def test_of_the_same_request_and_of_the_same_line(self, make_job: MakeJob, member: User) -> None:
        token = uuid4().hex
        one = make_job(State.DONE, compose_token=token)
        two = make_job(State.DONE, compose_token=token, take=2)
        child = make_job(State.DONE, derived_from=two)
        make_job(State.DONE)
        assert takes_of(one, member) == [one, two]
        assert takes_of(two, member) == [one, two, child]
        assert takes_of(child, member) == [two, child]

    def test_four_at_most_and_the_nearest(self, make_job: MakeJob, member: User) -> None:
        token, source = uuid4().hex, make_job(State.DONE)
        sisters = [make_job(State.DONE, derived_from=source) for _ in range(3)]
        job, other = (
            make_job(State.DONE, compose_token=token, take=n, derived_from=source, derived_as="take") for n in (1, 2)
        )
        assert takes_of(job, member) == [source, sisters[2], job, other]

    def test_only_what_can_be_played(self, make_job: MakeJob, member: User, stranger: User) -> None:
        job = make_job(State.DONE)
        make_job(State.RUNNING, derived_from=job)
        make_job(State.DONE, derived_from=job, visibility="me")
        assert takes_of(job, stranger) == []
        assert len(takes_of(job, member)) == 2
        running = make_job(State.RUNNING, derived_from=job)
        assert takes_of(running, member) == []


class TestPicks:
    def test_a_pick_is_told_in_the_timeline_and_taken_back(
        self, make_job: MakeJob, member: User, stranger: User
    ) -> None:
        job = make_job(State.DONE)
        assert pick(job, stranger, on=True)
        assert not pick(job, member, on=True)  # it is one already, and stays the first one's
        assert Pick.objects.get().by == stranger
        assert pick(job, member, on=False)
        assert not pick(job, member, on=False)
        notes = list(JobEvent.objects.filter(job=job).values_list("note", flat=True))[1:]
        assert notes == [
            "Picked as the winner by Jonas Okafor.",
            "No longer the winner: Mara Lindqvist took it back.",
        ]
        assert all(told(note) for note in notes)

    def test_a_new_mark_is_a_new_revision(self, make_job: MakeJob, member: User) -> None:
        job = make_job(State.DONE)
        before = job.revision
        pick(job, member, on=True)
        assert Job.objects.get().revision != before

    def test_who_may(self, make_job: MakeJob, viewer: User, stranger: User) -> None:
        job = make_job(State.DONE)
        assert may_pick(job, stranger)
        assert not may_pick(job, viewer)
        assert not may_pick(make_job(State.RUNNING), stranger)

    def test_it_is_taken_back_also_where_the_clip_is_gone(self, make_job: MakeJob, stranger: User) -> None:
        job = make_job(State.DONE)
        pick(job, stranger, on=True)
        Job.objects.update(trashed_at=timezone.now(), purged_at=timezone.now())
        assert may_pick(Job.objects.get(pk=job.pk), stranger)

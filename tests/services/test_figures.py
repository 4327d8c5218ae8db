"""A prompt's figures: counted from its jobs, whatever happens to them, and never of private ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile

from generations.models import (
    Job,
    ModelCombination,
    Output,
    Prompt,
    Provider,
    State,
    Tag,
    User,
    VideoModel,
    Visibility,
)
from generations.services.advance import advance
from generations.services.compose import Ask, compose
from generations.services.figures import lower_bound, recount
from generations.services.history import history
from generations.services.notes import add_tag
from generations.services.prompts import rate
from generations.services.publish import may_publish, publish
from generations.services.trash import purge, trash
from tests.services.helpers import race

pytestmark = pytest.mark.databases
MakeJob = Callable[..., Job]
FIGURES = (
    "runs",
    "done",
    "failed",
    "success",
    "typical_seconds",
    "typical_cost",
    "typical_currency",
    "rating",
    "ratings",
)


def figures(prompt: Prompt) -> dict[str, Any]:
    return dict(Prompt.objects.values(*FIGURES).get(pk=prompt.pk))


def is_true(prompt: Prompt) -> bool:
    """True where counting anew changes nothing."""
    before = figures(prompt)
    recount(prompt.pk)
    return figures(prompt) == before


def ask(provider: Provider, **changes: Any) -> Ask:
    return replace(Ask("A fox wakes", provider.pk, "sora2-landscape-8s", uuid4().hex), **changes)


def ended(job: Job, seconds: float | None, price: str = "", currency: str = "USD") -> None:
    """Take it to its end: made in so many seconds, or failed."""
    Job.objects.filter(pk=job.pk).update(
        state=State.ARCHIVING if seconds else State.QUEUED, rendered_in=seconds,
        list_price=Decimal(price) if price else None, currency=currency if price else "",
    )  # fmt: skip
    advance(Job.objects.get(pk=job.pk), State.DONE if seconds else State.FAILED)


def test_a_run_counts_from_when_it_is_asked_for_until_it_ends(member: User, provider: Provider) -> None:
    ModelCombination.objects.update(price=Decimal("0.64"))
    VideoModel.objects.update(currency="USD")
    jobs = compose(member, ask(provider, takes=3)).jobs
    prompt = jobs[0].prompt
    assert (figures(prompt)["runs"], figures(prompt)["done"], figures(prompt)["typical_cost"]) == (3, 0, None)
    ended(jobs[0], 60, "0.64")
    ended(jobs[1], 100, "0.64")
    ended(jobs[2], None)
    now = figures(prompt)
    assert (now["runs"], now["done"], now["failed"], now["typical_seconds"]) == (3, 2, 1, 80.0)
    assert (now["typical_cost"], now["typical_currency"]) == (Decimal("0.64"), "USD")
    assert now["success"] == pytest.approx(lower_bound(2, 3))
    assert is_true(prompt)


def test_a_failure_that_turns_out_to_be_none_is_none(make_job: MakeJob) -> None:
    job = make_job(State.UNKNOWN)
    advance(job, State.FAILED)
    assert figures(job.prompt)["failed"] == 1
    advance(job, State.RUNNING, by=job.submissions.get())
    assert figures(job.prompt)["failed"] == 0


def test_the_cost_is_the_median_in_the_currency_most_of_them_had(make_job: MakeJob) -> None:
    for price, currency in [("1", "USD"), ("3", "USD"), ("2", "USD"), ("900", "CNY"), ("", "")]:
        ended(make_job(), 10, price, currency)
    now = figures(Prompt.objects.get())
    assert (now["typical_cost"], now["typical_currency"]) == (Decimal(2), "USD")


def test_few_good_runs_are_less_sure_than_many() -> None:
    assert (
        0
        == lower_bound(0, 0)
        == lower_bound(0, 3)
        < lower_bound(1, 1)
        < lower_bound(9, 10)
        < lower_bound(90, 100)
        < 0.9
    )


def test_private_runs_have_figures_of_their_own(make_job: MakeJob, stranger: User) -> None:
    make_job(State.DONE, visibility="me")
    make_job(State.DONE)
    make_job(State.FAILED, author=stranger, visibility="me")
    shown = {(row.owner, row.runs, row.done) for row in history(stranger)}
    assert shown == {(None, 1, 1), (stranger, 1, 0)}
    # Even a private job that hangs on the shared row is not counted.
    row = Prompt.objects.get(owner=None)
    Job.objects.filter(visibility=Visibility.ME).update(prompt=row)
    assert recount(row.pk)
    assert figures(row)["runs"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_ends_at_the_same_moment_are_both_counted(make_job: MakeJob) -> None:
    jobs = [make_job(State.ARCHIVING) for _ in range(4)]
    assert all(race(*(lambda job=job: advance(job, State.DONE) for job in jobs)))
    assert figures(jobs[0].prompt)["done"] == 4
    assert is_true(jobs[0].prompt)


@pytest.mark.django_db(transaction=True)
def test_asking_ending_rating_and_sharing_at_the_same_moment(
    make_job: MakeJob, member: User, stranger: User, provider: Provider
) -> None:
    for _ in range(3):
        ending, private = make_job(State.ARCHIVING), make_job(State.DONE, visibility="me")
        results = race(
            lambda job=ending: advance(job, State.DONE),  # type: ignore[misc]
            lambda: compose(stranger, ask(provider)),
            lambda job=private: publish(job, member),  # type: ignore[misc]
            lambda job=ending: rate(job.prompt, member, random.randint(1, 5)),  # type: ignore[misc]
        )
        assert not [each for each in results if isinstance(each, Exception)]
    row = Prompt.objects.get(owner=None)
    assert (row.runs, row.done) == (9, 6)
    assert is_true(row)


def test_a_rating_is_one_a_person_and_can_be_taken_back(make_job: MakeJob, member: User, stranger: User) -> None:
    prompt = make_job().prompt
    rate(prompt, member, 2)
    rate(prompt, member, 5)
    rate(prompt, stranger, 4)
    assert (figures(prompt)["rating"], figures(prompt)["ratings"]) == (4.5, 2)
    rate(prompt, stranger, None)
    assert (figures(prompt)["rating"], figures(prompt)["ratings"]) == (5.0, 1)


def test_removing_all_clips_leaves_the_prompt_and_its_figures(
    make_job: MakeJob, member: User, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    for _ in range(2):
        job = make_job(State.DONE)
        output = Output.objects.get(job=job)
        output.clip.save(f"{uuid4().hex}.mp4", ContentFile(b"clip"))
        trash(job, member)
        assert purge(Job.objects.get(pk=job.pk))
    row = history(member).get()
    assert (row.text, row.runs, row.done) == ("A fox wakes", 2, 2)
    assert row.success == pytest.approx(lower_bound(2, 2))
    assert is_true(row)


class TestSharing:
    def test_the_job_moves_to_the_team_s_row_and_both_are_counted(self, make_job: MakeJob, member: User) -> None:
        shared, private = make_job(State.DONE).prompt, make_job(State.DONE, visibility="me")
        make_job(State.FAILED, visibility="me")
        own = private.prompt
        assert publish(private, member)
        private.refresh_from_db()
        assert (private.prompt, private.visibility) == (shared, Visibility.TEAM)
        assert (figures(shared)["runs"], figures(own)["runs"], figures(own)["done"]) == (2, 1, 0)
        assert private.events.latest("pk").note == f"Shared with the team by {member}."
        assert not publish(private, member)

    def test_a_private_row_without_runs_goes_and_its_forks_follow(self, make_job: MakeJob, member: User) -> None:
        private = make_job(State.DONE, visibility="me")
        fork = make_job(text="A fox sleeps", visibility="me").prompt
        Prompt.objects.filter(pk=fork.pk).update(parent=private.prompt)
        assert publish(private, member)
        row = Prompt.objects.get(owner=None)
        assert (row.runs, row.author, row.title) == (1, member, "")
        fork.refresh_from_db()
        assert (fork.parent, Prompt.objects.count()) == (row, 2)

    def test_only_its_author_may_and_only_once(
        self, make_job: MakeJob, member: User, stranger: User, admin: User
    ) -> None:
        job = make_job(State.DONE, visibility="me")
        assert [may_publish(job, user) for user in (member, stranger, admin)] == [True, False, False]
        assert not publish(job, admin)
        assert not may_publish(make_job(State.DONE), member)

    def test_a_job_that_was_read_before_it_was_shared_ends_in_the_team_s_figures(
        self, make_job: MakeJob, member: User
    ) -> None:
        read_before = make_job(State.ARCHIVING, visibility="me")
        assert publish(Job.objects.get(pk=read_before.pk), member)
        assert advance(read_before, State.DONE)
        row = Prompt.objects.get()
        assert (row.owner, row.runs, row.done) == (None, 1, 1)
        assert is_true(row)

    def test_tags_that_only_the_private_row_wore_are_forgotten_with_it(self, make_job: MakeJob, member: User) -> None:
        job = make_job(State.DONE, visibility="me")
        add_tag(job.prompt, member, "surprise")
        assert publish(job, member)
        assert not Tag.objects.exists()

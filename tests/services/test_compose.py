"""Asking for a video: one job for one compose key, and no half of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django_q.models import OrmQ

from generations.models import Job, JobEvent, ModelCombination, Prompt, Provider, State, User, VideoModel, Visibility
from generations.services import kick
from generations.services.compose import PROMPT_LIMIT, Ask, NotPossible, compose
from tests.services.helpers import queued, race

pytestmark = pytest.mark.databases
Committing = Callable[..., Any]


def ask(offering: Provider, **changes: Any) -> Ask:
    return replace(Ask("A fox wakes", offering.pk, "sora2-landscape-8s", "key-1"), **changes)


def test_a_job_waits_with_everything_it_was_asked_for(member: User, provider: Provider) -> None:
    asked = compose(member, ask(provider))
    job = asked.job
    assert asked.is_new
    assert (job.state, job.author, job.provider, job.model) == (State.QUEUED, member, provider, "sora2-landscape-8s")
    assert (job.aspect_ratio, job.seconds, job.quality) == ("16:9", 8, "")
    assert (job.provider_name, job.dialect, job.prompt.text) == ("UniAll studio", "uniall", "A fox wakes")
    assert [(e.state, e.actor) for e in job.events.all()] == [(State.QUEUED, member)]


def test_the_same_key_again_answers_the_same_job(member: User, stranger: User, provider: Provider) -> None:
    first = compose(member, ask(provider))
    again = compose(member, ask(provider, text="Other words under the same key"))
    other = compose(stranger, ask(provider))
    assert (again.job, again.is_new) == (first.job, False)
    assert (other.job == first.job, other.is_new) == (False, True)
    assert Job.objects.count() == 2


def test_takes_are_jobs_of_one_key_each_with_its_price(member: User, provider: Provider) -> None:
    ModelCombination.objects.update(price=Decimal("0.64"))
    VideoModel.objects.update(currency="USD")
    asked = compose(member, ask(provider, takes=3))
    assert [(job.take, job.takes, job.list_price, job.currency) for job in asked.jobs] == [
        (take, 3, Decimal("0.64"), "USD") for take in (1, 2, 3)
    ]
    again = compose(member, ask(provider, takes=1))
    assert (again.jobs, again.is_new, Job.objects.count()) == (asked.jobs, False, 3)
    assert (Prompt.objects.count(), JobEvent.objects.count()) == (1, 3)


@pytest.mark.parametrize("takes", [0, -1, 5, 1000])
def test_more_or_fewer_takes_than_offered_cost_nothing(takes: int, member: User, provider: Provider) -> None:
    with pytest.raises(NotPossible, match="Choose 1 to 4") as refused:
        compose(member, ask(provider, takes=takes))
    assert (refused.value.field, Job.objects.exists()) == ("takes", False)


def test_an_unknown_price_is_kept_as_unknown(member: User, provider: Provider) -> None:
    ModelCombination.objects.update(price=None)
    job = compose(member, ask(provider)).job
    assert (job.list_price, job.currency) == (None, "")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_job_and_one_kick(member: User, provider: Provider) -> None:
    results = race(*[lambda: compose(member, ask(provider))] * 6)
    assert [type(r).__name__ for r in results] == ["Asked"] * 6, results
    assert len({r.job.pk for r in results}) == 1
    assert sum(r.is_new for r in results) == 1
    assert (Job.objects.count(), JobEvent.objects.count(), Prompt.objects.count()) == (1, 1, 1)
    assert queued() == [("engine", "generations.tasks.run_engine", ())]


@pytest.mark.django_db(transaction=True)
def test_the_same_new_words_of_several_people_are_one_prompt(
    make_user: Callable[..., User], provider: Provider
) -> None:
    people = [make_user() for _ in range(5)]
    results = race(*[lambda person=person: compose(person, ask(provider)) for person in people])
    assert all(getattr(r, "is_new", False) for r in results), results
    assert Prompt.objects.count() == 1
    assert {job.prompt_id for job in Job.objects.all()} == {Prompt.objects.get().pk}
    assert Job.objects.count() == 5
    assert queued()


def test_a_private_prompt_is_a_row_of_its_owner(member: User, stranger: User, provider: Provider) -> None:
    shared = compose(member, ask(provider)).job
    mine = compose(member, ask(provider, compose_token="2", visibility=Visibility.ME)).job
    mine_again = compose(member, ask(provider, compose_token="3", visibility=Visibility.ME)).job
    theirs = compose(stranger, ask(provider, visibility=Visibility.ME)).job
    assert len({shared.prompt_id, mine.prompt_id, theirs.prompt_id}) == 3
    assert mine_again.prompt_id == mine.prompt_id
    assert (shared.prompt.owner, mine.prompt.owner, theirs.prompt.owner) == (None, member, stranger)
    assert mine.visibility == Visibility.ME


def test_a_prompt_run_again_moves_to_the_top_and_keeps_its_author(
    member: User, stranger: User, provider: Provider
) -> None:
    first = compose(member, ask(provider)).job.prompt
    again = compose(stranger, ask(provider)).job.prompt
    assert (again.pk, again.author) == (first.pk, member)
    assert again.last_run_at > first.last_run_at


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("one\r\ntwo\r\n", "one\ntwo"),
        ("  \n A fox \t\n", "A fox"),
        ("nul\x00 inside", "nul inside"),
        ("half a character \ud83e", "half a character ?"),
        ("🦊" * PROMPT_LIMIT, "🦊" * PROMPT_LIMIT),
        ("<script>alert('x')</script>\u202e", "<script>alert('x')</script>\u202e"),
    ],
    ids=["line ends", "blanks", "NUL", "a lone surrogate", "the limit in characters", "hostile words"],
)
def test_words_are_tidied_and_otherwise_kept(sent: str, kept: str, member: User, provider: Provider) -> None:
    job = compose(member, ask(provider, text=sent)).job
    job.prompt.refresh_from_db()
    assert job.prompt.text == kept


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"text": " \r\n "}, "text", "Write a prompt first."),
        ({"text": "\x00"}, "text", "Write a prompt first."),
        ({"text": "a" * 4001}, "text", "4001 characters are too many; the limit is 4000."),
        ({"provider": 0}, "provider", "This provider is switched off. Choose another one."),
        ({"model": "sora9"}, "model", "UniAll studio does not offer sora9 now. Choose another one."),
        ({"model": ""}, "model", "UniAll studio does not offer this model now. Choose another one."),
        ({"aspect_ratio": "9:16"}, "aspect_ratio", "9:16 is not offered by Sora 2 landscape, 8 s here. Choose 16:9."),
        ({"seconds": 25}, "seconds", "25 s is not offered by Sora 2 landscape, 8 s here. Choose 8 s."),
        (
            {"model": "sora2-pro-720p", "seconds": 5},
            "seconds",
            "5 s is not offered by Sora 2 Pro, 720p here. Choose 4 s, 8 s, 12 s, 16 s, 20 s.",
        ),
        (
            {"model": "sora2-pro-720p", "quality": "1080p"},
            "quality",
            "1080p is not offered by Sora 2 Pro, 720p here. Choose 720p.",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_cure(
    changes: dict[str, Any], field: str, sentence: str, member: User, provider: Provider
) -> None:
    with pytest.raises(NotPossible) as refusal:
        compose(member, ask(provider, **changes))
    assert (refusal.value.field, str(refusal.value)) == (field, sentence)
    assert (Job.objects.count(), Prompt.objects.count(), OrmQ.objects.count()) == (0, 0, 0)


def test_a_viewer_may_not_ask(viewer: User, provider: Provider) -> None:
    with pytest.raises(NotPossible, match="Your role is viewer"):
        compose(viewer, ask(provider))
    assert (Job.objects.count(), Prompt.objects.count()) == (0, 0)


def test_what_is_switched_off_cannot_be_chosen(member: User, provider: Provider) -> None:
    VideoModel.objects.filter(slug="sora2-landscape-8s").update(enabled=False)
    with pytest.raises(NotPossible, match="does not offer"):
        compose(member, ask(provider))
    Provider.objects.update(enabled=False)
    with pytest.raises(NotPossible, match="switched off"):
        compose(member, ask(provider, model="sora2-landscape-4s"))


def test_left_out_choices_mean_the_first_legal_combination(member: User, provider: Provider) -> None:
    job = compose(member, ask(provider, model="sora2-pro-1080p")).job
    assert (job.aspect_ratio, job.seconds, job.quality) == ("16:9", 4, "1080p")
    job = compose(member, ask(provider, model="sora2-pro-1080p", aspect_ratio="9:16", compose_token="2")).job
    assert (job.aspect_ratio, job.seconds, job.quality) == ("9:16", 4, "1080p")


def test_the_kick_leaves_with_the_commit(
    member: User, provider: Provider, django_capture_on_commit_callbacks: Committing
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        compose(member, ask(provider))
        compose(member, ask(provider))
        assert queued() == []
    assert queued() == [("engine", "generations.tasks.run_engine", ())]


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_loses_no_job(member: User, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("the queue is away")

    monkeypatch.setattr(kick, "async_task", away)
    assert compose(member, ask(provider)).job.state == State.QUEUED
    assert Job.objects.get().state == State.QUEUED

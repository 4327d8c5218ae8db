"""A remix at the provider: asked for only where it can be made, sent once, and never a new clip by mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from generations.contract import Cause, Misconfigured
from generations.models import Derived, Job, Provider, State, User
from generations.services.again import again
from generations.services.compose import Ask, NotPossible, compose
from generations.services.outcomes import failed
from generations.services.providers import add_provider
from generations.services.remix import MOVED, source_of
from generations.services.submit import intend
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]


@pytest.fixture
def openai(db: None) -> Provider:
    return add_provider("OpenAI", "openai_videos", "https://api.example.com", "sk-test")


@pytest.fixture
def clip(make_job: MakeJob, openai: Provider) -> Job:
    return make_job(
        State.DONE, "A fox wakes", provider=openai, provider_name="OpenAI", dialect="openai_videos", model="sora-2",
        quality="720p", width=1280, height=720,
    )  # fmt: skip


@pytest.fixture
def ask(openai: Provider, clip: Job) -> Ask:
    return Ask(
        "A fox sleeps", openai.pk, "sora-2", uuid4().hex, "16:9", 8, "720p",
        derived_from=clip.key, derived_as=Derived.REMIX,
    )  # fmt: skip


def test_it_is_sent_as_a_remix_of_the_provider_s_own_clip(member: User, clip: Job, ask: Ask) -> None:
    job = compose(member, ask).job
    assert (job.remix_of, job.remix_origin) == (f"gen_{clip.key.hex}", "https://api.example.com")
    intent = intend(job.pk)
    assert intent
    assert intent.call.url == f"https://api.example.com/v1/videos/gen_{clip.key.hex}/remix"
    assert (intent.call.json, intent.call.parts) == ({"prompt": "A fox sleeps"}, ())
    assert intend(job.pk) is None
    assert job.submissions.count() == 1


@pytest.mark.parametrize("change", [{"seconds": 4}, {"aspect_ratio": "9:16"}, {"model": "sora-2-pro"}])
def test_other_settings_are_no_remix_and_are_not_sent_as_one(member: User, ask: Ask, change: dict[str, object]) -> None:
    with pytest.raises(NotPossible, match="Keep its settings"):
        compose(member, replace(ask, **change))  # type: ignore[arg-type]
    edited = compose(member, replace(ask, derived_as=Derived.EDIT, **change)).job  # type: ignore[arg-type]
    assert (edited.remix_of, edited.derived_as) == ("", Derived.EDIT)


def test_another_try_at_a_remix_is_a_remix_of_the_same_clip(member: User, clip: Job, ask: Ask) -> None:
    first = compose(member, ask).job
    second = again(member, first, Derived.RETRY, uuid4().hex).job
    assert (second.remix_of, second.derived_from, second.derived_as) == (first.remix_of, first, Derived.RETRY)
    assert again(member, clip, Derived.TAKE, uuid4().hex).job.remix_of == ""


def test_one_whose_provider_moved_meanwhile_fails_unsent(member: User, openai: Provider, ask: Ask) -> None:
    job = compose(member, ask).job
    Provider.objects.filter(pk=openai.pk).update(base_url="https://elsewhere.example.com")
    assert intend(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.reason, job.submissions.count()) == (State.FAILED, MOVED, 0)


def test_a_server_that_cannot_remix_is_not_paused_for_it(member: User, openai: Provider, ask: Ask) -> None:
    intent = intend(compose(member, ask).job.pk)
    assert intent
    failed(intent.token, Misconfigured("No such path.", detail="HTTP 404", cause=Cause.PATH))
    job = Job.objects.get(key=intent.job_key)
    openai.refresh_from_db()
    assert (job.state, openai.paused_reason) == (State.FAILED, "")
    assert "Start from one of its frames" in job.reason
    assert job.submissions.get().charged == "no"


def test_a_wrong_key_still_pauses_it(member: User, openai: Provider, ask: Ask) -> None:
    intent = intend(compose(member, ask).job.pk)
    assert intent
    failed(intent.token, Misconfigured("Wrong key.", detail="HTTP 401", cause=Cause.KEY))
    openai.refresh_from_db()
    assert openai.paused_reason.startswith("HTTP 401")


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.FAILED}, {"origin": "https://old.example.com"}, {"dialect": "uniall"}, {"provider": None},
        {"trashed_at": "2026-01-01T00:00Z"}, {"token": None},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_what_its_provider_cannot_remix(clip: Job, change: dict[str, object]) -> None:
    assert source_of(clip)
    Job.objects.filter(pk=clip.pk).update(**change)
    assert source_of(Job.objects.get(pk=clip.pk)) is None

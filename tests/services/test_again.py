"""From one job to the next: the same once more, and what a new one keeps of where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from generations.models import Charged, Derived, Job, Provider, State, Submission, User, VideoModel
from generations.services.actions import actions
from generations.services.again import again, offered
from generations.services.compose import Ask, NotPossible, compose
from generations.services.offer import current_offer
from generations.services.providers import add_provider
from generations.services.references import add
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pictures import picture
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
SAME = ("prompt", "visibility", "provider", "model", "aspect_ratio", "seconds", "quality", "width", "height", "options")


def key() -> str:
    return uuid4().hex


@pytest.fixture
def first(member: User, provider: Provider) -> Job:
    return compose(member, Ask("A fox wakes", provider.pk, "sora2-landscape-8s", key())).job


def test_a_retry_asks_for_exactly_the_same_and_knows_its_parent(member: User, stranger: User, first: Job) -> None:
    made = again(stranger, first, Derived.RETRY, key()).job
    assert [getattr(made, name) for name in SAME] == [getattr(first, name) for name in SAME]
    assert (made.author, made.derived_from, made.derived_as) == (stranger, first, Derived.RETRY)
    assert (made.state, made.submissions.count()) == (State.QUEUED, 0)


def test_a_reference_image_travels_along(member: User, stranger: User, make_job: MakeJob) -> None:
    openai = add_provider("OpenAI", "openai_videos", "https://api.example.com", "sk-test")
    ask = Ask("A fox", openai.pk, "sora-2", key(), reference=add(member, picture()).key)
    made = again(stranger, compose(member, ask).job, Derived.TAKE, key()).job
    assert made.reference is not None
    assert (made.reference.owner, made.reference_fit, made.remix_of) == (member, "crop", "")


def test_a_private_clip_stays_private(member: User, provider: Provider) -> None:
    secret = compose(member, Ask("Mine", provider.pk, "sora2-landscape-8s", key(), visibility="me")).job  # type: ignore[arg-type]
    assert again(member, secret, Derived.TAKE, key()).job.visibility == "me"


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one(member: User, first: Job) -> None:
    token = key()
    results = race(*[lambda: again(member, first, Derived.TAKE, token)] * 4)
    assert len({asked.job.pk for asked in results}) == 1, results
    assert first.derived.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: Provider.objects.update(enabled=False), "switched off"),
        (lambda: VideoModel.objects.update(enabled=False), "switched off"),
        (lambda: VideoModel.objects.filter(slug="sora2-landscape-8s").update(enabled=False), "does not offer"),
        (lambda: Job.objects.update(width=1920), "has changed since"),
        (lambda: Job.objects.update(options={"gone": "x"}), "has changed since"),
    ],
    ids=["provider", "all its models", "model", "pixels", "an option"],
)
def test_what_is_not_offered_any_more_is_not_sent(
    member: User, first: Job, change: Callable[[], Any], sentence: str
) -> None:
    token = key()
    made = again(member, first, Derived.TAKE, token).job
    change()
    first.refresh_from_db()
    with pytest.raises(NotPossible, match=sentence):
        again(member, first, Derived.TAKE, key())
    assert offered(current_offer(), first) is None
    # What was made before is still the answer to its key.
    assert again(member, first, Derived.TAKE, token).job == made


def test_a_parent_one_may_not_see_is_no_parent(member: User, stranger: User, make_job: MakeJob) -> None:
    secret = make_job(visibility="me")
    assert secret.provider
    ask = Ask("A fox", secret.provider.pk, "sora2-landscape-8s", key(), derived_from=secret.key)
    with pytest.raises(NotPossible, match="not there any more"):
        compose(stranger, ask)
    edited = compose(member, ask).job
    assert (edited.derived_from, edited.derived_as) == (secret, Derived.EDIT)


@pytest.mark.parametrize(
    ("state", "charged", "kind", "says"),
    [
        (State.FAILED, Charged.NO, Derived.RETRY, ""),
        (State.FAILED, Charged.YES, Derived.RETRY, "Another try costs again."),
        (State.FAILED, Charged.UNKNOWN, Derived.RETRY, "Another try may cost again."),
        (State.UNKNOWN, Charged.UNKNOWN, Derived.RETRY, "Another try may cost again."),
        (State.DONE, Charged.YES, Derived.TAKE, ""),
        (State.QUEUED, None, Derived.TAKE, ""),
    ],
)
def test_the_button_says_what_it_is_and_what_may_be_paid_twice(
    member: User, make_job: MakeJob, state: State, charged: Charged | None, kind: Derived, says: str
) -> None:
    job = make_job(state)
    Submission.objects.filter(job=job).update(charged=charged or "")
    if charged and not job.submissions.exists():
        now = job.created_at
        Submission.objects.create(job=job, number=1, lease_until=now, sent_at=now, charged=charged)
    shown = actions(Job.objects.for_cards().get(pk=job.pk), member)
    assert shown
    assert shown.kind == kind
    assert shown.warns.endswith(says) if says else not shown.warns


def test_viewers_have_no_actions_and_others_know_the_other_providers(
    viewer: User, member: User, first: Job, provider: Provider
) -> None:
    add_provider("Second", "uniall", "https://b.example.com", "k")
    row = Job.objects.for_cards().get(pk=first.pk)
    assert actions(row, viewer) is None
    shown = actions(row, member)
    assert shown
    assert [other.name for other in shown.others] == ["Second"]
    assert (shown.remixes, shown.from_frame) == (False, False)

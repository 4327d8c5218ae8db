"""Who sees which prompts and jobs, and when a card looks different."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from generations.models import Job, Output, Prompt, State, Submission, User, Visibility, Watch
from generations.models.prompt import text_hash
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]


@pytest.mark.parametrize("person", ["viewer", "member", "stranger", "reviewer", "admin"])
def test_team_jobs_are_everybody_s_and_private_ones_their_author_s(
    person: str, make_job: MakeJob, member: User, request: pytest.FixtureRequest
) -> None:
    user: User = request.getfixturevalue(person)
    shared = make_job(author=member)
    private = make_job(author=member, visibility=Visibility.ME)
    seen = {shared, private} if user == member else {shared}
    assert set(Job.objects.visible_to(user)) == seen
    assert {job for job in (shared, private) if job.is_visible_to(user)} == seen
    assert set(Prompt.objects.visible_to(user)) == {job.prompt for job in seen}


def test_one_text_is_one_shared_prompt_and_one_more_for_each_owner(
    make_job: MakeJob, member: User, stranger: User
) -> None:
    shared = make_job(text="A fox").prompt
    for owner in (member, stranger):
        make_job(text="A fox", author=owner, visibility=Visibility.ME)
    assert Prompt.objects.filter(text="A fox").count() == 3
    for taken in (None, member):
        with pytest.raises(IntegrityError), transaction.atomic():
            Prompt.objects.create(
                text="A fox", text_hash=text_hash("A fox"), owner=taken, author=member, last_run_at=timezone.now()
            )
    assert shared.owner is None


def test_a_compose_key_makes_one_job_of_an_author(make_job: MakeJob, stranger: User) -> None:
    make_job(compose_token="key")
    make_job(compose_token="key", take=2)
    make_job(compose_token="key", author=stranger)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(compose_token="key")


def test_a_provider_s_id_is_one_submission_s(make_job: MakeJob) -> None:
    first, second = make_job(State.RUNNING), make_job(State.RUNNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        second.submissions.update(remote_id=first.submissions.get().remote_id)
    Submission.objects.update(remote_id="")


def test_a_card_s_revision_changes_with_job_watch_and_file(make_job: MakeJob) -> None:
    job = make_job(State.RUNNING)
    seen = {revision(job)}
    Watch.objects.update(rev=1)
    seen.add(revision(job))
    Job.objects.update(rev=9)
    seen.add(revision(job))
    Watch.objects.all().delete()
    seen.add(revision(job))
    output = Output.objects.create(job=job, remote_url="https://h.example/a.mp4", next_try_at=timezone.now())
    Job.objects.update(cover=output)
    Output.objects.update(rev=4)
    seen.add(revision(job))
    assert seen == {"1.0.0.0", "1.1.0.0", "9.1.0.0", "9.0.0.0", "9.0.4.0"}


def test_a_card_is_one_query(make_job: MakeJob, django_assert_num_queries: Callable[[int], object]) -> None:
    for state in State:
        make_job(state)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        for job in Job.objects.for_cards():
            assert job.prompt.text
            assert job.author.email
            assert job.revision
            assert job.provider
            assert job.watched is None or job.watched.progress == 45
            assert (job.clip is not None) == (job.state == State.DONE)


def test_a_card_shows_what_the_latest_submission_cost(make_job: MakeJob) -> None:
    job = make_job(State.RUNNING)
    job.submissions.update(charged="no")
    now = timezone.now()
    Submission.objects.create(job=job, number=2, provider=job.provider, sent_at=now, lease_until=now, charged="yes")
    assert vars(Job.objects.for_cards().get())["charged"] == "yes"


def test_a_request_is_what_was_frozen(make_job: MakeJob) -> None:
    job = make_job(text="A fox", model="sora2-pro-720p", aspect_ratio="9:16", seconds=12, quality="720p")
    request = Job.objects.get(pk=job.pk).request
    assert (request.prompt, request.model, request.aspect_ratio) == ("A fox", "sora2-pro-720p", "9:16")
    assert (request.seconds, request.quality) == (12, "720p")


def revision(job: Job) -> str:
    return Job.objects.for_cards().get(pk=job.pk).revision

"""Finding what a kick missed and what a dead process left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from generations.models import Charged, Job, Output, Provider, State, Submission
from generations.services.submit import intend
from generations.services.sweep import sweep
from tests.services.helpers import queued, race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
PAST = timedelta(seconds=1)


def test_a_job_whose_submitter_died_is_unknown_and_never_sent_again(make_job: MakeJob) -> None:
    job = make_job()
    assert intend(job.pk)
    sweep()
    assert Job.objects.get().state == State.SUBMITTING, "its lease still holds"
    Submission.objects.update(lease_until=timezone.now() - PAST)
    sweep()
    sweep()
    job.refresh_from_db()
    assert (job.state, job.submissions.get().charged) == (State.UNKNOWN, Charged.UNKNOWN)
    assert "never sent again" in job.reason
    assert "ended before an answer" in job.events.latest("pk").detail
    assert [event.state for event in job.events.all()] == [State.QUEUED, State.SUBMITTING, State.UNKNOWN]
    assert intend(job.pk) is None


def test_the_lease_of_an_older_submission_means_nothing(make_job: MakeJob) -> None:
    job = make_job(State.SUBMITTING)
    Submission.objects.update(lease_until=timezone.now() - PAST)
    newer = Submission.objects.create(
        job=job, number=2, provider=job.provider, sent_at=timezone.now(), lease_until=timezone.now() + 60 * PAST
    )
    Job.objects.update(token=newer.token)
    sweep()
    assert Job.objects.get().state == State.SUBMITTING


def test_a_job_that_waited_for_more_than_a_day_fails_for_free(make_job: MakeJob) -> None:
    old, young = make_job(), make_job()
    aged = timezone.now() - timedelta(seconds=settings.QUEUED_MAX_AGE)
    Job.objects.filter(pk=old.pk).update(created_at=aged - PAST)
    Job.objects.filter(pk=young.pk).update(created_at=aged + 60 * PAST)
    sweep()
    old.refresh_from_db()
    assert (old.state, old.reason) == (State.FAILED, "It waited for more than a day and was not sent.")
    assert Job.objects.get(pk=young.pk).state == State.QUEUED


def test_a_day_ends_only_jobs_that_wait(make_job: MakeJob) -> None:
    for state in State:
        make_job(state)
    Job.objects.update(created_at=timezone.now() - timedelta(days=30))
    Submission.objects.update(lease_until=timezone.now() + timedelta(days=1))
    sweep()
    assert sorted(Job.objects.exclude(reason="").values_list("state", flat=True)) == [State.FAILED]


def test_the_end_of_waiting_rewrites_no_earlier_cost(make_job: MakeJob) -> None:
    job = make_job(State.SUBMITTING)
    Job.objects.update(state=State.QUEUED, created_at=timezone.now() - timedelta(days=2))
    sweep()
    assert job.submissions.get().charged == Charged.UNKNOWN, "what may have been paid stays so"


def test_a_job_without_a_provider_fails(make_job: MakeJob, provider: Provider) -> None:
    job = make_job()
    provider.delete()
    sweep()
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.FAILED, "Its provider was removed before it was sent.")
    assert job.provider_name == "UniAll studio"


def test_only_files_that_are_due_and_idle_are_fetched(make_job: MakeJob) -> None:
    now = timezone.now()
    due = cover(make_job(State.ARCHIVING))
    dropped = cover(make_job(State.ARCHIVING), lease=uuid4(), lease_until=now - PAST)
    cover(make_job(State.ARCHIVING), next_try_at=now + 60 * PAST)
    cover(make_job(State.ARCHIVING), lease=uuid4(), lease_until=now + 60 * PAST)
    cover(make_job(State.ARCHIVING), abandoned_at=now)
    cover(make_job(State.DONE))
    sweep()
    assert sorted(args[0] for _, _, args in queued()) == sorted([due, dropped])
    sweep()
    assert len(queued()) == 2, "not again before its time"


def test_links_that_end_soon_are_fetched_first(make_job: MakeJob) -> None:
    now = timezone.now()
    ends = {cover(make_job(State.ARCHIVING)): hours for hours in (None, 20, 1, 5)}
    for pk, hours in ends.items():
        Output.objects.filter(pk=pk).update(expires_at=hours and now + timedelta(hours=hours), next_try_at=now - PAST)
    sweep()
    assert [ends[args[0]] for _, _, args in queued()] == [1, 5, 20, None]


@pytest.mark.django_db(transaction=True)
def test_sweepers_that_race_do_everything_once(make_job: MakeJob) -> None:
    waited, lost, done = make_job(), make_job(State.SUBMITTING), make_job(State.ARCHIVING)
    Submission.objects.update(lease_until=timezone.now() - PAST)
    Job.objects.filter(pk=waited.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert race(*[sweep] * 4) == [None] * 4
    assert queued() == [("archive", "generations.tasks.archive", (cover(done),))]
    assert [event.state for event in waited.events.all()] == [State.QUEUED, State.FAILED]
    assert [event.state for event in lost.events.all()] == [State.SUBMITTING, State.UNKNOWN]


def cover(job: Job, **changes: object) -> int:
    assert job.cover
    if changes:
        Output.objects.filter(pk=job.cover.pk).update(**changes)
    return job.cover.pk


def test_a_backlog_is_not_kicked_over_and_over(make_job: MakeJob) -> None:
    for _ in range(25):
        make_job(State.ARCHIVING)
    for _ in range(3):
        Output.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
        sweep()
    assert len(queued()) == 10

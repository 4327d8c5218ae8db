"""What to do about a job that came to nothing or waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generations.contract import Cause
from generations.models import Charged, Job, Provider, State
from generations.services.advice import OVER, what_now
from generations.services.cancel import cancel
from generations.services.references import NotUsable, NotUsableNow
from generations.services.submit import not_prepared
from generations.services.sweep import sweep

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


def advised(job: Job) -> str:
    return what_now(Job.objects.for_cards().get(pk=job.pk))


@pytest.mark.parametrize("cause", [*OVER])
def test_every_end_that_is_understood_has_its_cure(cause: Cause, make_job: MakeJob) -> None:
    assert advised(make_job(State.FAILED, cause=cause)).startswith(str(OVER[cause]))


def test_the_money_is_said_last(make_job: MakeJob) -> None:
    job = make_job(State.DONE, cause=Cause.LATE)
    Job.objects.update(state=State.FAILED)
    for charged, said in ((Charged.NO, "provider."), (Charged.YES, "costs again."), (Charged.UNKNOWN, "look it up.")):
        job.submissions.update(charged=charged)
        assert advised(job).endswith(said)


def test_a_job_of_an_older_version_is_told_as_ever(make_job: MakeJob) -> None:
    assert advised(make_job(State.FAILED)) == "Change the prompt or the settings and try again."


def test_an_image_that_cannot_travel(make_job: MakeJob) -> None:
    for error, said in (
        (NotUsableNow("No room."), "It is tried again by itself."),
        (NotUsable("Broken."), "Give another image, or send it without one."),
    ):
        job = make_job()
        not_prepared(job.pk, error)
        assert advised(job) == said


def test_a_provider_that_is_off_or_gone(make_job: MakeJob, provider: Provider) -> None:
    job = make_job()
    assert advised(job) == ""
    Provider.objects.update(enabled=False)
    assert "switched off" in advised(job)
    Provider.objects.all().delete()
    sweep()
    assert advised(job) == "Choose another provider."


def test_what_was_taken_back_can_be_sent_again(make_job: MakeJob) -> None:
    job = make_job()
    cancel(job, job.author)
    assert advised(job) == "It can be sent again at any time."


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.ARCHIVING])
def test_nothing_is_to_be_done_while_it_goes_on(state: State, make_job: MakeJob) -> None:
    assert advised(make_job(state)) == ""

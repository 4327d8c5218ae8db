"""A provider in trouble cools down, then is tried with one job, and is trusted again when that gets through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from generations.contract import DialectError, Misconfigured, NeverHeard, NotTaken, Refused
from generations.models import Job, Provider, State, User
from generations.models.provider import PROBE_AFTER
from generations.services.outcomes import accepted
from generations.services.providers import resume
from generations.services.slots import free_slots, note_create
from generations.services.submit import due_jobs, intend
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BUSY, LOST = NotTaken("busy"), NeverHeard("the connection broke")


def after(provider: Provider, *results: DialectError | None) -> Provider:
    for result in results:
        note_create(provider.pk, result)
    provider.refresh_from_db()
    return provider


def test_a_single_lost_answer_stops_nothing(provider: Provider) -> None:
    assert after(provider, LOST).cooling_until is None
    assert free_slots(provider) == provider.in_flight


def test_a_second_one_stops_creates_until_a_single_job_gets_through(make_job: MakeJob, provider: Provider) -> None:
    jobs = [make_job() for _ in range(3)]
    with time_machine.travel(NOW, tick=False) as clock:
        assert after(provider, LOST, LOST).is_cooling
        assert due_jobs(10) == []
        clock.shift(timedelta(seconds=21))
        assert [due.job_pk for due in due_jobs(10)] == [jobs[0].pk]
        probe = intend(jobs[0].pk)
        assert probe
        assert due_jobs(10) == []
        assert intend(jobs[1].pk) is None, "one at a time"
        accepted(probe.token, "gen_1")
        assert [due.job_pk for due in due_jobs(10)] == [jobs[1].pk, jobs[2].pk]


def test_jobs_that_fail_together_are_one_trouble(provider: Provider) -> None:
    with time_machine.travel(NOW, tick=False):
        assert after(provider, *[BUSY] * 30).cooling_until == NOW + timedelta(seconds=20)
    assert provider.submit_failures == 1


def test_the_longest_wait_a_provider_asks_for_counts(provider: Provider) -> None:
    with time_machine.travel(NOW, tick=False):
        after(provider, NotTaken("busy", retry_after=90), NotTaken("busy", retry_after=30))
    assert provider.cooling_until == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("good", [None, Refused("too violent")])
def test_an_answer_of_any_meaning_ends_the_trouble(good: DialectError | None, provider: Provider) -> None:
    assert after(provider, LOST, LOST, good).submit_failures == 0


def test_a_model_without_a_channel_is_no_trouble_of_the_provider(provider: Provider) -> None:
    after(provider, NotTaken("no channel", model_unknown=True))
    assert (provider.submit_failures, provider.cooling_until) == (0, None)


def test_after_a_pause_one_job_goes_first(make_job: MakeJob, provider: Provider, admin: User) -> None:
    first, second = make_job(), make_job()
    after(provider, Misconfigured("quota"))
    resume(provider, admin)
    assert [due.job_pk for due in due_jobs(10)] == [first.pk]
    probe = intend(first.pk)
    assert probe
    assert intend(second.pk) is None


@pytest.mark.django_db(transaction=True)
def test_two_engines_try_a_doubtful_provider_with_one_job(make_job: MakeJob, provider: Provider) -> None:
    Provider.objects.update(submit_failures=PROBE_AFTER)
    jobs = [make_job() for _ in range(4)]
    results = race(*[lambda job=job: intend(job.pk) for job in jobs])
    assert len([one for one in results if one]) == 1, results
    assert Job.objects.filter(state=State.SUBMITTING).count() == 1


def test_a_post_to_an_earlier_address_stops_no_try_at_the_new_one(make_job: MakeJob, provider: Provider) -> None:
    make_job(State.SUBMITTING)
    Provider.objects.update(submit_failures=PROBE_AFTER, base_url="https://new.example.com")
    provider.refresh_from_db()
    assert free_slots(provider) == 1

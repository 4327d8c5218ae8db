"""How a provider answers: counted by the hour, and how fast it may be sent to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.contract import DialectError, NeverHeard, NotKnown, NotTaken, Refused
from generations.models import Job, Provider, ProviderHour, State, Submission
from generations.services.health import answered, forget_old_hours
from generations.services.slots import free_slots
from generations.services.standing import standings
from generations.services.submit import due_jobs, intend
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]

AWAY: list[DialectError | None] = [NeverHeard("The connection broke.")]


def fresh(provider: Provider) -> Provider:
    provider.refresh_from_db()
    return provider


class TestHealth:
    def test_without_any_call_there_is_no_rate(self, provider: Provider) -> None:
        now = standings([provider])[0]
        assert (now.calls, now.errors, now.rate, provider.last_success_at) == (0, 0, None, None)

    def test_calls_and_errors_add_up(self, provider: Provider) -> None:
        answered(provider.pk, [None, None, NotTaken("busy", detail="HTTP 429"), None])
        answered(provider.pk, AWAY)
        now = standings([fresh(provider)])[0]
        assert (now.calls, now.errors, now.rate) == (5, 2, 0.4)
        assert provider.last_error == "The connection broke."
        assert provider.last_success_at is not None

    @pytest.mark.parametrize("error", [Refused("not this prompt"), NotKnown("no such job")])
    def test_a_clear_no_is_a_good_answer(self, provider: Provider, error: DialectError) -> None:
        answered(provider.pk, [error])
        assert standings([fresh(provider)])[0].errors == 0

    def test_five_failures_in_a_row_open_the_circuit_and_one_answer_closes_it(self, provider: Provider) -> None:
        for count in range(1, 6):
            answered(provider.pk, AWAY)
            assert fresh(provider).is_failing == (count == 5)
        answered(provider.pk, [None])
        assert not fresh(provider).is_failing

    def test_only_the_last_day_counts_and_the_rest_is_forgotten(self, provider: Provider) -> None:
        with time_machine.travel(datetime(2026, 5, 1, 12, tzinfo=UTC), tick=False) as clock:
            answered(provider.pk, AWAY)
            clock.shift(timedelta(hours=26))
            answered(provider.pk, [None])
            assert standings([fresh(provider)])[0].rate == 0
            forget_old_hours()
            assert ProviderHour.objects.count() == 1

    def test_a_batch_costs_two_writes_however_many_answers_it_has(self, provider: Provider) -> None:
        answered(provider.pk, [None])
        with CaptureQueriesContext(
            connection,
        ) as few:
            answered(provider.pk, [None])
        with CaptureQueriesContext(connection) as many:
            answered(provider.pk, [None, *AWAY] * 200)
        assert len(few) == len(many) == 2


class TestRate:
    def test_no_more_are_sent_in_a_minute_than_allowed(self, provider: Provider, make_job: Callable[..., Job]) -> None:
        Provider.objects.update(submits_per_minute=2, in_flight=50)
        jobs = [make_job() for _ in range(4)]
        assert len(due_jobs(10)) == 2
        assert [intend(job.pk) is not None for job in jobs] == [True, True, False, False]
        assert due_jobs(10) == []

    def test_a_minute_later_the_next_ones_go(self, provider: Provider, make_job: Callable[..., Job]) -> None:
        Provider.objects.update(submits_per_minute=2, in_flight=50)
        for job in [make_job() for _ in range(3)]:
            intend(job.pk)
        Submission.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
        assert len(due_jobs(10)) == 1

    def test_finished_jobs_count_too_since_they_were_sent(
        self, provider: Provider, make_job: Callable[..., Job]
    ) -> None:
        Provider.objects.update(submits_per_minute=1, in_flight=50)
        make_job(State.DONE)
        make_job()
        assert due_jobs(10) == []

    def test_without_a_limit_only_the_slots_count(self, provider: Provider, make_job: Callable[..., Job]) -> None:
        Provider.objects.update(in_flight=3)
        make_job(State.DONE)
        assert free_slots(fresh(provider)) == 3

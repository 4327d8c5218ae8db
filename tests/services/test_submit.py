"""The money rule: one intent, one POST, and whatever comes back lands on its own submission."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from generations.contract import DialectError, Misconfigured, NeverHeard, NotTaken, Refused
from generations.models import Charged, Job, JobEvent, Outcome, Provider, State, Submission, User, Watch
from generations.services.advance import advance
from generations.services.cancel import cancel
from generations.services.outcomes import accepted, failed
from generations.services.slots import UNKNOWN_HOLDS, free_slots
from generations.services.submit import Due, Intent, due_jobs, intend
from generations.services.sweep import sweep
from tests.engine.helpers import submit_round
from tests.peer import answering, peer
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestIntent:
    def test_it_is_written_before_anything_is_sent(self, make_job: MakeJob, provider: Provider) -> None:
        job = make_job()
        intent = intended(job)
        assert (job.state, job.token, job.origin) == (State.SUBMITTING, intent.token, "https://api.example.com")
        submission = job.submissions.get()
        assert (submission.number, submission.outcome, submission.charged) == (1, Outcome.PENDING, Charged.UNKNOWN)
        assert submission.lease_until - submission.sent_at == timedelta(seconds=settings.SUBMIT_LEASE)
        assert (intent.call.method, intent.call.json) == (
            "POST",
            {"model": "sora2-landscape-8s", "prompt": "A fox wakes"},
        )

    def test_a_job_is_intended_once(self, make_job: MakeJob) -> None:
        job = make_job()
        assert intend(job.pk)
        assert intend(job.pk) is None
        assert job.submissions.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_engines_that_race_for_a_job_make_one_intent(self, make_job: MakeJob) -> None:
        job = make_job()
        results = race(*[lambda: intend(job.pk)] * 6)
        assert sorted(type(r).__name__ for r in results) == ["Intent"] + ["NoneType"] * 5, results
        assert (job.submissions.count(), job.events.filter(state=State.SUBMITTING).count()) == (1, 1)

    @pytest.mark.django_db(transaction=True)
    def test_engines_that_race_for_a_slot_fill_it_once(self, make_job: MakeJob, provider: Provider) -> None:
        Provider.objects.update(in_flight=2)
        jobs = [make_job(text=f"clip {n}") for n in range(6)]
        results = race(*[lambda job=job: intend(job.pk) for job in jobs])
        assert sum(isinstance(r, Intent) for r in results) == 2, results
        assert Submission.objects.count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_it_is_committed_before_the_post_leaves(self, make_job: MakeJob, provider: Provider) -> None:
        seen: list[tuple[str, str, int]] = []

        def look_at_the_rows(wire: socket.socket) -> None:
            job = Job.objects.get()
            seen.append((job.state, job.submissions.get().outcome, job.submissions.count()))
            connection.close()
            answering(200, b'{"id": "gen_1"}')(wire)

        with peer(look_at_the_rows) as server:
            point(provider, server.url)
            make_job()
            submit_round()
        assert seen == [(State.SUBMITTING, Outcome.PENDING, 1)]
        assert Job.objects.get().state == State.RUNNING

    def test_a_job_taken_back_in_between_is_not_sent(self, make_job: MakeJob, member: User) -> None:
        job = make_job()
        assert cancel(job, member)
        assert intend(job.pk) is None
        assert (job.state, job.submissions.count()) == (State.CANCELLED, 0)

    @pytest.mark.parametrize(
        "change",
        [
            {"enabled": False},
            {"paused_reason": "wrong key"},
            {"cooling_until": NOW + timedelta(days=9999)},
            {"in_flight": 0},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_provider_that_takes_nothing_gets_nothing(
        self, change: dict[str, object], make_job: MakeJob, provider: Provider
    ) -> None:
        job = make_job()
        Provider.objects.update(**change)
        assert jobs_of(due_jobs(10)) == []
        assert intend(job.pk) is None
        assert job.submissions.count() == 0

    def test_a_job_is_not_sent_before_its_time(self, make_job: MakeJob) -> None:
        job = make_job(not_before=timezone.now() + timedelta(seconds=60))
        assert jobs_of(due_jobs(10)) == []
        assert intend(job.pk) is None
        Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        assert jobs_of(due_jobs(10)) == [job]
        assert intend(job.pk)


def test_a_shape_the_dialect_cannot_say_is_never_sent(make_job: MakeJob) -> None:
    job = make_job(dialect="openai_videos", aspect_ratio="1:1")
    assert intend(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.submissions.count()) == (State.FAILED, 0)
    assert "Give width and height of 1:1. Ask an admin to do so" in job.reason


class TestSlots:
    def test_what_may_be_in_flight_there_takes_a_slot(self, make_job: MakeJob, provider: Provider) -> None:
        provider.in_flight = 10
        assert free_slots(provider) == 10
        for state in State:
            make_job(state)
        assert free_slots(provider) == 10 - 3, "submitting, running and unknown"

    def test_a_job_of_unknown_outcome_holds_its_slot_as_long_as_it_may_render(
        self, make_job: MakeJob, provider: Provider
    ) -> None:
        for _ in range(provider.in_flight):
            make_job(State.UNKNOWN)
        waiting = make_job()
        assert jobs_of(due_jobs(10)) == []
        Job.objects.filter(state=State.UNKNOWN).update(state_since=timezone.now() - UNKNOWN_HOLDS)
        assert jobs_of(due_jobs(10)) == [waiting]
        assert intend(waiting.pk)

    def test_the_oldest_go_first_and_no_more_than_fit(self, make_job: MakeJob, provider: Provider) -> None:
        jobs = [make_job() for _ in range(6)]
        make_job(State.RUNNING)
        assert jobs_of(due_jobs(10)) == jobs[:3]
        assert jobs_of(due_jobs(2)) == jobs[:2]
        assert jobs_of(due_jobs(10, {job.pk: provider.pk for job in jobs[:2]})) == [jobs[2]]
        assert jobs_of(due_jobs(2, {jobs[0].pk: provider.pk})) == [jobs[1]]
        assert jobs_of(due_jobs(10, {job.pk: provider.pk for job in jobs[:3]})) == []

    def test_a_full_provider_holds_up_no_other(self, make_job: MakeJob, provider: Provider) -> None:
        other = Provider.objects.create(name="Other", dialect="uniall", base_url="https://b.example.com", key="k")
        for _ in range(5):
            make_job(State.RUNNING)
        make_job()
        free = make_job(provider=other)
        assert jobs_of(due_jobs(10)) == [free]


class TestLateAnswers:
    def test_an_id_that_comes_after_the_job_was_given_up_brings_it_back(self, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        lose(job)
        assert job.state == State.UNKNOWN
        assert accepted(intent.token, "gen_1")
        job.refresh_from_db()
        assert (job.state, job.watch.remote_id, job.submissions.get().remote_id) == (State.RUNNING, "gen_1", "gen_1")
        assert job.reason == ""

    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_an_id_that_comes_after_the_end_is_kept_and_moves_nothing(self, state: State, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        Job.objects.update(state=state)
        assert not accepted(intent.token, "gen_1")
        submission = job.submissions.get()
        assert (Job.objects.get().state, submission.remote_id, submission.outcome) == (state, "gen_1", "accepted")
        assert not Watch.objects.exists()

    def test_an_answer_to_an_older_submission_does_not_touch_the_newer_one(self, make_job: MakeJob) -> None:
        job = make_job()
        old = intended(job)
        lose(job)
        assert advance(job, State.QUEUED)
        new = intended(job)
        assert not accepted(old.token, "gen_old")
        assert Job.objects.get().state == State.SUBMITTING
        assert accepted(new.token, "gen_new")
        assert Watch.objects.get().remote_id == "gen_new"
        assert [s.remote_id for s in job.submissions.all()] == ["gen_old", "gen_new"]

    @pytest.mark.parametrize(
        ("error", "state"),
        [
            (Refused("too violent"), State.FAILED),
            (NotTaken("busy"), State.QUEUED),
            (Misconfigured("wrong key"), State.QUEUED),
        ],
    )
    def test_a_clear_answer_that_comes_late_ends_the_doubt(
        self, error: DialectError, state: State, make_job: MakeJob
    ) -> None:
        job = make_job()
        intent = intended(job)
        Job.objects.update(cancel_asked=True)
        lose(job)
        assert failed(intent.token, error)
        assert (Job.objects.get().state, job.submissions.get().charged) == (state, "no")

    def test_an_unclear_one_changes_nothing(self, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        lose(job)
        assert not failed(intent.token, NeverHeard("broken"))
        assert (Job.objects.get().state, job.submissions.get().charged) == ("unknown", "unknown")

    def test_a_job_that_moved_on_is_not_moved_by_the_old_answer(self, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        lose(job)
        advance(job, State.FAILED, reason="given up")
        assert not failed(intent.token, Refused("too violent"))
        submission = job.submissions.get()
        assert (Job.objects.get().reason, submission.outcome, submission.detail) == (
            "given up", "refused", "too violent",
        )  # fmt: skip

    def test_a_job_found_meanwhile_keeps_the_id_it_is_watched_by(self, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        lose(job)
        assert accepted(intent.token, "gen_1")
        assert not accepted(intent.token, "gen_2")
        assert (job.submissions.get().remote_id, Watch.objects.get().remote_id) == ("gen_1", "gen_1")

    def test_an_error_does_not_undo_that_a_job_was_found(self, make_job: MakeJob) -> None:
        job = make_job()
        intent = intended(job)
        lose(job)
        assert accepted(intent.token, "gen_1")
        assert not failed(intent.token, Refused("too violent"))
        submission = job.submissions.get()
        assert (Job.objects.get().state, submission.outcome, submission.charged) == ("running", "accepted", "unknown")

    @pytest.mark.django_db(transaction=True)
    def test_an_id_that_races_with_the_sweeper_is_never_lost(self, make_job: MakeJob) -> None:
        jobs = [make_job(text=f"clip {n}") for n in range(4)]
        Provider.objects.update(in_flight=9)
        intents = [intended(job) for job in jobs]
        Submission.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        results = race(sweep, *[lambda n=n, i=i: accepted(i.token, f"gen_{n}") for n, i in enumerate(intents)], sweep)
        assert not [r for r in results if isinstance(r, Exception)], results
        assert [job.state for job in Job.objects.all()] == [State.RUNNING] * 4
        assert Watch.objects.count() == 4

    def test_one_id_for_two_jobs_is_nobodys_job(self, make_job: MakeJob) -> None:
        first, second = make_job(), make_job()
        intents = intended(first), intended(second)
        assert accepted(intents[0].token, "gen_same")
        assert accepted(intents[1].token, "gen_same")
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, second.state) == (State.RUNNING, State.UNKNOWN)
        assert "gen_same" in JobEvent.objects.filter(job=second).latest("pk").detail
        assert [w.job_id for w in Watch.objects.all()] == [first.pk]


class TestNotTaken:
    def test_a_wish_to_cancel_is_granted_when_nothing_was_taken(self, make_job: MakeJob, member: User) -> None:
        for error in (NotTaken("busy"), Misconfigured("wrong key")):
            Provider.objects.update(paused_reason="", cooling_until=None)
            job = make_job()
            intent = intended(job)
            assert not cancel(Job.objects.get(pk=job.pk), member)
            assert failed(intent.token, error)
            job.refresh_from_db()
            assert (job.state, job.submissions.get().charged) == (State.CANCELLED, Charged.NO)

    def test_a_wish_to_cancel_comes_too_late_for_a_job_that_was_taken(self, make_job: MakeJob, member: User) -> None:
        job = make_job()
        intent = intended(job)
        assert not cancel(Job.objects.get(pk=job.pk), member)
        assert accepted(intent.token, "gen_1")
        assert Job.objects.get().state == State.RUNNING

    def test_a_model_that_stays_unknown_is_given_up_after_five_tries(self, make_job: MakeJob) -> None:
        job = make_job()
        for number in range(1, 6):
            Job.objects.update(not_before=None)
            assert failed(intended(job).token, NotTaken("no channel", model_unknown=True))
            job.refresh_from_db()
            assert job.state == (State.FAILED if number == 5 else State.QUEUED), number
        assert "Choose another model" in job.reason
        assert {s.charged for s in job.submissions.all()} == {Charged.NO}
        assert not Provider.objects.exclude(cooling_until=None).exists(), "other models are not held up"

    def test_a_busy_provider_does_not_count_as_not_having_the_model(self, make_job: MakeJob) -> None:
        job = make_job()
        for _ in range(5):
            failed(again(job).token, NotTaken("busy"))
        assert failed(again(job).token, NotTaken("no channel", model_unknown=True))
        assert Job.objects.get().state == State.QUEUED

    @pytest.mark.parametrize(
        ("retry_after", "waits"),
        [(7.0, 7), (0.0, 1), (-5.0, 1), (600.0, 600), (86400.0, 600), (float("inf"), 600), (1e300, 600)],
    )
    def test_the_provider_says_how_long_to_wait_within_reason(
        self, retry_after: float, waits: int, make_job: MakeJob, provider: Provider
    ) -> None:
        job = make_job()
        with time_machine.travel(NOW, tick=False):
            assert failed(intended(job).token, NotTaken("busy", retry_after=retry_after))
        job.refresh_from_db()
        provider.refresh_from_db()
        assert provider.cooling_until == NOW + timedelta(seconds=waits)
        assert job.not_before is None, "the provider cools down, not the job"
        assert job.reason == "Waiting: busy"

    def test_without_a_word_from_the_provider_each_wait_is_twice_the_last(
        self, make_job: MakeJob, provider: Provider
    ) -> None:
        job, waits = make_job(), []
        with time_machine.travel(NOW, tick=False):
            for _ in range(7):
                failed(again(job).token, NotTaken("busy"))
                provider.refresh_from_db()
                assert provider.cooling_until
                waits.append((provider.cooling_until - NOW).total_seconds())
        assert waits == [20, 40, 80, 160, 320, 600, 600]

    def test_what_an_admin_must_mend_pauses_the_provider(self, make_job: MakeJob, provider: Provider) -> None:
        job = make_job()
        assert failed(intended(job).token, Misconfigured("wrong key", detail="HTTP 401: invalid token"))
        provider.refresh_from_db()
        job.refresh_from_db()
        assert job.state == State.QUEUED
        assert provider.paused_reason == "HTTP 401: It answered, but refused the key. Set the key again."
        assert job.reason == "waiting: the provider needs an admin"
        assert jobs_of(due_jobs(10)) == []


@pytest.mark.parametrize(
    ("error", "state", "charged"),
    [
        (NeverHeard("broken"), State.UNKNOWN, Charged.UNKNOWN),
        (DialectError("of a new kind"), State.UNKNOWN, Charged.UNKNOWN),
        (Refused("no"), State.FAILED, Charged.NO),
    ],
)
def test_what_came_instead_of_an_id_decides(
    error: DialectError, state: State, charged: Charged, make_job: MakeJob
) -> None:
    job = make_job()
    assert failed(intended(job).token, error)
    assert (Job.objects.get().state, job.submissions.get().charged) == (state, charged)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "answer",
    [
        answering(400, json.dumps({"code": "x\x00y", "message": "bad \x00 words \ud83e \u202e"}).encode()),
        answering(400, json.dumps({"message": "long " * 100_000}).encode()),
        answering(400, b'{"message": 1e999, "code": NaN}'),
    ],
    ids=["NUL and half a character", "very long", "no numbers"],
)
def test_hostile_words_of_a_refusal_are_kept_harmless(answer: object, make_job: MakeJob, provider: Provider) -> None:
    with peer(answer) as server:  # type: ignore[arg-type]
        point(provider, server.url)
        make_job()
        submit_round()
    job = Job.objects.get()
    assert job.state == State.FAILED
    assert len(job.reason) < 600


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("remote_id", ["gen\x00_1", "gen \ud83e", "g" * 301], ids=["NUL", "half a character", "long"])
def test_an_id_that_no_column_holds_means_no_one_knows(remote_id: str, make_job: MakeJob, provider: Provider) -> None:
    with peer(answering(200, json.dumps({"id": remote_id}).encode())) as server:
        point(provider, server.url)
        make_job()
        submit_round()
        assert Job.objects.get().state in {State.UNKNOWN, State.RUNNING}
        assert Submission.objects.get().answered_at


def intended(job: Job) -> Intent:
    intent = intend(job.pk)
    assert intent
    job.refresh_from_db()
    return intent


def jobs_of(due: list[Due]) -> list[Job]:
    return [Job.objects.get(pk=one.job_pk) for one in due]


def again(job: Job) -> Intent:
    """The next intent, whatever the last one left to wait for."""
    Provider.objects.update(cooling_until=None)
    Job.objects.update(not_before=None)
    return intended(job)


def lose(job: Job) -> None:
    """Let the submitter's lease run out."""
    job.submissions.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    job.refresh_from_db()


def point(provider: Provider, url: str) -> None:
    provider.base_url, provider.allow_private = url, True
    provider.save()

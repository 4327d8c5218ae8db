"""Settling a job of unknown outcome: whoever is first wins, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from generations.contract import NeverHeard
from generations.models import AuditEntry, Candidate, Charged, Job, Outcome, State, Submission, User, Watch
from generations.services import reconcile
from generations.services.outcomes import accepted, failed
from generations.services.reconcile import (
    IdTaken,
    Settled,
    TooLate,
    give_up,
    keep_second,
    leave_as_not_created,
    note_second,
    settle,
    submit_again,
)
from generations.services.sweep import sweep
from generations.services.unsettled import count_for_staff
from tests.services.helpers import named, race

MakeJob = Callable[..., Job]
WAYS = [leave_as_not_created, give_up, submit_again]


def unknown(make_job: MakeJob, **more: Any) -> Job:
    job = make_job(State.UNKNOWN, **more)
    Submission.objects.filter(job=job).update(outcome=Outcome.NEVER_HEARD)
    return job


def sent(job: Job) -> Submission:
    return job.submissions.get(number=1)


def late_answer(job: Job) -> UUID:
    """The token that the POST's own answer comes back to."""
    return sent(job).token


@pytest.mark.django_db
@pytest.mark.databases
class TestFound:
    def test_its_job_runs_again_under_the_id(self, make_job: MakeJob, reviewer: User) -> None:
        job = unknown(make_job)
        named(job, "gen_8")
        assert settle(sent(job).pk, "gen_9", "By hand: {remote_id}", reviewer) == Settled.RUNS
        job.refresh_from_db()
        row, event = sent(job), job.events.last()
        assert (job.state, row.outcome, row.remote_id, row.charged) == (
            State.RUNNING, Outcome.ACCEPTED, "gen_9", Charged.UNKNOWN,
        )  # fmt: skip
        assert Watch.objects.get().remote_id == "gen_9"
        assert event is not None
        assert (event.note, event.detail, event.actor) == (reconcile.FOUND, "By hand: gen_9", reviewer)
        assert not Candidate.objects.exists()

    def test_a_second_finding_changes_nothing(self, make_job: MakeJob) -> None:
        job = unknown(make_job)
        settle(sent(job).pk, "gen_9", "By callback")
        assert settle(sent(job).pk, "gen_10", "By list") == Settled.BEFORE
        assert sent(job).remote_id == "gen_9"

    def test_an_id_that_another_submission_has_is_a_clear_sentence(self, make_job: MakeJob) -> None:
        other, job = make_job(State.RUNNING), unknown(make_job)
        with pytest.raises(IdTaken, match=str(other.key)):
            settle(sent(job).pk, sent(other).remote_id, "By hand: {remote_id}")
        job.refresh_from_db()
        assert (job.state, sent(job).remote_id) == (State.UNKNOWN, "")

    def test_while_its_answer_may_still_come_nothing_is_settled(self, make_job: MakeJob) -> None:
        job = make_job(State.SUBMITTING)
        assert settle(sent(job).pk, "gen_9", "By callback") == Settled.BEFORE
        assert sent(job).remote_id == ""

    def test_a_job_that_moved_on_gets_a_second_clip(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        leave_as_not_created(job, 1, admin)
        assert sent(job).charged == Charged.NO
        assert settle(sent(job).pk, "gen_9", "By list") == Settled.SECOND
        job.refresh_from_db()
        assert (job.state, sent(job).charged) == (State.FAILED, Charged.UNKNOWN)
        assert list(Submission.objects.second_clips()) == [sent(job)]


@pytest.mark.django_db
@pytest.mark.databases
class TestByAPersonsWord:
    @pytest.mark.parametrize(
        ("act", "state", "charged", "action"),
        [
            (leave_as_not_created, State.FAILED, Charged.NO, "confirm not created"),
            (give_up, State.FAILED, Charged.UNKNOWN, "give up"),
            (submit_again, State.QUEUED, Charged.UNKNOWN, "submit again"),
        ],
    )
    def test_it_is_done_and_written_down(
        self, make_job: MakeJob, admin: User, act: Any, state: State, charged: Charged, action: str
    ) -> None:
        job = unknown(make_job, not_before=timezone.now() + timedelta(hours=1), cancel_asked=True)
        act(job, 1, admin)
        job.refresh_from_db()
        event, entry = job.events.last(), AuditEntry.objects.get(action=action)
        assert (job.state, sent(job).charged) == (state, charged)
        assert event is not None
        assert (event.actor, event.note) == (admin, job.reason)
        assert (entry.actor, entry.subject) == (admin, f"Job {job.key}")
        assert entry.changes == {"state": ["Outcome unknown", state.label]}
        if state == State.QUEUED:
            assert (job.not_before, job.cancel_asked) == (None, False)

    @pytest.mark.parametrize("act", WAYS)
    @pytest.mark.parametrize("state", [State.RUNNING, State.DONE, State.SUBMITTING])
    def test_a_stale_click_does_nothing_and_says_where_the_job_is(
        self, make_job: MakeJob, admin: User, act: Any, state: State
    ) -> None:
        job = make_job(state)
        with pytest.raises(TooLate, match=str(state.label)):
            act(job, 1, admin)
        assert not AuditEntry.objects.filter(actor=admin).exists()

    @pytest.mark.parametrize("act", WAYS)
    def test_a_click_about_an_earlier_submission_does_nothing(self, make_job: MakeJob, admin: User, act: Any) -> None:
        job = unknown(make_job)
        again = Submission.objects.create(
            job=job, number=2, provider=job.provider, lease_until=timezone.now(), sent_at=timezone.now()
        )
        Job.objects.update(token=again.token)
        with pytest.raises(TooLate, match="sent again meanwhile"):
            act(job, 1, admin)
        assert Job.objects.get().state == State.UNKNOWN

    def test_a_job_without_any_submission_can_be_settled_too(self, make_job: MakeJob, admin: User) -> None:
        job = make_job(State.QUEUED)
        Job.objects.update(state=State.UNKNOWN)  # restored from a backup
        job.refresh_from_db()
        submit_again(job, 0, admin)
        assert Job.objects.get().state == State.QUEUED

    def test_what_is_sent_again_after_days_is_not_too_old_at_once(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        Job.objects.update(created_at=timezone.now() - timedelta(days=3))
        submit_again(job, 1, admin)
        sweep()
        assert Job.objects.get().state == State.QUEUED
        job.events.filter(actor=admin).update(at=timezone.now() - timedelta(days=2))
        sweep()
        assert Job.objects.get().state == State.FAILED


@pytest.mark.django_db
@pytest.mark.databases
class TestSecondClips:
    @pytest.mark.parametrize("act", WAYS)
    def test_a_late_answer_after_a_persons_word_is_one(self, make_job: MakeJob, admin: User, act: Any) -> None:
        job = unknown(make_job)
        assert count_for_staff() == 1
        act(job, 1, admin)
        assert count_for_staff() == 0
        assert not accepted(late_answer(job), "gen_9")
        assert [row.remote_id for row in Submission.objects.second_clips()] == ["gen_9"]
        assert count_for_staff() == 1

    def test_a_late_answer_in_time_is_none(self, make_job: MakeJob) -> None:
        assert accepted(late_answer(unknown(make_job)), "gen_9")
        assert not Submission.objects.second_clips().exists()

    def test_a_late_refusal_is_none(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        give_up(job, 1, admin)
        failed(late_answer(job), NeverHeard("It broke off."))
        assert not Submission.objects.second_clips().exists()

    def test_it_is_noted_once(self, make_job: MakeJob, admin: User, reviewer: User) -> None:
        job = unknown(make_job)
        give_up(job, 1, admin)
        settle(sent(job).pk, "gen_9", "By list")
        note_second(sent(job), reviewer)
        assert not Submission.objects.second_clips().exists()
        with pytest.raises(TooLate):
            note_second(sent(job), reviewer)
        assert AuditEntry.objects.filter(action="note a second clip").count() == 1

    def test_a_given_up_job_takes_its_clip_up_again(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        leave_as_not_created(job, 1, admin)
        settle(sent(job).pk, "gen_9", "By list")
        keep_second(sent(job), admin)
        job.refresh_from_db()
        assert (job.state, job.finished_at, Watch.objects.get().remote_id) == (State.RUNNING, None, "gen_9")
        assert not Submission.objects.second_clips().exists()
        with pytest.raises(TooLate):
            keep_second(sent(job), admin)

    def test_a_job_that_was_sent_again_keeps_its_own(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        submit_again(job, 1, admin)
        settle(sent(job).pk, "gen_9", "By list")
        with pytest.raises(TooLate):
            keep_second(sent(job), admin)
        assert Job.objects.get().state == State.QUEUED


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases
class TestAtTheSameMoment:
    def test_two_who_send_again_do_it_once(self, make_job: MakeJob, admin: User, reviewer: User) -> None:
        job = unknown(make_job)
        results = race(lambda: submit_again(job, 1, admin), lambda: submit_again(job, 1, reviewer))
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "TooLate"]
        assert AuditEntry.objects.filter(action="submit again").count() == 1
        assert Job.objects.get().events.filter(state=State.QUEUED, actor__isnull=False).count() == 1

    @pytest.mark.parametrize("act", WAYS)
    def test_a_callback_and_a_person(self, make_job: MakeJob, admin: User, act: Any) -> None:
        job = unknown(make_job)
        pk = sent(job).pk
        found, done = race(lambda: settle(pk, "gen_9", "By callback"), lambda: act(job, 1, admin))
        job.refresh_from_db()
        if isinstance(done, TooLate):
            assert (found, job.state) == (Settled.RUNS, State.RUNNING)
            assert not Submission.objects.second_clips().exists()
        else:
            assert (found, done) == (Settled.SECOND, None)
            assert job.state in {State.FAILED, State.QUEUED}
            assert Submission.objects.second_clips().count() == 1

    def test_a_late_answer_and_a_person(self, make_job: MakeJob, admin: User) -> None:
        job = unknown(make_job)
        token = late_answer(job)
        took, done = race(lambda: accepted(token, "gen_9"), lambda: give_up(job, 1, admin))
        job.refresh_from_db()
        assert (took, done is None, job.state) in {(True, False, State.RUNNING), (False, True, State.FAILED)}
        assert Submission.objects.second_clips().count() == (0 if took else 1)

    def test_one_id_for_two_jobs_goes_to_one(self, make_job: MakeJob) -> None:
        pks = [sent(unknown(make_job)).pk for _ in range(2)]
        results = race(*(lambda pk=pk: settle(pk, "gen_9", "By list") for pk in pks))
        assert sorted(type(result).__name__ for result in results) == ["IdTaken", "Settled"]
        assert Job.objects.filter(state=State.RUNNING).count() == 1
        assert Watch.objects.count() == 1

"""The one way a job moves: along the table, once, with everything the move entails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from uuid import uuid4

import pytest
from django.utils import timezone

from generations.models import ACTIVE, FINAL, MOVES, Charged, Job, JobEvent, State, Submission, User, Watch
from generations.services.advance import advance

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

# docs: the life of a job. Written out again, so that a slip in the code's table shows.
TABLE = {
    "awaiting_approval": "queued rejected cancelled",
    "queued": "submitting cancelled failed unknown",
    "submitting": "running queued cancelled failed unknown",
    "running": "archiving failed cancelled",
    "unknown": "running failed queued",
    "failed": "running",
    "archiving": "done",
    "done": "",
    "cancelled": "",
    "rejected": "",
}
LEGAL = [(State(a), State(b)) for a, targets in TABLE.items() for b in targets.split()]
ILLEGAL = [(a, b) for a, b in product(State, State) if (a, b) not in LEGAL]


def name(pair: object) -> str:
    return "-".join(pair) if isinstance(pair, tuple) else str(pair)


def test_the_table_is_the_documented_one() -> None:
    assert {str(a): sorted(map(str, targets)) for a, targets in MOVES.items()} == {
        a: sorted(targets.split()) for a, targets in TABLE.items()
    }
    assert set(MOVES) == set(State)
    assert FINAL.isdisjoint(ACTIVE)


@pytest.mark.parametrize("pair", LEGAL, ids=name)
def test_a_legal_move_is_made_and_recorded_once(pair: tuple[State, State], make_job: Callable[..., Job]) -> None:
    job = sent(make_job(pair[0]))
    rev, events = job.rev, job.events.count()
    assert advance(job, pair[1], by=job.submissions.last(), reason="for members", detail="for staff")
    stored = Job.objects.get(pk=job.pk)
    assert (stored.state, stored.reason, stored.rev, job.state) == (pair[1], "for members", rev + 1, pair[1])
    assert job.events.count() == events + 1
    last = job.events.last()
    assert last is not None
    assert (last.state, last.note, last.detail) == (pair[1], "for members", "for staff")
    assert Watch.objects.filter(job=job).exists() == (pair[1] == State.RUNNING)
    assert (stored.finished_at is not None) == (pair[1] in FINAL)


def test_every_other_move_is_a_mistake_and_writes_nothing(make_job: Callable[..., Job]) -> None:
    jobs = {state: sent(make_job(state)) for state in State}
    before = list(Job.objects.order_by("pk").values()), JobEvent.objects.count(), Watch.objects.count()
    for at, to in ILLEGAL:
        with pytest.raises(ValueError, match="cannot become"):
            advance(jobs[at], to)
    assert (list(Job.objects.order_by("pk").values()), JobEvent.objects.count(), Watch.objects.count()) == before


def test_the_second_mover_moves_nothing(make_job: Callable[..., Job], member: User) -> None:
    job = make_job(State.QUEUED)
    late = Job.objects.get(pk=job.pk)
    assert advance(job, State.CANCELLED, actor=member)
    assert not advance(late, State.SUBMITTING, reason="too late", new_token=uuid4())
    stored = Job.objects.get(pk=job.pk)
    assert (stored.state, stored.reason, stored.token, stored.rev) == (State.CANCELLED, "", None, job.rev)
    assert [event.state for event in job.events.all()] == [State.QUEUED, State.CANCELLED]


def test_only_the_submission_that_holds_the_token_may_move_the_job(make_job: Callable[..., Job]) -> None:
    job = make_job(State.SUBMITTING)
    assert not advance(job, State.FAILED, by=Submission(token=uuid4()))
    assert Job.objects.get(pk=job.pk).state == State.SUBMITTING
    assert advance(job, State.FAILED, by=job.submissions.get())


def test_a_move_after_a_look_needs_the_lease_of_the_look(make_job: Callable[..., Job]) -> None:
    job = make_job(State.RUNNING)
    Watch.objects.filter(job=job).update(lease=uuid4())
    assert not advance(job, State.FAILED, watch={"lease": uuid4()})
    assert Watch.objects.filter(job=job).exists()
    assert Job.objects.get(pk=job.pk).state == State.RUNNING


def test_a_job_that_was_never_sent_cannot_run(make_job: Callable[..., Job]) -> None:
    job = make_job(State.FAILED)
    with pytest.raises(ValueError, match="no submission says"):
        advance(job, State.RUNNING)
    assert Job.objects.get(pk=job.pk).state == State.FAILED


def test_a_move_settles_what_the_live_submission_cost(make_job: Callable[..., Job]) -> None:
    job = make_job(State.RUNNING)
    old = Submission.objects.create(
        job=job, number=2, provider=job.provider, lease_until=timezone.now(), sent_at=timezone.now()
    )
    assert advance(job, State.ARCHIVING, charged=Charged.YES)
    assert job.submissions.get(number=1).charged == Charged.YES
    assert Submission.objects.get(pk=old.pk).charged == Charged.UNKNOWN


def test_a_job_looked_at_again_is_unfinished_again(make_job: Callable[..., Job]) -> None:
    job = sent(make_job(State.RUNNING))
    advance(job, State.FAILED, reason="It took too long.")
    assert Job.objects.get().finished_at
    advance(job, State.RUNNING, by=job.submissions.get())
    stored = Job.objects.get()
    assert (stored.finished_at, stored.reason, stored.watch.remote_id) == (None, "", f"gen_{job.key.hex}")


def sent(job: Job) -> Job:
    """The job with a submission, so that it can run."""
    if not job.submissions.exists():
        now = timezone.now()
        one = Submission.objects.create(job=job, number=1, provider=job.provider, lease_until=now, sent_at=now)
        job.token = one.token
        job.save(update_fields=["token"])
    return job

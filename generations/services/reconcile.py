"""What becomes of a job whose outcome is unknown: found again, given up, or sent again by a person's word.

Whoever is first wins: each act is fenced by the submission it was decided about, so a stale click changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import Cause
from generations.models import Candidate, Charged, Job, Outcome, State, Submission, User
from generations.services import budgets
from generations.services.advance import advance
from generations.services.audit import job_subject, note
from generations.services.ledger import square
from generations.services.usage.marks import changed
from generations.services.wording import in_english

FOUND = gettext_noop("Found again: the provider has it.")
NOT_CREATED = gettext_noop("It was not made: the provider has no such job.")
GIVEN_UP = gettext_noop("Given up: nobody could tell whether it was made.")
AGAIN = gettext_noop("Waiting to be sent again, as staff decided.")
KEPT = gettext_noop("Found after all: the provider has it.")
TAKEN = gettext_noop("Another job of the portal already has this id.")
TAKEN_BY = gettext_noop("This id is already another job's: {job}.")


class TooLate(Exception):
    """Something was first; str() says so to whoever clicked."""


class IdTaken(Exception):
    """The id is another submission's; str() says whose, in English: it may be written down."""


class Settled(StrEnum):
    """What finding a submission's id came to."""

    RUNS = "runs"  # its job runs again
    SECOND = "second"  # its job had moved on: a second clip
    BEFORE = "before"  # nothing to settle: somebody was first


def settle(submission_pk: int, remote_id: str, how: str, actor: User | None = None) -> Settled:
    """The provider's own answer knows this id: it is what came of the submission. Raises IdTaken.

    `how` says to staff where the id, {remote_id}, was found.
    """
    try:
        with transaction.atomic():
            return _settled(_held(submission_pk), remote_id, how, actor)
    except IntegrityError as error:
        raise IdTaken(TAKEN) from error


def leave_as_not_created(job: Job, number: int, actor: User) -> None:
    """FAILED and not charged, by a person's word. Raises TooLate."""
    move = {"reason": NOT_CREATED, "charged": Charged.NO, "cause": Cause.LOST}
    _leave(job, number, State.FAILED, actor, gettext_noop("confirm not created"), **move)


def give_up(job: Job, number: int, actor: User) -> None:
    """FAILED; nobody knows whether it was charged. Raises TooLate."""
    _leave(
        job,
        number,
        State.FAILED,
        actor,
        gettext_noop("give up"),
        reason=GIVEN_UP,
        charged=Charged.UNKNOWN,
        cause=Cause.LOST,
    )


def submit_again(job: Job, number: int, actor: User) -> None:
    """Back to the queue with a submission to come: it may be billed twice. Raises TooLate, OverBudget."""
    changes = {"not_before": None, "cancel_asked": False}
    with transaction.atomic():
        budgets.check(job.author, job.estimate)
        _leave(job, number, State.QUEUED, actor, gettext_noop("submit again"), reason=AGAIN, **changes)


def note_second(submission: Submission, actor: User) -> None:
    """A person knows of this second clip. Raises TooLate."""
    with transaction.atomic():
        if not Submission.objects.second_clips().filter(pk=submission.pk).update(noted_at=timezone.now()):
            raise TooLate(_("Somebody noted it already."))
        named = {"remote id": ("", submission.remote_id)}
        note(actor, gettext_noop("note a second clip"), job_subject(submission.job), named)


def may_be_kept(submission: Submission) -> bool:
    """True while the job it belongs to was given up and nothing else was sent for it."""
    return submission.job.state == State.FAILED and submission.job.token == submission.token


def keep_second(submission: Submission, actor: User) -> None:
    """The job was given up, but its clip exists: look at it as if it never had been. Raises TooLate."""
    with transaction.atomic():
        held = _held(submission.pk)
        is_second = Submission.objects.second_clips().filter(pk=held.pk).exists()
        charged = Charged.UNKNOWN
        if not (is_second and may_be_kept(held)):
            raise TooLate(_("It is no longer there to be kept."))
        if not advance(held.job, State.RUNNING, by=held, reason=KEPT, charged=charged, actor=actor):
            raise TooLate(_stale(held.job))
        Submission.objects.filter(pk=held.pk).update(left_at=None)
        note(actor, gettext_noop("keep a second clip"), job_subject(held.job), {"remote id": ("", held.remote_id)})


def live_submission(job: Job, number: int) -> Submission | None:
    """The submission that a person saw as the job's latest; None when it never had one. Raises TooLate."""
    latest = job.submissions.order_by("number").last()
    if job.state != State.UNKNOWN or number != (latest.number if latest else 0):
        raise TooLate(_stale(job))
    return latest


def _held(submission_pk: int) -> Submission:
    """The submission and its job, held. Always in this order, so that no two wait for each other."""
    rows = Submission.objects.select_for_update(of=("self", "job"), no_key=True)
    return rows.select_related("job", "provider").get(pk=submission_pk)


def _settled(submission: Submission, remote_id: str, how: str, actor: User | None) -> Settled:
    job = submission.job
    is_live = job.token == submission.token
    if submission.remote_id or (is_live and job.state == State.SUBMITTING):
        return Settled.BEFORE
    _check_free(submission, remote_id)
    now = timezone.now()
    submission.outcome, submission.answered_at, submission.remote_id = Outcome.ACCEPTED, now, remote_id
    runs = is_live and job.state == State.UNKNOWN
    if not runs:  # said to be not created, perhaps, but it was
        submission.charged, submission.left_at = Charged.UNKNOWN, submission.left_at or now
    submission.save(update_fields=["outcome", "answered_at", "remote_id", "charged", "left_at"])
    _forget_candidates(submission)
    if not runs:
        square(job, submission.number, State(job.state))
        changed(job)
    else:
        advance(job, State.RUNNING, by=submission, reason=FOUND, detail=how.format(remote_id=remote_id), actor=actor)
    return Settled.RUNS if runs else Settled.SECOND


def _check_free(submission: Submission, remote_id: str) -> None:
    taken = Submission.objects.filter(provider=submission.provider_id, remote_id=remote_id).select_related("job")
    if other := taken.first():
        raise IdTaken(TAKEN_BY.format(job=other.job.key))


def _forget_candidates(submission: Submission) -> None:
    submission.candidates.all().delete()
    Candidate.objects.filter(provider=submission.provider_id, remote_id=submission.remote_id).delete()


def _leave(job: Job, number: int, to: State, actor: User, action: str, **move: Any) -> None:
    """Move a job of unknown outcome on, by the word of somebody who saw submission `number` as its latest."""
    with transaction.atomic():
        seen = live_submission(job, number)
        job = _held(seen.pk).job if seen else Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        live_submission(job, number)  # as it is now that it is held
        if not advance(job, to, by=seen, actor=actor, **move):
            raise TooLate(_stale(job))
        if seen:
            Submission.objects.filter(pk=seen.pk).update(left_at=timezone.now())
        note(actor, action, job_subject(job), {"state": (in_english(State.UNKNOWN.label), in_english(to.label))})


def _stale(job: Job) -> str:
    state = State(Job.objects.values_list("state", flat=True).get(pk=job.pk))
    if state == State.UNKNOWN:
        return _("It was sent again meanwhile. Reload the page to see it as it is now.")
    said = _("Nothing was done: it is no longer of unknown outcome, but “{state}”.")
    return said.format(state=state.label)

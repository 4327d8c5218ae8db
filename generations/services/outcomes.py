"""What came of a POST: its id or an error lands on its own submission, and moves the job as the outcome table says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Cause, DialectError, Misconfigured, NotTaken, Refused
from generations.models import Charged, Job, Outcome, State, Submission
from generations.services import remix
from generations.services.advance import advance
from generations.services.ledger import square
from generations.services.providers import pause
from generations.services.slots import COOLING, COOLING_MOST, note_create
from generations.services.usage.marks import changed
from generations.wire.outcome import NO_SUCH_MODEL

NEEDS_ADMIN = gettext_noop("waiting: the provider needs an admin")
NO_ANSWER = gettext_noop("Sent, but no clear answer came back.")
NOT_AGAIN = gettext_noop("It may have been charged and is never sent again by itself.")
UNHEARD = f"{NO_ANSWER} {NOT_AGAIN}"
WAITING = gettext_noop("Waiting: {why}")
REFUSALS = {
    Cause.CONTENT: gettext_noop("The provider's content rules refuse the prompt or its image: {why}"),
    Cause.MODEL: gettext_noop("The provider does not offer this model: {why}"),
}
REFUSED = gettext_noop("The provider refused it: {why}")
NOT_OFFERED = gettext_noop("The provider does not offer this model now. Choose another model.")
TWICE = gettext_noop("The provider gave the id {remote_id} to two jobs.")
OPEN = frozenset({State.SUBMITTING, State.UNKNOWN})  # where the answer to a POST still decides
MODEL_UNKNOWN_TRIES = 5
MODEL_UNKNOWN_MOST = timedelta(minutes=15)
OUTCOMES: dict[type[DialectError], tuple[Outcome, Charged]] = {
    NotTaken: (Outcome.NOT_TAKEN, Charged.NO),
    Misconfigured: (Outcome.MISCONFIGURED, Charged.NO),
    Refused: (Outcome.REFUSED, Charged.NO),
    DialectError: (Outcome.NEVER_HEARD, Charged.UNKNOWN),
}


def settle(token: UUID, result: str | DialectError) -> bool:
    """Write down what the POST of this submission came to, its id or an error; True when its job moved.

    A late answer lands on its submission all the same, and the same answer twice changes nothing. Raises
    Submission.DoesNotExist.
    """
    return failed(token, result) if isinstance(result, DialectError) else accepted(token, result)


def accepted(token: UUID, remote_id: str) -> bool:
    """The provider took it: watch it under the id it gave."""
    try:
        with transaction.atomic():
            submission = _answered(token, remote_id)
            return submission.job.state in OPEN and advance(submission.job, State.RUNNING, by=submission)
    except IntegrityError:
        with transaction.atomic():
            submission = _answered(token, "")
            detail = TWICE.format(remote_id=repr(remote_id))
            return submission.job.state == State.SUBMITTING and unheard(submission, detail)


def failed(token: UUID, error: DialectError) -> bool:
    """The POST came to something else than an id: move the job as the outcome table says.

    A late answer that is clear ends the doubt about a job that was given up for lost; one that moved on stays where it
    is, and its submission keeps the answer.
    """
    with transaction.atomic():
        submission = _locked(token)
        error = remix.as_answered(submission.job, error)
        submission.detail, submission.answered_at = error.detail, timezone.now()
        if not submission.remote_id:  # found meanwhile, it was taken, whatever came too late
            submission.outcome, submission.charged = _outcome_of(error)
        submission.save(update_fields=["outcome", "charged", "detail", "answered_at"])
        if submission.provider:
            note_create(submission.provider.pk, error)
        _book_if_left(submission)
        if submission.job.state not in OPEN:
            return False
        match error:
            case NotTaken():
                return _not_taken(submission, error)
            case Misconfigured():
                return _misconfigured(submission, error)
            case Refused():
                return _refused(submission, error)
            case _:
                return submission.job.state == State.SUBMITTING and unheard(submission, error.detail)


def _refused(submission: Submission, error: Refused) -> bool:
    why, said = str(error), REFUSALS.get(error.cause, REFUSED)
    reason = why if why == NO_SUCH_MODEL else said.format(why=why)
    return _over(submission, reason, error)


def _over(submission: Submission, reason: str, error: DialectError) -> bool:
    told: dict[str, Any] = {"reason": reason, "detail": error.detail, "cause": error.cause}
    return advance(submission.job, State.FAILED, by=submission, **told)


def unheard(submission: Submission, detail: str) -> bool:
    """No one knows whether it was accepted: never sent again by itself."""
    return advance(submission.job, State.UNKNOWN, by=submission, reason=UNHEARD, detail=detail)


def _locked(token: UUID) -> Submission:
    """The submission and its job, held: neither the sweeper nor a wish to cancel comes between look and move."""
    rows = Submission.objects.select_for_update(of=("self", "job"), no_key=True).select_related("job", "provider")
    return rows.get(token=token)


def _answered(token: UUID, remote_id: str) -> Submission:
    submission = _locked(token)
    submission.outcome, submission.answered_at = Outcome.ACCEPTED, timezone.now()
    # Found meanwhile, it is watched under that id. Said to be "not made" by a person, it was made after all.
    submission.remote_id = submission.remote_id or remote_id
    submission.charged = Charged.UNKNOWN if submission.charged == Charged.NO else Charged(submission.charged)
    submission.save(update_fields=["outcome", "answered_at", "remote_id", "charged"])
    _book_if_left(submission)
    if submission.provider:
        note_create(submission.provider.pk, None)
    return submission


def _book_if_left(submission: Submission) -> None:
    """Of a job that has moved on nothing more is to come: what this answer says of the money is booked at once.

    So it is where the job is about to be sent anew: its next attempt is not this one.
    """
    job = submission.job
    if job.token != submission.token or job.state not in OPEN or submission.number != job.attempt:
        square(job, submission.number, State(job.state))
        changed(job)


def _outcome_of(error: DialectError) -> tuple[Outcome, Charged]:
    """What an error says of the POST and of the money."""
    return OUTCOMES[next(kind for kind in OUTCOMES if isinstance(error, kind))]


def _not_taken(submission: Submission, error: NotTaken) -> bool:
    if _is_taken_back(submission):
        return advance(submission.job, State.CANCELLED, by=submission, detail=error.detail)
    waiting = WAITING.format(why=error)
    if error.model_unknown and _tried_enough(submission.job, waiting):
        return _over(submission, NOT_OFFERED, error)
    # A busy provider cools down for all; a model it does not offer now is this job's own matter.
    until = timezone.now() + _patience(submission.number) if error.model_unknown else None
    return _again(submission, waiting, error, until)


def _is_taken_back(submission: Submission) -> bool:
    return submission.job.cancel_asked and submission.job.state == State.SUBMITTING


def _tried_enough(job: Job, waiting: str) -> bool:
    """True when this has kept the job waiting for long or often enough."""
    earlier = list(job.events.filter(note=waiting).values_list("at", flat=True))
    long_ago = timezone.now() - MODEL_UNKNOWN_MOST
    return len(earlier) + 1 >= MODEL_UNKNOWN_TRIES or any(at < long_ago for at in earlier)


def _patience(tries: int) -> timedelta:
    """Twice as long after each try."""
    return min(COOLING * (1 << min(tries - 1, 8)), COOLING_MOST)


def _misconfigured(submission: Submission, error: Misconfigured) -> bool:
    if submission.provider:
        pause(submission.provider, error.detail)
    if _is_taken_back(submission):
        return advance(submission.job, State.CANCELLED, by=submission, detail=error.detail)
    return _again(submission, NEEDS_ADMIN, error, None)


def _again(submission: Submission, reason: str, error: DialectError, not_before: datetime | None) -> bool:
    told: dict[str, Any] = {"reason": reason, "detail": error.detail, "cause": error.cause}
    return advance(submission.job, State.QUEUED, by=submission, not_before=not_before, **told)

"""The money rule: an intent is committed before a POST leaves, and whatever comes back lands on its own submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from generations.contract import (
    Dialect,
    DialectError,
    HttpCall,
    Misconfigured,
    NotTaken,
    Reference,
    Refused,
)
from generations.dialects import DIALECTS
from generations.models import Charged, Job, Outcome, Provider, State, Submission
from generations.services.advance import advance, put_off
from generations.services.callbacks import notify_url
from generations.services.delivery import prepared
from generations.services.health import answered
from generations.services.line import first_in_line
from generations.services.providers import pause
from generations.services.references import NotUsable, NotUsableNow
from generations.services.slots import COOLING, COOLING_MOST, free_slots, note_create
from generations.services.speaking import NotSpoken, dialect_of

NEEDS_ADMIN = "waiting: the provider needs an admin"
UNHEARD = "Sent, but no clear answer came back. It may have been charged and is never sent again by itself."
OPEN = frozenset({State.SUBMITTING, State.UNKNOWN})  # where the answer to a POST still decides
PICTURE_AGAIN = timedelta(seconds=30)
MODEL_UNKNOWN_TRIES = 5
MODEL_UNKNOWN_MOST = timedelta(minutes=15)
OUTCOMES: dict[type[DialectError], tuple[Outcome, Charged]] = {
    NotTaken: (Outcome.NOT_TAKEN, Charged.NO),
    Misconfigured: (Outcome.MISCONFIGURED, Charged.NO),
    Refused: (Outcome.REFUSED, Charged.NO),
    DialectError: (Outcome.NEVER_HEARD, Charged.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed promise to POST once: everything the POST needs, and the token its answer must carry back."""

    job_key: UUID
    token: UUID
    dialect: Dialect
    call: HttpCall


@dataclass(frozen=True, slots=True)
class Due:
    """A waiting job whose turn it is, and where it goes. `pictured` is the job itself when it has a reference image."""

    job_pk: int
    provider: Provider
    pictured: Job | None = None


def due_jobs(limit: int, sending: Mapping[int, int] = MappingProxyType({})) -> list[Due]:
    """Waiting jobs that may be sent now, members in turn, to each provider no more than it has slots.

    `sending` names the jobs this engine is already at, each with its provider, at most `limit` of them a provider.
    """
    now = timezone.now()
    queued = Job.objects.filter(state=State.QUEUED)
    found: list[Due] = []
    for provider in Provider.objects.accepting(now).filter(Exists(queued.filter(provider=OuterRef("pk")))):
        ours = [job for job, pk in sending.items() if pk == provider.pk]
        # A job whose row says that it is sent holds its slot already; the others do not yet.
        unsaid = queued.filter(pk__in=ours).count() if ours else 0
        room = min(free_slots(provider) - unsaid, limit - len(ours))
        next_ones = first_in_line(provider.pk, room, now, without=ours) if room > 0 else []
        pictured = queued.filter(reference__isnull=False).select_related("reference").in_bulk(next_ones)
        found += [Due(pk, provider, pictured.get(pk)) for pk in next_ones]
    return found


def references_for(due: Due) -> tuple[Reference, ...]:
    """The job's reference image, ready to travel. Slow, and asks no database. Raises NotUsable, NotUsableNow."""
    kind = DIALECTS.get(due.pictured.dialect) if due.pictured else None
    return prepared(due.pictured, due.provider, kind) if due.pictured and kind else ()


def not_prepared(job_pk: int, error: NotUsable) -> bool:
    """Its image cannot travel: the job fails when that is for good, else it waits and says why."""
    job = Job.objects.get(pk=job_pk)
    if isinstance(error, NotUsableNow):
        return put_off(job, timezone.now() + PICTURE_AGAIN, f"Waiting: {error}")
    return _is_due(job) and advance(job, State.FAILED, reason=str(error))


def intend(job_pk: int, references: tuple[Reference, ...] = (), seen: Provider | None = None) -> Intent | None:
    """Win the job and commit the intent to POST it, or None when it is somebody else's, taken back or out of slots.

    `references` were made ready for the provider as it was `seen`: where that has changed since, the job is left alone
    and comes up again.
    """
    with transaction.atomic():
        job = Job.objects.select_related("prompt").get(pk=job_pk)
        provider = Provider.objects.select_for_update().filter(jobs=job).first()
        if provider is None or not _is_due(job) or not _may_send(provider):
            return None
        try:
            dialect = dialect_of(provider, job.dialect)
        except NotSpoken as error:
            pause(provider, str(error))
            return None
        if (job.reference_id and not references) or (seen and _way_to(provider) != _way_to(seen)):
            return None
        if problem := dialect.objection(job.request):
            advance(job, State.FAILED, reason=f"{problem} Ask an admin to do so, then ask again.")
            return None
        submission = _new_submission(job, provider)
        url = notify_url(provider, dialect, submission)
        call = dialect.create(replace(job.request, references=references, notify_url=url))
        if not advance(job, State.SUBMITTING, new_token=submission.token, origin=provider.origin):
            # Somebody was first. Nothing was sent, so nothing is left behind.
            transaction.set_rollback(True)
            return None
    return Intent(job.key, submission.token, dialect, call)


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
            return submission.job.state in OPEN and advance(submission.job, State.RUNNING, token=token)
    except IntegrityError:
        with transaction.atomic():
            submission = _answered(token, "")
            detail = f"The provider gave the id {remote_id!r} to two jobs."
            return submission.job.state == State.SUBMITTING and unheard(submission, detail)


def failed(token: UUID, error: DialectError) -> bool:
    """The POST came to something else than an id: move the job as the outcome table says.

    A late answer that is clear ends the doubt about a job that was given up for lost; one that moved on stays where it
    is, and its submission keeps the answer.
    """
    with transaction.atomic():
        submission = _locked(token)
        submission.detail, submission.answered_at = error.detail, timezone.now()
        if not submission.remote_id:  # found meanwhile, it was taken, whatever came too late
            submission.outcome, submission.charged = _outcome_of(error)
        submission.save(update_fields=["outcome", "charged", "detail", "answered_at"])
        if submission.provider:
            answered(submission.provider.pk, [error])
            note_create(submission.provider.pk, error)
        if submission.job.state not in OPEN:
            return False
        match error:
            case NotTaken():
                return _not_taken(submission, error)
            case Misconfigured():
                return _misconfigured(submission, error)
            case Refused():
                reason = f"The provider refused it: {error}"
                return advance(submission.job, State.FAILED, token=submission.token, reason=reason, detail=error.detail)
            case _:
                return submission.job.state == State.SUBMITTING and unheard(submission, error.detail)


def unheard(submission: Submission, detail: str) -> bool:
    """No one knows whether it was accepted: never sent again by itself."""
    return advance(submission.job, State.UNKNOWN, token=submission.token, reason=UNHEARD, detail=detail)


def _way_to(provider: Provider) -> tuple[str, bool, str]:
    """What a door and a reference image are made for."""
    return provider.origin, provider.allow_private, provider.delivery


def _is_due(job: Job) -> bool:
    return job.state == State.QUEUED and (job.not_before is None or job.not_before <= timezone.now())


def _may_send(provider: Provider) -> bool:
    """Asked of the row as it is under its lock."""
    return provider.enabled and not provider.paused_reason and not provider.is_cooling and free_slots(provider) > 0


def _new_submission(job: Job, provider: Provider) -> Submission:
    now, last = timezone.now(), job.submissions.aggregate(n=Max("number"))["n"] or 0
    lease = now + timedelta(seconds=settings.SUBMIT_LEASE)
    return Submission.objects.create(job=job, number=last + 1, provider=provider, lease_until=lease, sent_at=now)


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
    if submission.provider:
        answered(submission.provider.pk, [None])
        note_create(submission.provider.pk, None)
    return submission


def _outcome_of(error: DialectError) -> tuple[Outcome, Charged]:
    """What an error says of the POST and of the money."""
    return OUTCOMES[next(kind for kind in OUTCOMES if isinstance(error, kind))]


def _not_taken(submission: Submission, error: NotTaken) -> bool:
    if _is_taken_back(submission):
        return advance(submission.job, State.CANCELLED, token=submission.token, detail=error.detail)
    waiting = f"Waiting: {error}"
    if error.model_unknown and _tried_enough(submission.job, waiting):
        reason = "The provider does not offer this model now. Choose another model."
        return advance(submission.job, State.FAILED, token=submission.token, reason=reason, detail=error.detail)
    # A busy provider cools down for all; a model it does not offer now is this job's own matter.
    until = timezone.now() + _patience(submission.number) if error.model_unknown else None
    return _again(submission, waiting, error.detail, until)


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
        return advance(submission.job, State.CANCELLED, token=submission.token, detail=error.detail)
    return _again(submission, NEEDS_ADMIN, error.detail, None)


def _again(submission: Submission, reason: str, detail: str, not_before: datetime | None) -> bool:
    return advance(
        submission.job, State.QUEUED, token=submission.token, reason=reason, detail=detail, not_before=not_before
    )

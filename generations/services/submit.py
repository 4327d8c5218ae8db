"""The money rule: an intent is committed before a POST leaves, and whatever comes back lands on its own submission."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from generations.contract import (
    Dialect,
    DialectError,
    HttpCall,
    Misconfigured,
    NotTaken,
    Refused,
)
from generations.dialects import DIALECTS
from generations.models import Charged, Job, Outcome, Provider, State, Submission
from generations.services.advance import advance
from generations.services.providers import pause

NEEDS_ADMIN = "waiting: the provider needs an admin"
UNHEARD = "Sent, but no clear answer came back. It may have been charged and is never sent again by itself."
COOLING = timedelta(seconds=20)
COOLING_MOST = timedelta(minutes=10)
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

    token: UUID
    dialect: Dialect
    call: HttpCall


def due_jobs(limit: int, sending: Collection[int] = ()) -> list[Job]:
    """Waiting jobs that may be sent now, oldest first, no more per provider than it has slots.

    `sending` names jobs this engine is already at, which take a slot before their rows say so.
    """
    now = timezone.now()
    queued = Job.objects.filter(state=State.QUEUED).exclude(not_before__gt=now)
    providers = Provider.objects.accepting(now).filter(pk__in=queued.values("provider"))
    found: list[Job] = []
    for provider in providers:
        waiting = queued.filter(provider=provider).order_by("created_at", "pk").select_related("provider")
        slots = free_slots(provider) - waiting.filter(pk__in=sending).count()
        found += waiting.exclude(pk__in=sending)[: max(0, min(slots, limit))]
    return found[:limit]


def free_slots(provider: Provider) -> int:
    """How many more jobs this provider may hold, counted from rows: what is in flight there is in flight."""
    held = Job.objects.filter(provider=provider, state__in=[State.SUBMITTING, State.RUNNING])
    return provider.in_flight - held.count()


def intend(job_pk: int) -> Intent | None:
    """Win the job and commit the intent to POST it, or None when it is somebody else's, taken back or out of slots."""
    with transaction.atomic():
        job = Job.objects.select_related("prompt").get(pk=job_pk)
        provider = Provider.objects.select_for_update().filter(jobs=job).first()
        if provider is None or not _is_due(job) or not _may_send(provider):
            return None
        if job.dialect not in DIALECTS:
            pause(provider, f"This version of the portal does not speak {job.dialect}.")
            return None
        dialect = DIALECTS[job.dialect](provider.base_url, provider.key)
        call = dialect.create(job.request)
        submission = _new_submission(job, provider)
        if not advance(job, State.SUBMITTING, new_token=submission.token, origin=provider.origin):
            # Somebody was first. Nothing was sent, so nothing is left behind.
            transaction.set_rollback(True)
            return None
    return Intent(submission.token, dialect, call)


def accepted(intent: Intent, remote_id: str) -> bool:
    """The provider took it: watch it under the id it gave. A late answer lands on its submission all the same."""
    try:
        with transaction.atomic():
            submission = _answered(intent.token, remote_id)
            if submission.job.state not in {State.SUBMITTING, State.UNKNOWN}:
                return False
            return advance(submission.job, State.RUNNING, token=intent.token)
    except IntegrityError:
        with transaction.atomic():
            submission = _answered(intent.token, "")
            detail = f"The provider gave the id {remote_id!r} to two jobs."
            return submission.job.state == State.SUBMITTING and unheard(submission, detail)


def failed(intent: Intent, error: DialectError) -> bool:
    """The POST came to something else than an id: move the job as the outcome table says.

    A job that was overtaken (its submitter was thought dead) stays where it is; its submission keeps the answer.
    """
    with transaction.atomic():
        submission = _locked(intent.token)
        outcome, charged = OUTCOMES[next(kind for kind in OUTCOMES if isinstance(error, kind))]
        submission.outcome, submission.charged, submission.detail = outcome, charged, error.detail
        submission.answered_at = timezone.now()
        submission.save(update_fields=["outcome", "charged", "detail", "answered_at"])
        if submission.job.state != State.SUBMITTING:
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
                return unheard(submission, error.detail)


def unheard(submission: Submission, detail: str) -> bool:
    """No one knows whether it was accepted: never sent again by itself."""
    return advance(submission.job, State.UNKNOWN, token=submission.token, reason=UNHEARD, detail=detail)


def _is_due(job: Job) -> bool:
    return job.state == State.QUEUED and (job.not_before is None or job.not_before <= timezone.now())


def _may_send(provider: Provider) -> bool:
    ready = Provider.objects.accepting(timezone.now()).filter(pk=provider.pk).exists()
    return ready and free_slots(provider) > 0


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
    submission.outcome, submission.answered_at, submission.remote_id = Outcome.ACCEPTED, timezone.now(), remote_id
    submission.save(update_fields=["outcome", "answered_at", "remote_id"])
    if submission.provider:
        Provider.objects.filter(pk=submission.provider.pk).update(last_success_at=submission.answered_at)
    return submission


def _not_taken(submission: Submission, error: NotTaken) -> bool:
    if submission.job.cancel_asked:
        return advance(submission.job, State.CANCELLED, token=submission.token, detail=error.detail)
    waiting = f"Waiting: {error}"
    if error.model_unknown and _tried_enough(submission.job, waiting):
        reason = "The provider does not offer this model now. Choose another model."
        return advance(submission.job, State.FAILED, token=submission.token, reason=reason, detail=error.detail)
    until = timezone.now() + _cooling(error, submission.number)
    if submission.provider and not error.model_unknown:
        Provider.objects.filter(pk=submission.provider.pk).update(cooling_until=until)
    return _again(submission, waiting, error.detail, until)


def _tried_enough(job: Job, waiting: str) -> bool:
    """True when this has kept the job waiting for long or often enough."""
    earlier = list(job.events.filter(note=waiting).values_list("at", flat=True))
    long_ago = timezone.now() - MODEL_UNKNOWN_MOST
    return len(earlier) + 1 >= MODEL_UNKNOWN_TRIES or any(at < long_ago for at in earlier)


def _cooling(error: NotTaken, tries: int) -> timedelta:
    """As long as the provider asks for; else twice as long after each try. Never longer than ten minutes."""
    if error.retry_after is not None:
        return timedelta(seconds=min(max(1.0, error.retry_after), COOLING_MOST.total_seconds()))
    return min(COOLING * (1 << min(tries - 1, 8)), COOLING_MOST)


def _misconfigured(submission: Submission, error: Misconfigured) -> bool:
    if submission.provider:
        pause(submission.provider, error.detail)
    if submission.job.cancel_asked:
        return advance(submission.job, State.CANCELLED, token=submission.token, detail=error.detail)
    return _again(submission, NEEDS_ADMIN, error.detail, None)


def _again(submission: Submission, reason: str, detail: str, not_before: datetime | None) -> bool:
    return advance(
        submission.job, State.QUEUED, token=submission.token, reason=reason, detail=detail, not_before=not_before
    )

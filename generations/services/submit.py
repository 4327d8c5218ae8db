"""The money rule: an intent is committed before a POST leaves. What comes of it is services/outcomes.py's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Cause, Dialect, HttpCall, Reference
from generations.dialects import DIALECTS
from generations.models import Job, Provider, State, Submission
from generations.services import approvals, remix
from generations.services.advance import advance, put_off
from generations.services.callbacks import notify_url
from generations.services.delivery import prepared
from generations.services.forget import ERASED
from generations.services.line import first_in_line
from generations.services.outcomes import WAITING
from generations.services.providers import pause
from generations.services.references import NotUsable, NotUsableNow
from generations.services.slots import free_slots
from generations.services.speaking import NotSpoken, dialect_of

ASK_AN_ADMIN = gettext_noop("Ask an admin to do so, then ask again.")
PICTURE_AGAIN = timedelta(seconds=30)


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
    if not queued.exists():  # as nearly always, several times a second
        return found
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
        return put_off(job, timezone.now() + PICTURE_AGAIN, WAITING.format(why=error), Cause.IMAGE)
    return _is_due(job) and advance(job, State.FAILED, reason=str(error), cause=Cause.IMAGE)


def intend(job_pk: int, references: tuple[Reference, ...] = (), seen: Provider | None = None) -> Intent | None:
    """Win the job and commit the intent to POST it, or None when it is somebody else's, taken back or out of slots.

    `references` were made ready for the provider as it was `seen`: where that has changed since, the job is left alone
    and comes up again.
    """
    with transaction.atomic():
        # Its provider is held first: the job is read as whoever held it before has left it.
        provider = Provider.objects.select_for_update(of=("self",), no_key=True).filter(jobs=job_pk).first()
        job = Job.objects.select_related("prompt", "approval").get(pk=job_pk)
        if provider is None or not _is_due(job) or not _may_send(provider):
            return None
        if job.prompt.erased_at:  # it was on its way to the provider then, which did not take it
            advance(job, State.CANCELLED, reason=ERASED)
            return None
        try:
            dialect = dialect_of(provider, job.dialect)
        except NotSpoken as error:
            pause(provider, str(error))
            return None
        if (job.reference_id and not references) or (seen and _way_to(provider) != _way_to(seen)):
            return None
        if problem := dialect.objection(job.request):
            advance(job, State.FAILED, reason=f"{problem} {ASK_AN_ADMIN}")
            return None
        if problem := approvals.lapsed(job):
            advance(job, State.FAILED, reason=problem, cause=Cause.LATE)
            return None
        if problem := remix.lost(dialect, job, provider):
            advance(job, State.FAILED, reason=problem)
            return None
        submission = _new_submission(job, provider)
        url = notify_url(provider, dialect, submission)
        call = remix.call_for(dialect, job, replace(job.request, references=references, notify_url=url))
        if not advance(job, State.SUBMITTING, new_token=submission.token, origin=provider.origin):
            # Somebody was first. Nothing was sent, so nothing is left behind.
            transaction.set_rollback(True)
            return None
    return Intent(job.key, submission.token, dialect, call)


def _way_to(provider: Provider) -> tuple[str, bool, str]:
    """What a door and a reference image are made for."""
    return provider.origin, provider.allow_private, provider.delivery


def _is_due(job: Job) -> bool:
    return job.state == State.QUEUED and (job.not_before is None or job.not_before <= timezone.now())


def _may_send(provider: Provider) -> bool:
    """Asked of the row as it is under its lock."""
    return provider.enabled and not provider.paused_reason and not provider.is_cooling and free_slots(provider) > 0


def _new_submission(job: Job, provider: Provider) -> Submission:
    now = timezone.now()
    lease = now + timedelta(seconds=settings.SUBMIT_LEASE)
    return Submission.objects.create(job=job, number=job.attempt, provider=provider, lease_until=lease, sent_at=now)

"""Remixing: where a provider makes a new clip from one of its own, and what such a job asks for."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop

from generations.contract import (
    Cause,
    Dialect,
    DialectError,
    GenerationRequest,
    HttpCall,
    Misconfigured,
    Refused,
    Remixes,
)
from generations.dialects import DIALECTS
from generations.models import Job, Provider, State, Submission

MOVED = gettext_noop(
    "The clip it remixes is at another address of the provider than now. Start from one of its frames instead."
)
NOT_THERE = gettext_noop("it does not know the clip, or cannot remix. Start from one of its frames instead")


class Source(NamedTuple):
    """A clip as its provider calls it, and the address that knows it by that id."""

    remote_id: str
    origin: str


def source_of(job: Job) -> Source | None:
    """The finished clip as its provider can remix it; None when it cannot, or is not there any more."""
    provider, kind = job.provider, DIALECTS.get(job.dialect)
    if job.state != State.DONE or not job.is_on_the_shelf or provider is None or kind is None or job.token is None:
        return None
    if not issubclass(kind, Remixes) or (provider.dialect, provider.origin) != (job.dialect, job.origin):
        return None
    sent = Submission.objects.filter(token=job.token, job=job).exclude(remote_id="").first()
    return Source(sent.remote_id, job.origin) if sent else None


def lost(dialect: Dialect, job: Job, provider: Provider) -> str:
    """Why this remix cannot be sent now; "" when it can, and for every other job."""
    if not job.remix_of or (isinstance(dialect, Remixes) and job.remix_origin == provider.origin):
        return ""
    return MOVED


def call_for(dialect: Dialect, job: Job, request: GenerationRequest) -> HttpCall:
    """The call that asks for this job. Making it may cost money."""
    if job.remix_of and isinstance(dialect, Remixes):
        return dialect.remix(job.remix_of, request)
    return dialect.create(request)


def as_answered(job: Job, error: DialectError) -> DialectError:
    """A remix that has no path is this clip's matter or this server's way, and no reason to pause the provider."""
    if job.remix_of and isinstance(error, Misconfigured) and error.cause in {Cause.PATH, Cause.PAGE}:
        return Refused(NOT_THERE, detail=error.detail, cause=error.cause)
    return error

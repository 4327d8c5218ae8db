"""How much may go to a provider: slots, its rate, and single tries after trouble. Counted from rows, under its lock."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from generations.contract import DialectError, Misconfigured, NotTaken, Refused
from generations.models import Job, Provider, State, Submission
from generations.models.provider import PROBE_AFTER
from generations.services.health import answered

COOLING = timedelta(seconds=20)
COOLING_MOST = timedelta(minutes=10)
UNKNOWN_HOLDS = timedelta(minutes=20)  # as long as a job that was taken after all may still render


def free_slots(provider: Provider) -> int:
    """How many more jobs this provider may be given now."""
    if provider.is_probed:
        return 1 - Job.objects.filter(provider=provider, origin=provider.origin, state=State.SUBMITTING).count()
    return min(provider.in_flight - held(provider), _left_this_minute(provider))


def held(provider: Provider) -> int:
    """Jobs that take a slot: in flight there, or sent lately with nobody knowing whether they were taken.

    What was sent to an earlier address of the provider takes none of this one.
    """
    lately = timezone.now() - UNKNOWN_HOLDS
    in_flight = Q(state__in=[State.SUBMITTING, State.RUNNING]) | Q(state=State.UNKNOWN, state_since__gt=lately)
    return Job.objects.filter(in_flight, provider=provider, origin=provider.origin).count()


def _left_this_minute(provider: Provider) -> int:
    """How many more POSTs fit its rate: what was sent within a minute was sent."""
    if not provider.submits_per_minute:
        return provider.in_flight
    since = timezone.now() - timedelta(minutes=1)
    return provider.submits_per_minute - Submission.objects.filter(provider=provider, sent_at__gt=since).count()


def note_create(provider_pk: int, error: DialectError | None) -> None:
    """Count a create's outcome and what it means for the next ones.

    A provider in trouble cools down, then is tried with one job.
    """
    if error is None or isinstance(error, Refused):
        answered(provider_pk, [error], submit_failures=0)
        return
    answered(provider_pk, [error])
    if not isinstance(error, NotTaken) or not error.model_unknown:
        _note_trouble(provider_pk, error)


def _note_trouble(provider_pk: int, error: DialectError) -> None:
    """POSTs that were on their way together are one trouble: whoever fails while it cools counts no more."""
    row, now = Provider.objects.filter(pk=provider_pk), timezone.now()
    row.filter(Q(cooling_until=None) | Q(cooling_until__lte=now)).update(submit_failures=F("submit_failures") + 1)
    failures = row.values_list("submit_failures", flat=True).first() or 1
    if wait := _cooling(error, failures):
        until = now + wait
        row.filter(Q(cooling_until=None) | Q(cooling_until__lt=until)).update(cooling_until=until)


def _cooling(error: DialectError, failures: int) -> timedelta | None:
    """As long as the provider asks for; else twice as long after each failure. A single lost answer cools nothing."""
    if isinstance(error, NotTaken):
        if error.retry_after is not None:
            return timedelta(seconds=min(max(1.0, error.retry_after), COOLING_MOST.total_seconds()))
        return min(COOLING * (1 << min(failures - 1, 8)), COOLING_MOST)
    if isinstance(error, Misconfigured) or failures < PROBE_AFTER:
        return None
    return min(COOLING * (1 << min(failures - PROBE_AFTER, 8)), COOLING_MOST)

"""How well a provider answers: counted for each hour, and what went wrong last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from generations.contract import Cause, DialectError, NotKnown, NotTaken, Refused
from generations.models import Provider, ProviderHour
from generations.models.provider import FAILURES_OPEN
from generations.services.gist import gist
from generations.services.pace import LONGEST_HINT

TOLD = 300  # characters of an error that are kept
PROBE_EVERY = timedelta(seconds=10)  # between single tries while nothing gets through


def answered(provider_pk: int, results: Sequence[DialectError | None], **also: object) -> None:
    """Note how calls to a provider went, oldest first; None is a good answer. `also` are further columns of its row.

    A refusal or "no such job" is a good answer too: the provider is there and speaks.
    """
    errors = [e for e in results if e is not None and not _is_good(e)]
    now = timezone.now()
    _count(provider_pk, now, len(results), len(errors))
    changes = dict(also)
    if len(errors) < len(results):
        changes |= {"last_success_at": now, "failures_in_row": 0, "quiet_until": _asked_quiet(now, errors)}
    else:
        changes |= {"failures_in_row": F("failures_in_row") + len(errors)}
    if errors:
        changes |= {"last_error_at": now, "last_error": gist(errors[-1])[:TOLD]}
    row = Provider.objects.filter(pk=provider_pk)
    row.update(**changes)
    if len(errors) == len(results):
        row.filter(failures_in_row__gte=FAILURES_OPEN).update(
            quiet_until=_asked_quiet(now, errors) or now + PROBE_EVERY
        )


def _is_good(error: DialectError) -> bool:
    return isinstance(error, Refused) or (isinstance(error, NotKnown) and error.cause != Cause.PATH)


def _asked_quiet(now: datetime, errors: Sequence[DialectError]) -> datetime | None:
    """Until when a busy provider wants no more looks."""
    waits = [error.retry_after for error in errors if isinstance(error, NotTaken) and error.retry_after]
    return now + timedelta(seconds=min(max(waits), LONGEST_HINT)) if waits else None


def _count(provider_pk: int, now: datetime, calls: int, errors: int) -> None:
    """One write, and two more for the first call of an hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = ProviderHour.objects.filter(provider=provider_pk, hour=hour)
    more = {"calls": F("calls") + calls, "errors": F("errors") + errors}
    if not row.update(**more):
        ProviderHour.objects.bulk_create([ProviderHour(provider_id=provider_pk, hour=hour)], ignore_conflicts=True)
        row.update(**more)


def forget_old_hours() -> None:
    """Remove counts that no page shows any more."""
    ProviderHour.objects.filter(hour__lt=timezone.now() - ProviderHour.KEPT).delete()

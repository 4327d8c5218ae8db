"""Who changed what, in the same transaction as the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop, override

from generations.models import AuditEntry, Job, Provider, User

# Of these only that they were set, changed or cleared is written down.
SECRETS = frozenset({"key", "headers_json", "webhook_secret"})
Change = tuple[Any, Any]
SET, NOT_SET = gettext_noop("set"), gettext_noop("not set")
CHANGED, CLEARED = gettext_noop("changed"), gettext_noop("cleared")


def note(actor: User | None, action: str, subject: str, changes: Mapping[str, Change] | None = None) -> None:
    """Write one line; `changes` maps a field to (before, after). No actor means a command on the server."""
    with override("en"):  # a row keeps English, whatever its writer reads
        told = {name: _told(name, *change) for name, change in (changes or {}).items()}
    AuditEntry.objects.create(actor=actor, action=action, subject=subject[:200], changes=told)


def job_subject(job: Job) -> str:
    """How a line names a job: never by its text."""
    return f"Job {job.key}"


def about(provider: Provider) -> QuerySet[AuditEntry]:
    """What was written down under this provider's present name, of its models too, newest first."""
    whose = Q(subject=provider.name) | Q(subject__startswith=f"{provider.name}: ")
    return AuditEntry.objects.filter(whose).select_related("actor")


def _told(name: str, before: Any, after: Any) -> list[Any]:
    if name in SECRETS:
        return [SET if before else NOT_SET, (CHANGED if before else SET) if after else CLEARED]
    return [_plain(before), _plain(after)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)

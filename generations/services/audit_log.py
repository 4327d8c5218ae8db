"""The audit log as admins read it: where its lines lead, and as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from generations.models import AuditEntry, Job, Provider, User
from generations.services.export import every, moment, written
from generations.services.paging import Keyset

NEWEST = Keyset(at="at", name="id")
JOB = re.compile(r"Job ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
COLUMNS: Mapping[str, Callable[[AuditEntry], Any]] = {
    "at": lambda entry: moment(entry.at),
    "actor": lambda entry: entry.actor.email if entry.actor else None,
    "action": lambda entry: entry.action,
    "object": lambda entry: entry.subject,
    "changes": lambda entry: json.dumps(entry.changes, ensure_ascii=False, sort_keys=True),
}


def actors(also: int = 0) -> QuerySet[User]:
    """Those who did anything that is in the log, and whoever has this key."""
    did = Exists(AuditEntry.objects.filter(actor=OuterRef("pk")))
    return User.objects.filter(did | Q(pk=also)).order_by("name", "email")


def lines_about(subject: str) -> QuerySet[AuditEntry]:
    """Those whose object is called exactly so, the newest first, by an index."""
    return AuditEntry.objects.filter(subject=subject).order_by("-at", "-pk")


def actions() -> list[str]:
    """What was ever done, in the English of the rows."""
    return list(AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct())


def places(entries: Iterable[AuditEntry], reader: User) -> dict[str, str]:
    """The page of each thing that these lines are about, as far as there is one the reader may open.

    By what the things are called now: one that was renamed or removed since has none. In three queries.
    """
    subjects = {entry.subject for entry in entries}
    keys = {found[1]: subject for subject in subjects if (found := JOB.fullmatch(subject))}
    names = {subject.partition(": ")[0] for subject in subjects} | subjects
    seen = Job.objects.visible_to(reader).filter(key__in=keys)
    people = User.objects.filter(email__in=subjects).values_list("email", "pk")
    providers = dict(Provider.objects.filter(name__in=names).values_list("name", "pk"))
    return (
        {keys[str(job.key)]: job.get_absolute_url() for job in seen.only("key")}
        | {email: reverse("person", args=[pk]) for email, pk in people}
        | {subject: reverse("provider", args=[pk]) for subject in subjects if (pk := _named(subject, providers))}
    )


def audit_file(entries: QuerySet[AuditEntry], kind: str) -> Iterator[str]:
    """The lines, newest first, a row at a time; `kind` is csv or jsonl, a JSON object on each line."""
    rows = every(entries.select_related("actor"), NEWEST)
    return written(COLUMNS, rows, "csv") if kind == "csv" else map(_json_line, rows)


def _json_line(entry: AuditEntry) -> str:
    told = {name: tell(entry) for name, tell in COLUMNS.items()} | {"changes": entry.changes}
    return json.dumps(told, ensure_ascii=False) + "\n"


def _named(subject: str, providers: Mapping[str, int]) -> int | None:
    """The provider that is called so, or whose model is."""
    return providers.get(subject) or providers.get(subject.partition(": ")[0])

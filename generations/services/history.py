"""The team's shared memory: every prompt anyone ran, with what came of it."""

from __future__ import annotations

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from generations.models import Job, Prompt, State, User
from generations.services.paging import Keyset

HISTORY = Keyset(at="last_run_at", name="id")


def history(user: User) -> QuerySet[Prompt]:
    """Prompts this user may see. Each row carries `runs`, `done` and `failed`, its newest job and newest poster.

    Only jobs the user may see are counted, so a private run never shows in a shared number.
    """
    seen = Job.objects.visible_to(user).filter(prompt=OuterRef("pk"))
    kept = seen.on_the_shelf().filter(state=State.DONE).exclude(cover__poster="")
    newest, shown = seen.newest_first(), kept.newest_first()
    return Prompt.objects.visible_to(user).filter(Exists(seen)).select_related("author", "owner").annotate(
        runs=_count(seen),
        done=_count(seen.filter(state=State.DONE)),
        failed=_count(seen.filter(state=State.FAILED)),
        newest_key=Subquery(newest.values("key")[:1]),
        newest_state=Subquery(newest.values("state")[:1]),
        poster_key=Subquery(shown.filter(cover__stored_at__isnull=False).values("key")[:1]),
    )  # fmt: skip


def run_by(rows: QuerySet[Prompt], user: User) -> QuerySet[Prompt]:
    """Those of the rows that this user ran."""
    return rows.filter(Exists(Job.objects.filter(prompt=OuterRef("pk"), author=user)))


def _count(jobs: QuerySet[Job]) -> Coalesce:
    """How many, by a subquery: only the rows of the asked page are counted, not the whole table."""
    counted = jobs.order_by().values("prompt").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))

"""The team's shared memory: every prompt anyone ran, with what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from generations.models import Favourite, Job, Prompt, PromptMark, PromptQuerySet, PromptTag, State, User
from generations.services.paging import Keyset

HISTORY = Keyset(at="last_run_at", name="id")
SORTS: Mapping[str, Keyset] = MappingProxyType(
    {
        "recent": HISTORY,
        "used": Keyset(at="runs", name="id"),
        "rated": Keyset(at="rating", name="id"),
        "success": Keyset(at="success", name="id"),
    }
)
BEST = 3


def history(user: User | None) -> PromptQuerySet:
    """Prompts this user may see that were run or saved. Each row carries `is_favourite`, his own mark.

    Nobody in particular sees what the whole team does.
    """
    marks = PromptMark.objects.filter(prompt=OuterRef("pk"), user=user, favourite=True)
    tags = Prefetch("prompt_tags", PromptTag.objects.select_related("tag").order_by("tag__name"))
    seen = Prompt.objects.visible_to(user) if user else Prompt.objects.filter(owner=None)
    rows = seen.listed().select_related("author", "owner", "pinned_by", "erased_by")
    return rows.prefetch_related(tags).annotate(is_favourite=Exists(marks))


def run_by(rows: PromptQuerySet, user: User) -> PromptQuerySet:
    """Those of the rows that this user ran, or wrote down to be run."""
    ran = Exists(Job.objects.filter(prompt=OuterRef("pk"), author=user))
    return rows.filter(Q(ran) | Q(author=user, saved_at__isnull=False))


def pinned(rows: PromptQuerySet) -> list[Prompt]:
    """Those that staff pinned, the last pinned first. There are never many."""
    return list(rows.filter(pinned_at__isnull=False).order_by("-pinned_at"))


def latest_of(user: User, limit: int) -> list[Prompt]:
    """The prompts this user ran last, the latest first, each once."""
    mine = Job.objects.filter(author=user)
    run = Prompt.objects.filter(Exists(mine.filter(prompt=OuterRef("pk"))), erased_at=None)
    last = Subquery(mine.filter(prompt=OuterRef("pk")).newest_first().values("created_at")[:1])
    return list(run.annotate(mine_at=last).order_by("-mine_at", "-pk")[:limit])


def best_clips(prompts: Iterable[Prompt], user: User, most: int = BEST) -> dict[int, list[Job]]:
    """By prompt its clips with a poster that this user may see: the most loved, then the newest. One query."""
    place = Window(RowNumber(), partition_by=F("prompt"), order_by=[F("hearts").desc(), F("pk").desc()])
    rows = _posters(user).filter(prompt__in=[prompt.pk for prompt in prompts])
    best = rows.annotate(hearts=_hearts(), rank=place).filter(rank__lte=most).order_by("prompt", "rank")
    found: dict[int, list[Job]] = defaultdict(list)
    for job in best:
        found[job.prompt_id].append(job)
    return dict(found)


def _posters(user: User) -> QuerySet[Job]:
    done = Job.objects.visible_to(user).on_the_shelf().filter(state=State.DONE, cover__stored_at__isnull=False)
    return done.exclude(cover__poster="").select_related("cover").order_by()


def _hearts() -> Coalesce:
    marks = Favourite.objects.filter(job=OuterRef("pk")).order_by().values("job").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(marks, output_field=IntegerField()), Value(0))

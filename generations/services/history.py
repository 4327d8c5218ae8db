"""The team's shared memory: every prompt anyone ran, with what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce, RowNumber

from generations.models import Favourite, Job, Prompt, PromptMark, PromptQuerySet, PromptTag, State, User
from generations.models.unindexed import Unindexed
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
FEW_RUNS = 1000


def history(user: User | None) -> PromptQuerySet:
    """Prompts this user may see that were run or saved. Each row carries `is_favourite`, his own mark.

    Nobody in particular sees what the whole team does.
    """
    marks = PromptMark.objects.filter(prompt=OuterRef("pk"), user=user, favourite=True)
    seen = Prompt.objects.visible_to(user) if user else Prompt.objects.filter(owner=None)
    rows = seen.listed().select_related("author")
    return rows.prefetch_related(_tags()).annotate(is_favourite=Exists(marks))


def tagged(prompts: list[Prompt]) -> list[Prompt]:
    """These prompts, from several lists, with their tags: one query for all."""
    prefetch_related_objects(prompts, _tags())
    return prompts


def _tags() -> Prefetch[str]:
    return Prefetch("prompt_tags", PromptTag.objects.select_related("tag").order_by("tag__name"))


def run_by(rows: PromptQuerySet, user: User) -> PromptQuerySet:
    """Those of the rows that this user ran, or wrote down to be run.

    Of few runs the prompts are named: looked for among all there are, they would be found at the end. Of many runs each
    prompt is asked for one, as a value, since an EXISTS would make PostgreSQL read all his runs first.
    """
    written, runs = Q(author=user, saved_at__isnull=False), Job.objects.filter(author=user).order_by()
    prompts = list(runs.values_list("prompt", flat=True)[: FEW_RUNS + 1])
    if len(prompts) <= FEW_RUNS:
        return rows.filter(Q(pk__in=prompts) | written)
    run = Job.objects.alias(whose=Unindexed("author_id")).filter(prompt=OuterRef("pk"), whose=user.pk).order_by()
    return rows.alias(run=Subquery(run.values("pk")[:1])).filter(Q(run__isnull=False) | written)


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
    seen = Job.objects.visible_to(user).on_the_shelf().filter(cover__stored_at__isnull=False)
    done = seen.alias(now=Unindexed("state")).filter(now=State.DONE)  # few are of these prompts, most are done
    return done.exclude(cover__poster="").only("key", "prompt").order_by()  # all that a picture with a link needs


def _hearts() -> Coalesce:
    marks = Favourite.objects.filter(job=OuterRef("pk")).order_by().values("job").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(marks, output_field=IntegerField()), Value(0))

"""Clips side by side: which ones, and in what they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from generations.models import Job, Output, User
from generations.services.differences import Part, differences
from generations.services.keys import read_key

MOST = 4
LOOKED_UP = 20  # of an address that names more, the rest is not even looked for
FACTS = ("provider_name", "model", "aspect_ratio", "seconds", "price", "author_id")


@dataclass(frozen=True, slots=True)
class Column:
    """One clip of the comparison. `changes` from the first one's prompt are empty where it is the same."""

    number: int
    job: Job
    clip: Output
    is_same_prompt: bool
    changes: list[Part]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left_out`: how many of those named are not shown. `differs`: the facts that are not the same for all."""

    columns: tuple[Column, ...]
    left_out: int
    differs: frozenset[str]

    @property
    def is_tall(self) -> bool:
        """All of them stand upright, so that frames may, too."""
        return all(column.clip.is_portrait for column in self.columns)


def compared(user: User, names: Sequence[str]) -> Comparison:
    """The clips of these keys, in this order, as far as the user may see them and they have one; four at most."""
    wanted = list(dict.fromkeys(names))[:LOOKED_UP]
    rows = {job.key: job for job in _playable(user).filter(key__in=filter(None, map(read_key, wanted)))}
    jobs = [rows[key] for key in dict.fromkeys(map(read_key, wanted)) if key in rows][:MOST]
    columns = tuple(_column(number, job, jobs[0]) for number, job in enumerate(jobs, 1))
    return Comparison(columns, len(wanted) - len(jobs), _differing(jobs))


def takes_of(job: Job, user: User) -> list[Job]:
    """The job and the clips around it, oldest first: takes asked for with it, made from it, beside it, its source.

    Empty where there is none to compare it with.
    """
    around = _playable(user).filter(_near(job)).exclude(pk=job.pk).annotate(far=_distance(job))
    takes = list(around.order_by("far", "-pk")[: MOST - 1])
    return sorted([job, *takes], key=lambda one: one.pk) if takes and _is_playable(job) else []


def _near(job: Job) -> Q:
    near = Q(author=job.author_id, compose_token=job.compose_token) | Q(derived_from=job)
    above = job.derived_from_id
    return near | Q(pk=above) | Q(derived_from=above) if above else near


def _distance(job: Job) -> Case:
    together = When(author=job.author_id, compose_token=job.compose_token, then=Value(0))
    line = When(Q(derived_from=job) | Q(pk=job.derived_from_id), then=Value(1))
    return Case(together, line, default=Value(2), output_field=IntegerField())


def _playable(user: User) -> QuerySet[Job]:
    """Those of the lists whose file is kept."""
    rows = Job.objects.visible_to(user).on_the_shelf().filter(cover__stored_at__isnull=False)
    return rows.for_cards(user).select_related("pick__by")


def _is_playable(job: Job) -> bool:
    return job.clip is not None and job.is_on_the_shelf


def _column(number: int, job: Job, first: Job) -> Column:
    assert job.cover is not None  # noqa: S101 - the query asks for it
    text, known = job.prompt.text, first.prompt.text
    return Column(number, job, job.cover, text == known, [] if text == known else differences(known, text))


def _differing(jobs: Iterable[Job]) -> frozenset[str]:
    facts = [dict(zip(FACTS, _facts(job), strict=True)) for job in jobs]
    return frozenset(name for name in FACTS if len({fact[name] for fact in facts}) > 1)


def _facts(job: Job) -> tuple[object, ...]:
    price = job.list_price and (job.list_price, job.currency)
    return job.provider_name, job.model, job.aspect_ratio, job.seconds, price, job.author_id

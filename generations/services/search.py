"""Search by words, with the same answers on both databases. Who may see a row is asked before or after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from generations.models import Comment, Job, JobTag, JobWords, Prompt, PromptTag, PromptWords
from generations.models.words import JobFound, PromptFound, Wanted
from generations.services.paging import Keyset
from generations.services.tokens import index_text, wanted
from generations.services.ways import Index, Way, hits, only, way

Rows = TypeVar("Rows", bound=QuerySet[Any])
Jobs = TypeVar("Jobs", bound=QuerySet[Job])
Prompts = TypeVar("Prompts", bound=QuerySet[Prompt])
CHUNK = 500


def jobs_with(jobs: Jobs, text: str) -> Jobs:
    """Those whose prompt, tags and comments together hold every word of the text, each as a word's beginning.

    A text without a letter or a digit finds nothing.
    """
    return _with(jobs, text)


def prompts_with(prompts: Prompts, text: str) -> Prompts:
    """Those that hold every word of the text, as `jobs_with` finds jobs."""
    return _with(prompts, text)


def jobs_on_the_way(jobs: Jobs, text: str, where: Q, in_days: bool = False, along: str = "") -> tuple[Jobs, Keyset]:
    """As `jobs_with`, of those that fit `where`, and newest first: the order in which a page is found soonest.

    `in_days` says that `where` holds a first or a last day, `along` which relation of it has an index in this order.
    """
    index, tokens, order = _index(jobs), wanted(text), Keyset(at="created_at", name="key")
    fits = jobs.filter(where).order_by(*[f"-{along}"] if along else [])
    # PostgreSQL knows well how much filters find.
    taken = way(index, tokens, fits if where and index is JobFound else None) if tokens else Way.ORDER
    if taken is Way.FILTERS:
        return _that_hold(only(jobs, fits), tokens), replace(order, along="id", is_short=True)
    if taken is Way.WORDS and index is JobWords:
        return only(jobs, hits(index, tokens)), replace(order, along="id", is_short=True)
    if taken is Way.ORDER and in_days:  # an index by time begins there, that of the words at the newest job
        return _that_hold(jobs, tokens), order
    # FTS5 hands out the highest keys first, and PostgreSQL asks the newest jobs one by one.
    return _with(jobs, text), replace(order, along=f"{found_by(jobs)}__job_id")


def jobs_in_order(jobs: Jobs, text: str, where: Q, order: Keyset) -> tuple[Jobs, Keyset]:
    """As `jobs_with`, of those that fit `where`, in an order that is not that of the newest."""
    index, tokens = _index(jobs), wanted(text)
    if not tokens:
        return jobs.none(), order
    fits = jobs.filter(where).order_by()
    taken = way(index, tokens, fits if where else None)
    if taken is Way.WORDS:
        return only(jobs, hits(index, tokens)), replace(order, is_short=True)
    if taken is Way.FILTERS:
        return _that_hold(only(jobs, fits), tokens), replace(order, is_short=True)
    return _that_hold(jobs, tokens), order


def prompts_on_the_way(prompts: Prompts, text: str, order: Keyset) -> tuple[Prompts, Keyset]:
    """As `prompts_with`, and the order as a page is found in it soonest."""
    index, tokens = _index(prompts), wanted(text)
    if not tokens:
        return prompts.none(), order
    fits = prompts.order_by()
    taken = way(index, tokens, fits if index is PromptFound else None)
    if taken is Way.WORDS:
        return only(prompts, hits(index, tokens)), replace(order, is_short=True)
    if taken is Way.FILTERS:
        return _that_hold(only(prompts, fits), tokens), replace(order, is_short=True)
    return _that_hold(prompts, tokens), order


def has_words(text: str) -> bool:
    """Is there anything in the text that can be searched for?"""
    return bool(wanted(text))


def found_by(rows: QuerySet[Any]) -> str:
    """The relation to the index that answers for these rows: its primary key is theirs, in the order it is kept."""
    return "found" if connections[rows.db].vendor == "sqlite" else "words"


def _index(rows: QuerySet[Any]) -> Index:
    is_sqlite = connections[rows.db].vendor == "sqlite"
    if rows.model is Job:
        return JobFound if is_sqlite else JobWords
    return PromptFound if is_sqlite else PromptWords


def _that_hold(rows: Rows, tokens: tuple[Wanted, ...]) -> Rows:
    return rows.filter(words__words__holds=tokens)


def _with(rows: Rows, text: str) -> Rows:
    tokens = wanted(text)
    return rows.filter(**{f"{found_by(rows)}__words__match": tokens}) if tokens else rows.none()


def index_job(job_pk: int) -> None:
    """Renew the words of a job, in the transaction that changed them."""
    with transaction.atomic():
        _index_jobs([job_pk])


def index_new(jobs: Sequence[Job]) -> None:
    """Write the words of jobs just made, all from one prompt: nobody has said anything of them yet."""
    words = index_text(_said_in(jobs[0].prompt))
    _keep(JobWords, [JobWords(job=job, words=words) for job in jobs])


def index_prompt(prompt_pk: int, *, alone: bool = False) -> None:
    """Renew the words of a prompt and of the jobs made from it, in the transaction that changed them.

    `alone` leaves the jobs as they are: a prompt's tags are not theirs.
    """
    with transaction.atomic():
        PromptWords.objects.select_for_update().filter(pk=prompt_pk).first()
        prompt = Prompt.objects.get(pk=prompt_pk)
        _keep(PromptWords, [PromptWords(prompt=prompt, words=index_text(_said_of_prompt(prompt)))])
        jobs = [] if alone else list(Job.objects.filter(prompt=prompt).order_by("-pk").values_list("pk", flat=True))
        for start in range(0, len(jobs), CHUNK):
            _index_jobs(jobs[start : start + CHUNK])


def _index_jobs(pks: list[int]) -> None:
    # Whoever else says something of these jobs waits here, and then reads what we wrote. All wait in the same order.
    list(JobWords.objects.select_for_update().filter(pk__in=pks).order_by("-pk").values_list("pk"))
    jobs = Job.objects.filter(pk__in=pks).select_related("prompt")
    _keep(JobWords, [JobWords(job=job, words=index_text(_said_of(job))) for job in jobs])


def _said_of(job: Job) -> Iterator[str]:
    """The newest comments come first: of very much text only the beginning is kept."""
    yield from _said_in(job.prompt)
    yield from JobTag.objects.filter(job=job).order_by("pk").values_list("tag__name", flat=True)
    yield from Comment.objects.filter(job=job).order_by("-pk").values_list("text", flat=True)


def _said_of_prompt(prompt: Prompt) -> Iterator[str]:
    yield from _said_in(prompt)
    yield from PromptTag.objects.filter(prompt=prompt).order_by("pk").values_list("tag__name", flat=True)


def _said_in(prompt: Prompt) -> Iterator[str]:
    yield prompt.title
    yield prompt.text


def _keep(model: type[JobWords] | type[PromptWords], rows: list[Any]) -> None:
    pk = model._meta.pk.name
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=[pk], update_fields=["words"])

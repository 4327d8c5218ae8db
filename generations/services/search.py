"""Search by words, with the same answers on both databases. Who may see a row is asked before or after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import QuerySet

from generations.models import Comment, Job, JobTag, JobWords, Prompt, PromptTag, PromptWords
from generations.services.tokens import index_text, wanted

Rows = TypeVar("Rows", bound=QuerySet[Any])
Jobs = TypeVar("Jobs", bound=QuerySet[Job])
Prompts = TypeVar("Prompts", bound=QuerySet[Prompt])
CHUNK = 500


def jobs_with(jobs: Jobs, text: str) -> Jobs:
    """Those whose prompt, tags and comments together hold every word of the text, each as a word's beginning.

    A text without a letter or a digit finds nothing. Ordered along `found_by`, the newest come fast.
    """
    return _with(jobs, text)


def prompts_with(prompts: Prompts, text: str) -> Prompts:
    """Those that hold every word of the text, as `jobs_with` finds jobs."""
    return _with(prompts, text)


def has_words(text: str) -> bool:
    """Is there anything in the text that can be searched for?"""
    return bool(wanted(text))


def found_by(rows: QuerySet[Any]) -> str:
    """The relation to the index that answers for these rows: its primary key is theirs, in the order it is kept."""
    return "found" if connections[rows.db].vendor == "sqlite" else "words"


def _with(rows: Rows, text: str) -> Rows:
    tokens = wanted(text)
    return rows.filter(**{f"{found_by(rows)}__words__match": tokens}) if tokens else rows.none()


def index_job(job_pk: int) -> None:
    """Renew the words of a job, in the transaction that changed them."""
    with transaction.atomic():
        # Whoever else adds something to this job waits here, and then reads what we wrote.
        JobWords.objects.select_for_update().filter(pk=job_pk).first()
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
        jobs = [] if alone else list(Job.objects.filter(prompt=prompt).values_list("pk", flat=True))
        for start in range(0, len(jobs), CHUNK):
            _index_jobs(jobs[start : start + CHUNK])


def _index_jobs(pks: list[int]) -> None:
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

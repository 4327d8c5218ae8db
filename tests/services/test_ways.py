"""The ways to a page of a search: whichever is taken, the same rows come in the same order, page after page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from generations.models import Job, Prompt, User
from generations.models.words import JobFound, JobWords
from generations.services import ways
from generations.services.history import SORTS
from generations.services.paging import Keyset
from generations.services.search import jobs_on_the_way, prompts_on_the_way
from generations.services.tokens import wanted
from generations.services.ways import Way, way
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
LIMITS = [0, 4, 3000]
"""Of what counts as few: none, more than the one author's and less than all, and all."""


@pytest.fixture(params=LIMITS)
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ways, "FEW", request.param)
    monkeypatch.setattr(ways, "OF_SAMPLE", request.param)
    return int(request.param)


@pytest.fixture
def foxes(make_job: MakeJob, stranger: User) -> list[Job]:
    """Ten that hold the word, three of them a stranger's; hounds between them."""
    made = []
    for number in range(10):
        made.append(make_job(text=f"fox {number}", **({"author": stranger} if number % 4 == 1 else {})))
        make_job(text=f"hound {number}")
    return made


def paged(rows: Any, order: Keyset, where: Q | None = None) -> Iterator[Any]:
    after = ""
    while True:
        page = order.page(rows, after, 2, where, rows.model.objects.all())
        yield from page.rows
        after = page.after
        if not after:
            return


def test_jobs_are_the_same_whichever_way_is_taken(limit: int, foxes: list[Job], stranger: User) -> None:
    for where, expected in ((Q(), foxes), (Q(author=stranger), [j for j in foxes if j.author_id == stranger.pk])):
        for in_days in (False, True):
            rows, order = jobs_on_the_way(Job.objects.all(), "fox", where, in_days)
            assert list(paged(rows, order, where)) == list(reversed(expected))
    rows, order = jobs_on_the_way(Job.objects.all(), "fox", Q(pk__in=[]))
    assert not list(paged(rows, order, Q(pk__in=[])))


@pytest.mark.parametrize("sort", SORTS)
def test_prompts_are_the_same_whichever_way_is_taken(limit: int, foxes: list[Job], stranger: User, sort: str) -> None:
    for job in foxes:
        Prompt.objects.filter(pk=job.prompt_id).update(runs=job.pk % 2, rating=job.pk % 3, success=job.pk % 3 / 4)
    for prompts in (Prompt.objects.all(), Prompt.objects.filter(author=stranger)):
        expected = prompts.filter(text__startswith="fox").order_by(f"-{SORTS[sort].at}", "-pk")
        rows, order = prompts_on_the_way(prompts, "fox", SORTS[sort])
        assert list(paged(rows, order)) == list(expected)
        assert replace(order, is_short=False) == SORTS[sort]


def test_the_way_is_asked_for_in_one_statement(limit: int, foxes: list[Job], stranger: User) -> None:
    index = JobFound if connection.vendor == "sqlite" else JobWords
    with CaptureQueriesContext(connection) as seen:
        taken = way(index, wanted("fox"), Job.objects.filter(author=stranger))
    assert len(seen) == 1
    assert taken == {0: Way.ORDER, 4: Way.FILTERS, 3000: Way.WORDS}[limit]

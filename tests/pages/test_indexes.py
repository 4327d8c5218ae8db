"""Pages that read tables without end read them by an index, as SQLite plans it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import Job, JobTag, State, Tag, User
from generations.services.search import index_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


def plans(client: Client, url: str, table: str) -> str:
    """How each query of the page reads this table."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    queries = [
        query["sql"] for query in seen if query["sql"].startswith("SELECT") and f'FROM "{table}"' in query["sql"]
    ]
    with connection.cursor() as cursor:
        told = [row[3] for sql in queries for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    return "\n".join(told)


@pytest.mark.parametrize("page", ["staff-budgets", "staff-prices"])
def test_units_of_this_month_s_entries(boss: Client, page: str) -> None:
    assert "USING COVERING INDEX entry_of_unit (month=?)" in plans(boss, reverse(page), "generations_ledgerentry")


def test_what_was_done_about_a_person(boss: Client, member: User) -> None:
    plan = plans(boss, reverse("person", args=[member.pk]), "generations_auditentry")
    assert "USING INDEX entry_of_subject (subject=?)" in plan
    assert "TEMP B-TREE" not in plan


def test_which_way_a_search_by_word_tag_and_state_goes(boss: Client, make_job: Callable[..., Job]) -> None:
    """Its tag is where it begins: most jobs are done, and SQLite does not know."""
    tagged = JobTag.objects.create(job=make_job(text="a fox", state=State.DONE), tag=Tag.objects.create(name="kept"))
    index_job(tagged.job_id)
    with CaptureQueriesContext(connection) as seen:
        page = boss.get(reverse("library"), {"q": "fox", "tag": "kept", "state": State.DONE})
    assert [job.pk for job in page.context["page"].rows] == [tagged.job_id]
    [asked] = [query["sql"] for query in seen if query["sql"].startswith("SELECT CASE")]
    with connection.cursor() as cursor:
        plan = "\n".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall())
    assert "USING COVERING INDEX jobtag_newest (tag_id=?)" in plan
    assert "(state=?)" not in plan

"""The one refresh request of a page, and what every fragment owes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import ACTIVE, Job, State, User, Watch
from generations.services.line import placed
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")
CHANGING = ACTIVE | {State.UNKNOWN}  # which the portal may find again for some hours


def asks(job: Job) -> str:
    return f'name="card" value="{job.key}:'


def held(*jobs: Job) -> dict[str, Any]:
    return {"card": [f"{job.key}:{job.revision}" for job in jobs]}


@pytest.mark.parametrize("state", State)
def test_a_card_asks_again_exactly_while_its_job_is_active(mara: Client, make_job: MakeJob, state: State) -> None:
    job = make_job(state)
    body = mara.get(reverse("job-card", args=[job.key])).content.decode()
    assert (asks(job) in body) is (state in CHANGING)
    assert f'id="job-{job.key}"' in body
    assert f'data-state="{state}"' in body


@pytest.mark.parametrize("state", State)
def test_a_job_page_asks_again_exactly_while_its_job_is_active(mara: Client, make_job: MakeJob, state: State) -> None:
    job = make_job(state)
    for name in ("job", "job-body"):
        body = mara.get(reverse(name, args=[job.key])).content.decode()
        assert ('data-hx-trigger="refresh"' in body) is (state in CHANGING)
        assert 'id="job-body"' in body


@pytest.mark.parametrize("name", ["job", "job-card", "job-body"])
def test_a_private_job_is_not_there_for_others(
    as_user: Callable[[User], Client], make_job: MakeJob, stranger: User, reviewer: User, admin: User, name: str
) -> None:
    job = make_job(State.RUNNING, visibility="me")
    for user in (stranger, reviewer, admin):
        assert as_user(user).get(reverse(name, args=[job.key])).status_code == 404


@pytest.mark.parametrize("name", ["job-card", "job-body", "status", "compose-options"])
def test_anonymous_visitors_of_a_fragment_are_told_to_sign_in(make_job: MakeJob, name: str) -> None:
    args = [make_job().key] if name.startswith("job") else []
    answer = Client().get(reverse(name, args=args), headers=HTMX)
    assert (answer.status_code, answer.content, answer["HX-Trigger"]) == (401, b"", "signed-out")
    plain = Client().get(reverse(name, args=args))
    assert plain.status_code == 302
    assert plain["Location"].startswith(reverse("account_login") + "?next=")


def test_nothing_changed_is_204(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.RUNNING)
    answer = mara.get("/status/", held(job), headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    body = mara.get(reverse("job-body", args=[job.key]), {"rev": job.revision}, headers=HTMX)
    assert (body.status_code, body.content) == (204, b"")


def test_only_changed_cards_come_out_of_band(mara: Client, make_job: MakeJob) -> None:
    still, moved = make_job(State.RUNNING, "Still"), make_job(State.RUNNING, "Moved")
    before = held(still, moved)
    Watch.objects.filter(job=moved).update(progress=60, rev=1)
    body = mara.get("/status/", before, headers=HTMX).content.decode()
    assert "60 %" in body
    assert body.count("data-hx-swap-oob") == 1
    assert str(still.key) not in body


def test_a_page_of_rows_gets_rows(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.RUNNING)
    page = mara.get("/library/?view=list").content.decode()
    assert asks(job) in page
    assert 'data-hx-include="[name=card], [name=view]:checked"' in page
    Watch.objects.filter(job=job).update(progress=60, rev=1)
    body = mara.get("/status/", held(job) | {"view": "list"}, headers=HTMX).content.decode()
    assert body.count("<template>") == body.count("<tr") == body.count("data-hx-swap-oob") == 1
    assert "60 %" in body
    assert "<article" not in body


def test_the_last_card_arrives_and_asks_no_more(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.DONE)
    body = mara.get("/status/", {"card": f"{job.key}:old"}, headers=HTMX).content.decode()
    assert f'id="job-{job.key}"' in body
    assert asks(job) not in body


def test_others_private_cards_and_nonsense_are_ignored(mara: Client, make_job: MakeJob, stranger: User) -> None:
    secret = make_job(State.RUNNING, visibility="me", author=stranger)
    cards = [f"{secret.key}:0", f"{uuid4()}:0", "nonsense", "", ":", "x:y:z"]
    assert mara.get("/status/", {"card": cards}, headers=HTMX).status_code == 204
    assert mara.get("/status/", headers=HTMX).status_code == 204


@pytest.mark.parametrize("cards", [1, 12, 40])
@pytest.mark.parametrize("state", [State.RUNNING, State.QUEUED])
def test_a_refresh_is_three_queries_at_most_and_none_writes(
    mara: Client, make_job: MakeJob, cards: int, state: State
) -> None:
    jobs = placed(make_job(state, f"Number {n}") for n in range(cards))
    stale = {"card": [f"{job.key}:old" for job in jobs]}
    for asked, answer, most in ((held(*jobs), 204, 2), (stale, 200, 3)):
        with CaptureQueriesContext(connection) as seen:
            assert mara.get("/status/", asked, headers=HTMX).status_code == answer
        assert len(seen) == most
        assert not [query["sql"] for query in seen.captured_queries if WRITES.search(query["sql"])]


def test_a_move_in_the_line_is_a_change(mara: Client, make_job: MakeJob) -> None:
    first, second = make_job(text="First"), make_job(text="Second")
    cards = held(*placed(Job.objects.for_cards().filter(pk=second.pk)))
    assert mara.get("/status/", cards, headers=HTMX).status_code == 204
    Job.objects.filter(pk=first.pk).update(state=State.CANCELLED)
    body = mara.get("/status/", cards, headers=HTMX).content.decode()
    assert "Next in line" in body


def test_more_than_a_hundred_cards_are_capped(mara: Client, make_job: MakeJob) -> None:
    last = make_job(State.RUNNING)
    cards = [f"{uuid4()}:0" for _ in range(100)] + [f"{last.key}:old"]
    assert mara.get("/status/", {"card": cards}, headers=HTMX).status_code == 204

"""The tray of running jobs: its counts on every page, its list, whose eyes, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generations.models import ACTIVE, Job, Output, State, User, Watch
from generations.services.running import in_tray, tray_revision, under_way
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def queries(client: Client, url: str, data: dict[str, Any] | None = None) -> int:
    client.get(url, data, headers=HTMX)  # what is remembered for a minute is not counted
    with CaptureQueriesContext(connection) as seen:
        client.get(url, data, headers=HTMX)
    assert all(query["sql"].split()[0] in {"SELECT", "WITH"} for query in seen.captured_queries)
    return len(seen)


def said(body: str) -> str:
    """What the pill says to a screen reader on a wide screen."""
    inner = re.search(r'id="tray-said".*?</span>\s*</span>', body, re.DOTALL)
    assert inner
    return " ".join(re.sub(r"<[^>]+>", " ", inner[0].partition(">")[2]).split())


def test_every_state_is_counted_once_or_not_at_all(make_job: MakeJob, member: User, stranger: User) -> None:
    for state in State:
        make_job(state)
        make_job(state, author=stranger)
        make_job(state, author=stranger, visibility="me")
    now = under_way(member)
    assert (now.running, now.waiting, now.own) == (3, 2, len(ACTIVE))
    assert now.everyone == 2 * len(ACTIVE)
    assert now.percent == (0 + 45 + 100) // 3  # sent, rendering, saving


def test_nothing_under_way_is_no_arc_and_a_beginning_is_a_small_one(make_job: MakeJob, member: User) -> None:
    assert under_way(member).ring == 0
    make_job(State.SUBMITTING)
    assert (under_way(member).percent, under_way(member).ring) == (0, 4)


@pytest.mark.parametrize("url", ["/", "/library/", "/prompts/", "/queue/", "/account/notifications/"])
def test_every_page_says_what_runs_and_links_the_queue_without_scripts(
    mara: Client, make_job: MakeJob, url: str
) -> None:
    make_job(State.RUNNING)
    make_job()
    body = mara.get(url).content.decode()
    assert said(body).startswith("My jobs: 1 running · 1 waiting")
    assert '<a class="tray-pill no-js" href="/queue/">' in body


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "Nothing running 0"),
        ([State.RUNNING], "1 running 1"),
        ([State.QUEUED, State.QUEUED], "2 waiting 2"),
        ([State.DONE, State.FAILED, State.UNKNOWN, State.CANCELLED], "Nothing running 0"),
    ],
)
def test_the_words_of_the_pill(mara: Client, make_job: MakeJob, states: list[State], words: str) -> None:
    for state in states:
        make_job(state)
    assert said(mara.get("/prompts/").content.decode()) == f"My jobs: {words}"


def test_a_page_reads_the_counts_once_whatever_runs(mara: Client, make_job: MakeJob) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as seen:
            mara.get("/prompts/")
        return sum("COUNT" in q["sql"] and "generations_watch" in q["sql"] for q in seen.captured_queries)

    assert counted() == 1
    for n in range(5):
        make_job(State.RUNNING, f"Number {n}")
    assert counted() == 1


def test_the_list_tells_state_progress_place_and_usual_time(mara: Client, make_job: MakeJob) -> None:
    running, waiting, saving = make_job(State.RUNNING), make_job(text="Waits"), make_job(State.ARCHIVING)
    Watch.objects.filter(job=running).update(usual_low=40, usual_high=70)
    Output.objects.filter(job=saving).update(size=2_000_000, bytes_done=1_000_000)
    body = mara.get("/tray/", headers=HTMX).content.decode()
    assert re.findall(r'data-state="(\w+)"', body) == ["running", "archiving", "queued"]
    for words in ("45 %", "usually 40 to 70 s", "Next in line", "Saving the file", "976.6\xa0KB of 1.9\xa0MB"):
        assert words in body
    for job in (running, waiting, saving):
        assert job.get_absolute_url() in body
    assert body.count(reverse("job-cancel", args=[waiting.key])) == 2  # with and without scripts
    assert body.count("/cancel/") == 2
    assert 'id="tray-said" data-count="3" data-hx-swap-oob="true"' in " ".join(body.split())
    assert 'id="queue-count" data-hx-swap-oob="true"' in body


def test_it_holds_my_own_unfinished_jobs_only(mara: Client, make_job: MakeJob, stranger: User) -> None:
    own = make_job(text="Mine alone", visibility="me")
    make_job(text="Theirs", author=stranger)
    make_job(text="Their secret", author=stranger, visibility="me")
    make_job(State.DONE, "Over")
    gone = make_job(State.RUNNING, "Found again, but in the trash")
    Job.objects.filter(pk=gone.pk).update(trashed_at=timezone.now())
    body = mara.get("/tray/", headers=HTMX).content.decode()
    assert re.findall(r'data-key="([^"]+)"', body) == [str(own.key)]


def test_an_empty_tray_says_so(mara: Client) -> None:
    body = mara.get("/tray/", headers=HTMX).content.decode()
    assert "Nothing of yours is waiting or being made." in body


def test_what_did_not_change_is_204_and_what_did_is_not(mara: Client, make_job: MakeJob, member: User) -> None:
    job = make_job(State.RUNNING)
    rev = {"rev": in_tray(member).rev}
    answer = mara.get("/tray/", rev, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    Watch.objects.filter(job=job).update(progress=60, rev=1)
    body = mara.get("/tray/", rev, headers=HTMX)
    assert body.status_code == 200
    assert "60 %" in body.content.decode()


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_both_ways_to_the_revision_agree(make_job: MakeJob, member: User, state: State) -> None:
    for n in range(3):
        make_job(state, f"Number {n}")
    assert tray_revision(member) == in_tray(member).rev


def test_what_it_costs_does_not_grow(mara: Client, make_job: MakeJob, member: User) -> None:
    who, rows, line, counts = 2, 1, 1, 1
    for more in (1, 9):
        for n in range(more):
            make_job(State.RUNNING, f"Number {n}")
            make_job(text=f"Waits {n}")
        assert queries(mara, "/tray/") <= who + rows + line + counts
        assert queries(mara, "/tray/", {"rev": in_tray(member).rev}) <= who + rows + line


def test_more_than_twenty_are_cut_and_said(mara: Client, make_job: MakeJob) -> None:
    for n in range(23):
        make_job(text=f"Number {n}")
    body = mara.get("/tray/", headers=HTMX).content.decode()
    assert body.count("data-key") == 20
    assert "The first 20 of your 23 jobs." in " ".join(body.split())


def test_a_stranger_is_told_to_sign_in() -> None:
    answer = Client().get("/tray/", headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (401, "signed-out")

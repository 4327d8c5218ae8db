"""The Queue page: whose eyes, which order, what may be taken back, what it costs. And the pages of the feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import ACTIVE, Job, Provider, State, User, Watch
from generations.services.providers import add_provider
from generations.services.running import in_queue, queue_revision
from tests.pages.conftest import HTMX
from tests.pages.test_lists import keys_in, walk
from tests.pages.test_tray import queries

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def rows_in(body: str) -> list[str]:
    return re.findall(r'<tr data-key="([0-9a-f-]{36})"', body)


def headings_in(body: str) -> list[str]:
    return re.findall(r'<h2 id="group-\d+">([^<]+)</h2>', body)


def words_in(body: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_it_lists_what_is_unfinished_and_nothing_else(mara: Client, make_job: MakeJob) -> None:
    made = {state: str(make_job(state, f"A clip that is {state}").key) for state in State}
    assert set(rows_in(mara.get("/queue/").content.decode())) == {made[state] for state in ACTIVE}


def test_private_jobs_of_others_are_not_there_for_anybody(
    as_user: AsUser, make_job: MakeJob, member: User, stranger: User, reviewer: User, admin: User, viewer: User
) -> None:
    secret = make_job(State.RUNNING, "A private birthday", visibility="me")
    assert rows_in(as_user(member).get("/queue/").content.decode()) == [str(secret.key)]
    for user in (stranger, reviewer, admin, viewer):
        body = as_user(user).get("/queue/").content.decode()
        assert "birthday" not in body
        assert str(secret.key) not in body
        assert "Nothing is in flight" in body


def test_by_provider_what_is_at_work_comes_first_then_the_line(
    mara: Client, make_job: MakeJob, stranger: User, provider: Provider
) -> None:
    other = add_provider("Another", "uniall", "https://second.example.com", "sk-2")
    first, second = make_job(text="First"), make_job(text="Second")
    theirs = make_job(text="Theirs goes before my second", author=stranger)
    working = make_job(State.RUNNING, "At work")
    asking = make_job(State.AWAITING_APPROVAL, "Awaits approval")
    elsewhere = make_job(text="Elsewhere", provider=other, provider_name=other.name)
    body = mara.get("/queue/").content.decode()
    assert headings_in(body) == ["Another", "UniAll studio"]
    assert rows_in(body) == [str(job.key) for job in (elsewhere, working, theirs, first, second, asking)]
    told = words_in(body)
    assert "1 running · 4 waiting" in told
    for words in ("Next in line", "Place 2 in line", "Place 3 in line", "45 %", "Jonas Okafor"):
        assert words in told


def test_by_member(mara: Client, make_job: MakeJob, stranger: User) -> None:
    make_job(text="Mine")
    make_job(text="Theirs", author=stranger)
    body = mara.get("/queue/?by=member").content.decode()
    assert headings_in(body) == ["Jonas Okafor", "Mara Lindqvist"]
    assert "/queue/?by=member&amp;rev=" in body


def test_only_what_was_not_sent_is_taken_back_and_only_by_who_may(
    as_user: AsUser, make_job: MakeJob, member: User, stranger: User, reviewer: User, admin: User, viewer: User
) -> None:
    waiting, sent = make_job(), make_job(State.RUNNING)
    for user, may in ((member, True), (admin, True), (stranger, False), (reviewer, False), (viewer, False)):
        body = as_user(user).get("/queue/").content.decode()
        assert (reverse("job-cancel", args=[waiting.key]) in body) is may, user
        assert reverse("job-cancel", args=[sent.key]) not in body
    as_user(member).post(reverse("job-cancel", args=[waiting.key]), headers=HTMX)
    assert rows_in(as_user(member).get("/queue/").content.decode()) == [str(sent.key)]


def test_a_provider_in_trouble_says_why_its_jobs_wait(mara: Client, make_job: MakeJob, provider: Provider) -> None:
    make_job()
    Provider.objects.update(cooling_until=timezone.now() + timedelta(minutes=5))
    assert "takes nothing just now" in mara.get("/queue/").content.decode()
    Provider.objects.update(paused_reason="HTTP 403: no money")
    body = mara.get("/queue/").content.decode()
    assert "It needs an admin." in body
    assert "no money" not in body


def test_jobs_of_a_removed_provider_keep_its_name(mara: Client, make_job: MakeJob) -> None:
    make_job(State.ARCHIVING, provider=None)
    assert headings_in(mara.get("/queue/").content.decode()) == ["UniAll studio"]


def test_htmx_gets_the_live_part_and_204_while_nothing_changed(mara: Client, make_job: MakeJob, member: User) -> None:
    job = make_job(State.RUNNING)
    rev = {"rev": in_queue(member).rev}
    assert "<html" not in mara.get("/queue/", headers=HTMX).content.decode()
    assert mara.get("/queue/", rev).status_code == 200
    answer = mara.get("/queue/", rev, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    Watch.objects.filter(job=job).update(progress=61, rev=1)
    assert "61 %" in mara.get("/queue/", rev, headers=HTMX).content.decode()


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_both_ways_to_the_revision_agree(make_job: MakeJob, stranger: User, state: State) -> None:
    for n in range(3):
        make_job(state, f"Number {n}")
    assert queue_revision(stranger) == in_queue(stranger).rev


def test_it_asks_seldom_while_it_is_empty(mara: Client, make_job: MakeJob) -> None:
    assert "data-calm" in mara.get("/queue/").content.decode()
    make_job()
    assert "data-calm" not in mara.get("/queue/").content.decode()


def test_what_it_costs_does_not_grow(mara: Client, make_job: MakeJob, member: User, stranger: User) -> None:
    who, rows, line = 2, 1, 1
    for more in (1, 12):
        for n in range(more):
            make_job(State.RUNNING, f"Number {n}", author=stranger)
            make_job(text=f"Waits {n}", author=stranger)
        assert queries(mara, "/queue/") <= who + rows + line
        assert queries(mara, "/queue/", {"rev": in_queue(member).rev}) <= who + rows + line


def test_more_than_a_hundred_are_cut_and_said(mara: Client, make_job: MakeJob) -> None:
    sample = make_job()
    fields = ("author_id", "prompt_id", "provider_id", "provider_name", "dialect", "model", "aspect_ratio", "seconds")
    same = {name: getattr(sample, name) for name in fields}
    Job.objects.bulk_create(Job(**same, state_since=timezone.now(), compose_token=f"number-{n}") for n in range(104))
    body = mara.get("/queue/").content.decode()
    assert len(rows_in(body)) == 100
    assert "The first 100 of 105 are shown" in words_in(body)


# --- the feed on Create ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_the_feed_goes_on_without_gap_and_repeat(
    mara: Client, make_job: MakeJob, stranger: User, headers: dict[str, str]
) -> None:
    for n in range(52):
        make_job(State.DONE, f"Number {n}")
    Job.objects.filter(pk__in=Job.objects.values("pk")[5:45]).update(created_at=timezone.now())
    make_job(State.DONE, "Theirs", author=stranger)
    newest = Job.objects.newest_first()
    start = mara.get("/?whose=mine").content.decode()
    more = re.search(r'id="more-row".*?href="([^"]+)"', start, re.DOTALL)
    assert more
    rest = walk(mara, "/" + more[1].replace("&amp;", "&"), keys_in, headers)
    expected = [str(job.key) for job in newest.exclude(author=stranger)]
    assert keys_in(start) + rest == expected
    assert keys_in(start) == expected[:24]


def test_the_next_page_of_the_feed_is_cards_alone(mara: Client, make_job: MakeJob) -> None:
    for n in range(30):
        make_job(text=f"Number {n}")
    start = mara.get("/").content.decode()
    more = re.search(r'id="more-row".*?data-hx-get="([^"]+)"', start, re.DOTALL)
    assert more
    body = mara.get("/" + more[1].replace("&amp;", "&"), headers=HTMX).content.decode()
    assert len(keys_in(body)) == 6
    assert "<html" not in body
    assert '<form class="panel composer' not in body

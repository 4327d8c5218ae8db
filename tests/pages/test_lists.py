"""Library, prompts and the staff table: order, paging, filters, and whose eyes see what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import Job, Output, Prompt, Provider, State, User, Visibility, Watch
from generations.services.figures import recount
from generations.services.providers import add_provider
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def keys_in(body: str) -> list[str]:
    return re.findall(r'data-key="([0-9a-f-]{36})"', body)


def walk(client: Client, url: str, found: Callable[[str], list[str]], headers: dict[str, str]) -> list[str]:
    """Everything a list shows, page after page, as "load more" walks it."""
    seen: list[str] = []
    while url:
        body = client.get(url, headers=headers).content.decode()
        seen += found(body)
        more = re.search(r'id="more-row".*?href="([^"]+)"', body, re.DOTALL)
        path = url.split("?")[0]
        url = path + more[1].replace("&amp;", "&") if more else ""
    return seen


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("url", ["/library/", "/staff/jobs/"])
def test_paging_has_no_gap_and_no_repeat(
    as_user: AsUser, reviewer: User, make_job: MakeJob, url: str, headers: dict[str, str]
) -> None:
    made = [make_job(text=f"Number {n}") for n in range(60)]
    # Ties across page borders: many rows of one instant.
    Job.objects.filter(pk__in=[job.pk for job in made[10:55]]).update(created_at=timezone.now())
    expected = [str(key) for key in Job.objects.newest_first().values_list("key", flat=True)]
    assert walk(as_user(reviewer), url, keys_in, headers) == expected


def test_a_new_job_between_two_pages_moves_nothing(mara: Client, make_job: MakeJob) -> None:
    for n in range(30):
        make_job(text=f"Number {n}")
    first = mara.get("/library/").content.decode()
    more = re.search(r'data-hx-get="([^"]*after[^"]*)"', first)
    assert more
    make_job(text="Just now")
    second = mara.get("/library/" + more[1], headers=HTMX).content.decode()
    assert len(set(keys_in(first)) | set(keys_in(second))) == 30
    assert "<html" not in second


@pytest.mark.parametrize(
    "cursor", ["x", "_", "1_1", "99999999999999999999999_1", "1_not-a-key", "-1_1", "1_" + "9" * 40]
)
def test_a_broken_cursor_is_no_error(mara: Client, make_job: MakeJob, cursor: str) -> None:
    make_job()
    for url in ("/library/", "/prompts/"):
        assert mara.get(url, {"after": cursor}).status_code == 200


def queries(client: Client, url: str) -> int:
    client.get(url)  # what is remembered for a minute is not counted
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("url", ["/", "/?whose=team", "/library/", "/prompts/", "/staff/jobs/"])
def test_the_number_of_queries_does_not_grow_with_the_list(
    as_user: AsUser, admin: User, make_clip: MakeJob, make_job: MakeJob, url: str
) -> None:
    client = as_user(admin)
    for n in range(3):
        make_clip(f"Clip {n}", author=admin)
    few = queries(client, url)
    for n in range(14):
        make_clip(f"More {n}", author=admin)
        make_job(State.RUNNING, f"Running {n}", author=admin)
    assert queries(client, url) == few


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"mine", "theirs", "done", "elsewhere"}),
        ({"whose": "mine"}, {"mine", "done"}),
        ({"state": "done"}, {"done"}),
        ({"author": "stranger"}, {"theirs", "elsewhere"}),
        ({"author": "stranger", "state": "done"}, set()),
        ({"state": "nonsense", "author": "x"}, {"mine", "theirs", "done", "elsewhere"}),
    ],
)
def test_library_filters(
    mara: Client, make_job: MakeJob, stranger: User, query: dict[str, Any], expected: set[str]
) -> None:
    jobs = {
        "mine": make_job(text="mine"),
        "theirs": make_job(text="theirs", author=stranger),
        "done": make_job(State.DONE, "done"),
        "elsewhere": make_job(text="elsewhere", author=stranger),
        "secret": make_job(State.DONE, "secret", author=stranger, visibility="me"),
    }
    if query.get("author") == "stranger":
        query = query | {"author": stranger.pk}
    found = set(keys_in(mara.get("/library/", query).content.decode()))
    assert found == {str(jobs[name].key) for name in expected}


def test_filters_stay_in_the_address_of_the_next_page(mara: Client, make_job: MakeJob) -> None:
    for n in range(30):
        make_job(State.DONE if n % 2 else State.QUEUED, f"Number {n}")
        make_job(State.DONE, f"Done {n}")
    seen = walk(mara, "/library/?" + urlencode({"state": "done", "whose": "mine"}), keys_in, {})
    assert len(seen) == len(set(seen)) == Job.objects.filter(state=State.DONE).count()


# --- prompts ---------------------------------------------------------------------------------------------------


def prompts_in(body: str) -> list[str]:
    return re.findall(r'id="prompt-(\d+)"', body)


def test_prompts_page_without_gap_or_repeat(mara: Client, make_job: MakeJob) -> None:
    for n in range(70):
        make_job(text=f"Number {n}")
    Prompt.objects.filter(pk__in=Prompt.objects.values("pk")[:50]).update(last_run_at=timezone.now())
    expected = [str(pk) for pk in Prompt.objects.values_list("pk", flat=True)]
    assert walk(mara, "/prompts/", prompts_in, {}) == expected
    assert walk(mara, "/prompts/", prompts_in, HTMX) == expected


def test_a_prompt_tells_author_runs_and_outcome(mara: Client, make_job: MakeJob, stranger: User) -> None:
    for state in (State.DONE, State.DONE, State.FAILED, State.RUNNING):
        make_job(state, "Frost on a leaf", author=stranger)
    body = mara.get("/prompts/").content.decode()
    assert body.count("Frost on a leaf") == 1
    assert "4 runs" in body
    assert "2 of 3 succeeded" in body
    assert "Jonas" in body
    assert f"?prompt={Prompt.objects.get().pk}" in body


def test_private_prompts_are_their_owners_only(
    as_user: AsUser, mara: Client, make_job: MakeJob, stranger: User, reviewer: User, admin: User
) -> None:
    make_job(State.DONE, "A private birthday", visibility="me")
    assert "A private birthday" in mara.get("/prompts/").content.decode()
    for user in (stranger, reviewer, admin):
        for query in ("", "?whose=mine"):
            assert "birthday" not in as_user(user).get("/prompts/" + query).content.decode()


def test_a_private_run_never_shows_in_a_shared_count(
    as_user: AsUser, make_job: MakeJob, member: User, stranger: User
) -> None:
    shared = make_job(State.DONE, "Frost on a leaf").prompt
    make_job(State.DONE, "Frost on a leaf", visibility="me")
    # Even a private job that hangs on the shared row is not counted there.
    Job.objects.filter(visibility=Visibility.ME).update(prompt=shared)
    recount(shared.pk)
    for user in (stranger, member):
        assert "2 runs" not in as_user(user).get("/prompts/").content.decode()


def test_mine_are_the_prompts_i_ran(mara: Client, make_job: MakeJob, member: User, stranger: User) -> None:
    make_job(text="Theirs, run by me", author=stranger)
    make_job(text="Theirs, run by me")
    make_job(text="Only theirs", author=stranger)
    body = mara.get("/prompts/?whose=mine").content.decode()
    assert "run by me" in body
    assert "Only theirs" not in body


# --- staff -----------------------------------------------------------------------------------------------------


def test_the_staff_table_shows_no_text_of_others_private_jobs(
    as_user: AsUser, make_clip: MakeJob, make_job: MakeJob, reviewer: User, admin: User
) -> None:
    secret = make_clip("A private birthday", visibility="me")
    failed = make_job(State.FAILED, "Another birthday", visibility="me", reason="It said birthday")
    for user in (reviewer, admin):
        body = as_user(user).get("/staff/jobs/").content.decode()
        assert "birthday" not in body
        assert body.count("Private prompt") == 2
        assert "Mara Lindqvist" in body
        for job in (secret, failed):
            assert f'"/jobs/{job.key}/' not in body


def test_staff_read_their_own_private_jobs(as_user: AsUser, make_job: MakeJob, reviewer: User) -> None:
    job = make_job(State.DONE, "My own birthday", author=reviewer, visibility="me")
    body = as_user(reviewer).get("/staff/jobs/").content.decode()
    assert "My own birthday" in body
    assert f"/jobs/{job.key}/" in body


def test_staff_filters(as_user: AsUser, make_job: MakeJob, reviewer: User, provider: Provider) -> None:
    other = add_provider("Second", "uniall", "https://second.example.com", "sk-2")
    here = make_job(State.FAILED, "here")
    there = make_job(State.DONE, "there", provider=other, provider_name=other.name)
    client = as_user(reviewer)
    for query, job in (({"state": "failed"}, here), ({"provider": other.pk}, there)):
        assert keys_in(client.get("/staff/jobs/", query).content.decode()) == [str(job.key)]


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_the_staff_table_is_not_there_for_others(as_user: AsUser, make_user: Callable[..., User], role: str) -> None:
    client = as_user(make_user(role=role))
    assert client.get("/staff/jobs/").status_code == 404
    assert "/staff/" not in client.get("/").content.decode()


def test_a_day_has_one_heading_across_pages(mara: Client, make_job: MakeJob) -> None:
    for n in range(30):
        make_job(text=f"Number {n}")
    old = Job.objects.order_by("pk").first()
    assert old
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    first = mara.get("/library/").content.decode()
    more = re.search(r'data-hx-get="([^"]*after[^"]*)"', first)
    assert more
    second = mara.get("/library/" + more[1], headers=HTMX).content.decode()
    assert first.count('class="cap"') == 1
    assert second.count('class="cap"') == 1
    assert "Today" not in second
    alone = mara.get("/library/" + more[1]).content.decode()
    assert alone.count('class="cap"') == 2  # a page of its own begins with the day


def test_a_time_has_three_digits_of_a_second(mara: Client, make_job: MakeJob) -> None:
    make_job()
    body = mara.get("/prompts/").content.decode()
    assert re.search(r'datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"', body)


def test_provider_words_on_a_private_job_stay_private_in_the_admin(
    admin: User, make_job: Callable[..., Job], as_user: Callable[[User], Client]
) -> None:
    job = make_job(State.FAILED, "A secret plan", visibility="me", reason="refused: A secret plan")
    event = job.events.get()
    event.note, event.detail = "refused: A secret plan", "HTTP 400: A secret plan"
    event.save()
    browser = as_user(admin)
    pages = [f"/admin/generations/job/{job.pk}/change/", f"/admin/generations/jobevent/{event.pk}/change/"]
    for page in [*pages, "/admin/generations/jobevent/", "/admin/generations/job/", "/admin/generations/prompt/"]:
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "secret plan" not in answer.content.decode()


def test_what_is_noted_on_the_way_of_a_private_job_stays_private_in_the_admin(
    admin: User, make_job: Callable[..., Job], as_user: Callable[[User], Client]
) -> None:
    said, address = "A secret plan", "https://files.example.com/clip.mp4?sig=opens-it"
    for visibility in ("me", "team"):
        looked_at = make_job(State.RUNNING, visibility=visibility).watched
        copied = make_job(State.ARCHIVING, visibility=visibility).cover
        assert looked_at
        assert copied
        Watch.objects.filter(pk=looked_at.pk).update(trouble=f"HTTP 500: {said}", word=said)
        Output.objects.filter(pk=copied.pk).update(
            remote_url=address, trouble=f"It broke off.\nConnectError: {address}"
        )
        browser = as_user(admin)
        pages = [f"/admin/generations/watch/{looked_at.pk}/change/", f"/admin/generations/output/{copied.pk}/change/"]
        body = "".join(browser.get(page).content.decode() for page in [*pages, "/admin/generations/watch/"])
        assert (said in body) == (visibility == "team")
        assert "opens-it" not in body


def test_staff_see_why_a_provider_is_paused_and_an_admin_ends_it(
    admin: User, reviewer: User, provider: Provider, as_user: Callable[[User], Client]
) -> None:
    Provider.objects.update(paused_reason="HTTP 403: <b>no money</b>")
    page = as_user(reviewer).get("/staff/jobs/").content.decode()
    assert "UniAll studio is paused" in page
    assert "HTTP 403: &lt;b&gt;no money&lt;/b&gt;" in page
    browser = as_user(admin)
    browser.post(f"/staff/providers/{provider.pk}/switch/", {"to": "resume"}, follow=True)
    assert Provider.objects.get().paused_reason == ""
    assert "is paused" not in browser.get("/staff/jobs/").content.decode()

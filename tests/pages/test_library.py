"""The library's search, filters and two views: what each finds, what stays private, what the address keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import Favourite, Job, Provider, State, User, Visibility
from generations.services import notes, ways
from generations.services.collections import make, put
from generations.services.providers import add_provider
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pages.conftest import HTMX
from tests.pages.test_lists import keys_in, queries, walk

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
SECRET = {"visibility": "me", "width": 720, "height": 1280, "seconds": 12}


@pytest.fixture
def jobs(make_job: MakeJob, member: User, stranger: User) -> dict[str, Job]:
    """Five jobs: what tells them apart is in their names, and one is the stranger's own secret."""
    other = add_provider("Second", "uniall", "https://second.example.com", "sk-2")
    made = {
        "plain": make_job(text="A plain fox"),
        "done": make_job(State.DONE, "A done fox", author=stranger, provider=other, provider_name=other.name),
        "tall": make_job(text="A tall heron", aspect_ratio="9:16", model="sora2-portrait-12s", seconds=12),
        "square": make_job(text="雨夜の街", aspect_ratio="1:1", author=stranger),
        "secret": make_job(State.DONE, "A secret fox", author=stranger, **SECRET),
    }
    Job.objects.filter(pk=made["plain"].pk).update(created_at=datetime(2026, 3, 14, 12, tzinfo=UTC))
    for name in ("tall", "secret"):
        notes.add_tag(made[name], stranger, "Season 2")
    notes.comment(made["square"], member, "Too dark, a fox is missing")
    for name in ("plain", "done"):
        notes.mark(made[name], member, on=True)
    notes.mark(made["tall"], stranger, on=True)
    return made


EVERYTHING = {"plain", "done", "tall", "square"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", EVERYTHING),
        ("whose=mine", {"plain", "tall"}),
        ("state=done", {"done"}),
        ("provider=second", {"done"}),
        ("author=stranger", {"done", "square"}),
        ("author=stranger&whose=mine", {"plain", "tall"}),
        ("model=sora2-portrait-12s", {"tall"}),
        ("orientation=portrait", {"tall"}),
        ("orientation=square", {"square"}),
        ("orientation=landscape", {"plain", "done"}),
        ("seconds=12", {"tall"}),
        ("tag=season+2", {"tall"}),
        ("tag=SEASON+2", {"tall"}),
        ("tag=nobody%27s", set()),
        ("favourite=1", {"plain", "done"}),
        ("since=2026-03-15", {"done", "tall", "square"}),
        ("until=2026-03-14", {"plain"}),
        ("since=2026-03-14&until=2026-03-14", {"plain"}),
        ("until=2026-03-13", set()),
        ("q=fox", {"plain", "done", "square"}),
        ("q=夜", {"square"}),
        ("q=season", {"tall"}),
        ("q=wolf", set()),
        ("q=%21%21", set()),
        ("q=fox&state=done", {"done"}),
        ("q=fox&favourite=1&whose=mine", {"plain"}),
        ("q=heron&tag=season+2&orientation=portrait&seconds=12", {"tall"}),
        ("tag=season+2&favourite=1", set()),
        ("favourite=1&since=2026-03-15", {"done"}),
        # What makes no sense filters nothing.
        ("state=x&provider=x&author=x&model=x&orientation=x&seconds=x&favourite=x&view=x", EVERYTHING),
        ("since=x&until=2026-02-31", EVERYTHING),
        ("since=0001-01-01&until=9999-12-31", EVERYTHING),
        ("provider=99999999999999999999999&author=-1&seconds=-8&model=%00&q=%00&tag=%00", EVERYTHING),
    ],
)
@pytest.mark.parametrize("view", ["", "&view=list"], ids=["grid", "list"])
def test_filters(mara: Client, jobs: dict[str, Job], stranger: User, query: str, expected: set[str], view: str) -> None:
    other = Provider.objects.get(name="Second")
    query = query.replace("=stranger", f"={stranger.pk}").replace("=second", f"={other.pk}")
    body = mara.get(f"/library/?{query}{view}").content.decode()
    assert set(keys_in(body)) == {str(jobs[name].key) for name in expected}
    assert "secret" not in body


@pytest.mark.parametrize(
    "query", ["q=secret", "q=fox&state=done", "tag=season+2", "orientation=portrait", "seconds=12", "view=list&q=fox"]
)
def test_a_search_never_shows_a_private_job_to_others(
    as_user: AsUser, jobs: dict[str, Job], member: User, stranger: User, admin: User, query: str
) -> None:
    key = str(jobs["secret"].key)
    assert key in keys_in(as_user(stranger).get(f"/library/?{query}").content.decode())
    for user in (member, admin):
        assert key not in as_user(user).get(f"/library/?{query}").content.decode()


def test_a_private_job_s_tag_is_like_one_that_is_not_there(
    as_user: AsUser, make_job: MakeJob, member: User, stranger: User
) -> None:
    make_job(text="Something")
    notes.add_tag(make_job(author=stranger, visibility="me"), stranger, "launch")
    pages = [as_user(member).get("/library/", {"tag": tag}).content.decode() for tag in ("launch", "nowhere")]
    assert [keys_in(page) for page in pages] == [[], []]
    assert "launch" not in pages[1]
    assert '<option value="launch">' in as_user(stranger).get("/library/").content.decode()


def test_a_collection_narrows_the_list_for_those_who_may_see_it(
    as_user: AsUser, jobs: dict[str, Job], member: User, stranger: User, admin: User
) -> None:
    film, own = make(stranger, "Harbour film", Visibility.TEAM), make(stranger, "Surprise", Visibility.ME)
    put(film, [jobs["plain"], jobs["tall"], jobs["secret"]], stranger)
    put(own, [jobs["done"]], stranger)

    def shown(user: User, query: str) -> set[str]:
        keys = keys_in(as_user(user).get(f"/library/?{query}").content.decode())
        return {name for name, job in jobs.items() if str(job.key) in keys}

    for query in (f"collection={film.pk}", f"collection={film.pk}&view=list"):
        assert shown(stranger, query) == {"plain", "tall", "secret"}
        assert shown(member, query) == shown(admin, query) == {"plain", "tall"}
    assert shown(member, f"collection={film.pk}&q=heron&tag=season+2") == {"tall"}
    assert shown(stranger, f"collection={own.pk}") == {"done"}
    for query in (f"collection={own.pk}", "collection=999999", f"collection={'9' * 30}", "collection=x"):
        assert shown(member, query) == shown(admin, query) == set()
    body = as_user(member).get(f"/library/?collection={own.pk}").content.decode()
    assert "a collection that is gone" in body
    assert "Surprise" not in body
    assert "selected>Harbour film" in as_user(member).get(f"/library/?collection={film.pk}").content.decode()


def test_a_trashed_job_is_not_found(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.DONE, "A fox")
    Job.objects.update(trashed_at=timezone.now())
    for query in ({"q": "fox"}, {}):
        assert str(job.key) not in mara.get("/library/", query).content.decode()


WALKS = [
    "q=fox",
    "tag=season",
    "favourite=1",
    "q=fox&tag=season&favourite=1",
    "q=fox&view=list",
    "since=2026-01-01",
    "collection=film",
    "q=fox&collection=film&tag=season",
]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("query", [*WALKS, "whose=mine&orientation=landscape&seconds=8&state=queued"])
def test_what_is_found_is_paged_without_gap_or_repeat(
    mara: Client, make_job: MakeJob, member: User, query: str, headers: dict[str, str]
) -> None:
    made = [make_job(text=f"fox {n}") for n in range(60)]
    make_job(text="hound", state=State.DONE)
    for job in made:
        notes.add_tag(job, member, "season")
        notes.add_tag(job, member, "other")
    Favourite.objects.bulk_create(Favourite(user=member, job=job) for job in made)
    put(film := make(member, "Foxes", Visibility.TEAM), made, member)
    query = query.replace("=film", f"={film.pk}")
    expected = [str(job.key) for job in reversed(made)]
    seen = walk(mara, f"/library/?{query}", keys_in, headers)
    assert [key for key in seen if key in expected] == expected
    assert len(seen) == len(set(seen)) <= 61


def test_a_tie_of_one_instant_is_paged_too(mara: Client, make_job: MakeJob) -> None:
    made = [make_job(text=f"fox {n}") for n in range(60)]
    Job.objects.filter(pk__in=[job.pk for job in made[5:55]]).update(created_at=timezone.now() - timedelta(days=3))
    expected = [str(key) for key in Job.objects.newest_first().values_list("key", flat=True)]
    assert walk(mara, "/library/?view=list", keys_in, {}) == expected


@pytest.mark.databases
@pytest.mark.parametrize("limit", [1, 3000])  # of what is few, on which hangs how a search goes about it
@pytest.mark.parametrize(
    "query",
    ["q=fox", "q=fox&tag=season", "q=fox&since=2026-01-01", "view=list", "tag=season", "favourite=1", "seconds=8"],
)
def test_the_number_of_queries_does_not_grow_with_what_is_found(
    mara: Client, make_clip: MakeJob, member: User, monkeypatch: pytest.MonkeyPatch, query: str, limit: int
) -> None:
    monkeypatch.setattr(ways, "FEW", limit)

    def more(count: int) -> None:
        for n in range(count):
            job = make_clip(f"fox {count} {n}")
            notes.add_tag(job, member, "season")
            notes.mark(job, member, on=True)

    more(2)
    few = queries(mara, f"/library/?{query}")
    more(12)
    assert queries(mara, f"/library/?{query}") == few


def links(body: str) -> list[dict[str, list[str]]]:
    return [parse_qs(href.replace("&amp;", "&")[1:]) for href in re.findall(r'class="chip on" href="([^"]*)"', body)]


def test_each_filter_can_be_taken_off_alone(mara: Client, jobs: dict[str, Job], stranger: User) -> None:
    query: dict[str, Any] = {
        "q": "fox & co", "author": stranger.pk, "state": "done", "tag": "season 2", "seconds": "8", "view": "list",
        "since": "2026-01-02", "until": "2026-12-30", "favourite": "1", "orientation": "square", "whose": "",
        "model": "sora2-portrait-12s", "after": "1_2",
    }  # fmt: skip
    body = mara.get("/library/", query).content.decode()
    chips = links(body)
    kept = {name: [str(value)] for name, value in query.items() if value and name != "after"}
    assert len(chips) == len(kept) - 1  # the view is no filter
    assert all(len(chip) == len(kept) - 1 and chip.items() <= kept.items() for chip in chips)
    for said in (
        "“fox &amp; co”",
        "Jonas",
        "Done",
        "season 2",
        "8 s",
        "from 2 Jan 2026",
        "until 30 Dec 2026",
        "Square",
    ):
        assert f'<span class="clip1" dir="auto">{said}' in body
    assert 'href="/library/?view=list"' in body
    assert '<details class="more-filters" open>' in body


def test_without_a_filter_there_is_nothing_to_take_off(mara: Client, make_job: MakeJob) -> None:
    make_job()
    body = mara.get("/library/?state=nonsense&view=grid").content.decode()
    assert links(body) == []
    assert ">Clear</a>" not in re.sub(r"\s*<svg.*?</svg>\s*", "", body)
    assert '<details class="more-filters">' in body


def test_what_was_asked_for_stays_in_the_form(mara: Client, jobs: dict[str, Job]) -> None:
    query = {"q": '"fox" <b>', "tag": "Season 2", "since": "2026-01-02", "favourite": "1", "view": "list"}
    body = mara.get("/library/", query | {"orientation": "portrait"}).content.decode()
    assert 'value="&quot;fox&quot; &lt;b&gt;"' in body
    assert 'name="tag" maxlength="40" value="season 2"' in body
    assert 'name="since" min="2000-01-01" value="2026-01-02"' in body
    assert '<option value="portrait" selected>' in body
    assert '<input type="checkbox" name="favourite" value="1" checked>' in body
    assert '<input type="radio" name="view" value="list" checked>' in body


def test_the_list_is_a_table_that_keeps_its_address(mara: Client, make_clip: MakeJob, make_job: MakeJob) -> None:
    make_clip("A fox", width=1280, height=720)
    for n in range(30):
        make_job(text=f"Number {n}")
    body = mara.get("/library/?view=list&state=queued").content.decode()
    assert '<table class="grid-table stacks">' in body
    assert "<article" not in body
    assert "16:9 · 0:08" in body
    more = re.search(r'data-hx-get="([^"]*after[^"]*)"', body)
    assert more
    assert {"view", "state", "after"} == set(parse_qs(more[1].replace("&amp;", "&")[1:]))
    part = mara.get("/library/" + more[1].replace("&amp;", "&"), headers=HTMX).content.decode()
    assert part.count("<tr") == 6
    assert "<html" not in part


@pytest.mark.parametrize(
    ("query", "said", "link"),
    [
        ({"q": "seahorse <3"}, "No clip matches “seahorse &lt;3”", "/prompts/?q=seahorse%20%3C3"),
        ({"q": "a/b&c", "view": "list"}, "No clip matches", "/prompts/?q=a%2Fb%26c"),
        ({"q": "seahorse", "state": "done", "seconds": "8"}, "2 more filters are set.", 'href="/library/"'),
        ({"q": "!?"}, "“!?” holds no word", 'href="/library/"'),
        ({"state": "cancelled", "view": "list"}, "No clip matches", 'href="/library/?view=list"'),
    ],
)
def test_nothing_found_says_what_was_searched(
    mara: Client, make_job: MakeJob, query: dict[str, Any], said: str, link: str
) -> None:
    make_job()
    body = mara.get("/library/?" + urlencode(query)).content.decode()
    assert said in body
    assert link in body


def test_an_empty_library_says_so(mara: Client) -> None:
    assert "The library is empty" in mara.get("/library/").content.decode()


def test_models_and_lengths_are_those_of_the_providers(mara: Client, provider: Provider) -> None:
    body = mara.get("/library/").content.decode()
    assert '<option value="sora2-portrait-12s">' in body
    assert ">12 s</option>" in body

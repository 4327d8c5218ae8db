"""Collections: who sees, fills, names and deletes which, and what of their clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from generations.models import AuditEntry, Collection, Job, User, Visibility
from generations.services.collections import collections_of, make, put, remove, rename
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pages.conftest import HTMX

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]

ROLES = ("viewer", "owner", "stranger", "reviewer", "admin")


@pytest.fixture
def browsers(
    as_user: Callable[[User], Client], viewer: User, member: User, stranger: User, reviewer: User, admin: User
) -> dict[str, Client]:
    people = dict(zip(ROLES, (viewer, member, stranger, reviewer, admin), strict=True))
    return {role: as_user(user) for role, user in people.items()}


@pytest.fixture
def film(member: User) -> Collection:
    return make(member, "Harbour film", Visibility.TEAM)


@pytest.fixture
def secret(member: User) -> Collection:
    return make(member, "Surprise", Visibility.ME)


def body(answer: Any) -> str:
    return str(answer.content.decode())


def test_one_is_made_filled_and_emptied(mara: Client, make_clip: Callable[..., Job]) -> None:
    job = make_clip("A fox wakes")
    answer = mara.post(reverse("collections"), {"name": "  Harbour   film ", "visibility": "team", "job": job.key})
    film = Collection.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("collection", args=[film.pk]))
    assert (film.name, list(film.jobs.all())) == ("Harbour film", [job])
    assert "A fox wakes" in body(mara.get(answer["Location"]))
    assert "Take it out of Harbour film" in body(mara.get(job.get_absolute_url()))
    act = reverse("collection-jobs", args=[film.pk])
    twice = mara.post(act, {"job": job.key}, headers=HTMX)
    assert twice.status_code == 204
    assert "already" in twice["HX-Trigger"]
    out = mara.post(act, {"job": job.key, "act": "remove", "from": job.key})
    assert out["Location"] == f"{job.get_absolute_url()}#collections"
    assert not film.jobs.exists()
    assert "Nothing in it yet" in body(mara.get(reverse("collection", args=[film.pk])))
    other = make_clip("A second fox")
    several = mara.post(act, {"job": [job.key, other.key, "nonsense"]}, headers=HTMX)
    assert "2 clips are in" in several["HX-Trigger"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (" ", "Give it a name."),
        ("x" * 61, "61 characters are too many; the limit is 60."),
        ("HARBOUR  film", "There is a collection of that name already."),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_kept(mara: Client, film: Collection, name: str, why: str) -> None:
    answer = mara.post(reverse("collections"), {"name": name, "visibility": "team"})
    assert answer.status_code == 422
    assert why in body(answer)
    assert f'value="{name}"' in body(answer)
    assert Collection.objects.count() == 1


def test_what_is_private_tells_nobody(
    browsers: dict[str, Client], secret: Collection, film: Collection, make_clip: Callable[..., Job], stranger: User
) -> None:
    shown, hidden = make_clip("A team dream"), make_clip("A private birthday", visibility="me")
    put(film, [shown, hidden], film.author)
    make(stranger, "Surprise", Visibility.ME)  # the same name, of somebody else
    for role in ROLES:
        mine = role == "owner"
        assert browsers[role].get(reverse("collection", args=[secret.pk])).status_code == (200 if mine else 404), role
        page = body(browsers[role].get(reverse("collection", args=[film.pk])))
        assert "A team dream" in page
        assert ("A private birthday" in page) == mine
        assert ("2 clips" if mine else "1 clip") in page
        assert ("Surprise" in body(browsers[role].get(reverse("library")))) == (role in {"owner", "stranger"})
        assert "Harbour film" in body(browsers[role].get(reverse("collections")))


def test_who_may_fill_name_and_delete(browsers: dict[str, Client], film: Collection, secret: Collection) -> None:
    fills = {"viewer": 403, "owner": 303, "stranger": 303, "reviewer": 303, "admin": 303}
    settles = {"viewer": 403, "owner": 303, "stranger": 403, "reviewer": 403, "admin": 303}
    for role in ROLES:
        send = browsers[role].post
        assert send(reverse("collection-jobs", args=[film.pk])).status_code == fills[role], role
        assert send(reverse("collection-name", args=[film.pk]), {"name": role}).status_code == settles[role], role
        for act in ("collection-jobs", "collection-name", "collection-delete"):
            assert browsers[role].get(reverse(act, args=[film.pk])).status_code == 405
            answer = send(reverse(act, args=[secret.pk]), {"name": "x"}).status_code
            assert answer == (303 if role == "owner" else 404), (role, act)
            assert send(reverse(act, args=[999_999])).status_code == 404
        if role == "owner":
            secret = make(secret.author, "Surprise", Visibility.ME)
    for role in reversed(ROLES):
        again = film if role == "admin" else make(film.author, f"For {role}", Visibility.TEAM)
        assert browsers[role].post(reverse("collection-delete", args=[again.pk])).status_code == settles[role], role


def test_a_viewer_makes_none_and_strangers_sign_in(browsers: dict[str, Client], film: Collection) -> None:
    assert browsers["viewer"].post(reverse("collections"), {"name": "Mine"}).status_code == 403
    assert "New collection" not in body(browsers["viewer"].get(reverse("collections")))
    for name in ("collection", "collection-jobs", "collection-name", "collection-delete"):
        answer = Client().post(reverse(name, args=[film.pk]))
        assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (302, True)


def test_a_job_that_one_may_not_see_cannot_be_put_in(
    browsers: dict[str, Client], film: Collection, make_clip: Callable[..., Job]
) -> None:
    hidden = make_clip("A private birthday", visibility="me")
    answer = browsers["stranger"].post(
        reverse("collection-jobs", args=[film.pk]), {"job": hidden.key, "from": hidden.key}
    )
    assert answer["Location"] == reverse("collection", args=[film.pk])
    assert not film.jobs.exists()


def test_an_admin_renames_and_deletes_for_the_team_and_it_is_written_down(
    browsers: dict[str, Client], film: Collection, make_clip: Callable[..., Job]
) -> None:
    job = make_clip()
    put(film, [job], film.author)
    browsers["admin"].post(reverse("collection-name", args=[film.pk]), {"name": "Port film"})
    browsers["admin"].post(reverse("collection-delete", args=[film.pk]))
    told = list(
        AuditEntry.objects.filter(action__startswith="collection").order_by("pk").values_list("action", "subject")
    )
    assert told == [("collection renamed", "Port film"), ("collection deleted", "Port film")]
    assert Job.objects.filter(pk=job.pk).exists()


def test_the_list_asks_as_much_for_many_as_for_one(
    member: User, make_clip: Callable[..., Job], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(5):
        put(make(member, f"Film {n}", Visibility.TEAM), [make_clip(f"Fox {n}")], member)
    with django_assert_num_queries(1):
        assert [vars(found)["clips"] for found in collections_of(member)] == [1] * 5


@pytest.mark.parametrize("letter", ["ﷺ", "㍿", "ΐ"])
def test_a_name_that_grows_when_it_is_folded_is_kept_or_refused(mara: Client, letter: str) -> None:
    """One letter becomes up to 18 where spellings are compared."""
    for length in (1, 15, 60):
        answer = mara.post(reverse("collections"), {"name": letter * length, "visibility": "team"})
        assert answer.status_code in (303, 422)
    assert Collection.objects.filter(name=letter).exists()


def test_what_cannot_be_written_down_is_not_done(
    film: Collection, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("generations.services.collections.note", broken)
    with pytest.raises(RuntimeError):
        rename(film, "Harbour", admin)
    with pytest.raises(RuntimeError):
        remove(film, admin)
    assert Collection.objects.get().name == "Harbour film"

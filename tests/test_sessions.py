"""Sessions: whose each is, and that nobody stays signed in who should not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import Session, User
from generations.services.tidy import tidy

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PASSWORD = "a long password of mine"


@pytest.fixture
def signed_in(member: User) -> Client:
    member.set_password(PASSWORD)
    member.save()
    client = Client()
    answer = client.post("/accounts/login/", {"login": member.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    return client


def test_a_session_says_whose_it_is_and_is_read_with_its_user(signed_in: Client, member: User) -> None:
    assert Session.objects.get().user == member
    with CaptureQueriesContext(connection) as seen:
        assert signed_in.get("/status/").status_code == 204
    assert len(seen) == 1


def test_a_stranger_s_session_is_nobody_s() -> None:
    client = Client()
    client.session.save()
    assert Session.objects.filter(user=None).count() == 1
    assert client.get("/status/").status_code == 302


def test_signing_out_removes_it(signed_in: Client) -> None:
    signed_in.post("/accounts/logout/")
    assert not Session.objects.exists()
    assert signed_in.get("/status/").status_code == 302


@pytest.mark.parametrize("end", ["switched off", "new password", "expired", "another's"])
def test_a_session_that_must_not_hold_any_more_does_not(
    signed_in: Client, member: User, stranger: User, end: str
) -> None:
    if end == "switched off":
        User.objects.filter(pk=member.pk).update(is_active=False)
    elif end == "new password":
        member.set_password("another long password")
        member.save()
    elif end == "expired":
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    else:  # the column is a shortcut: the signed data decide
        Session.objects.update(user=stranger)
        assert signed_in.get("/account/notifications/").wsgi_request.user == member
        return
    assert signed_in.get("/status/").status_code == 302


def test_expired_sessions_are_removed_in_time(signed_in: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    tidy()
    assert not Session.objects.exists()


class TestSeen:
    def test_it_says_on_which_device_and_when_it_began(self, signed_in: Client, member: User) -> None:
        client = Client(headers={"User-Agent": "Firefox/140 " + "x" * 900})
        client.post("/accounts/login/", {"login": member.email, "password": PASSWORD})
        row = Session.objects.get(pk=client.session.session_key)
        assert row.device == ("Firefox/140 " + "x" * 900)[:300]
        assert row.started_at
        assert timezone.now() - row.started_at < timedelta(minutes=1)
        store = client.session
        store["more"] = 1
        store.save()
        later = Session.objects.get(pk=row.pk)
        assert (later.device, later.started_at, later.user) == (row.device, row.started_at, member)

    def test_a_page_marks_its_reader_as_seen_now_and_then(self, signed_in: Client, member: User) -> None:
        with CaptureQueriesContext(connection) as first:
            signed_in.get("/account/notifications/")
        long_ago = timezone.now() - timedelta(hours=1)
        Session.objects.update(seen_at=long_ago)
        User.objects.filter(pk=member.pk).update(seen_at=long_ago, last_login=long_ago)
        with CaptureQueriesContext(connection) as second:
            signed_in.get("/account/notifications/")
        with CaptureQueriesContext(connection) as third:
            signed_in.get("/account/notifications/")
        assert len(second) == len(first) + 2
        assert len(third) == len(first)
        member.refresh_from_db()
        assert member.last_seen == member.seen_at
        assert timezone.now() - Session.objects.get().seen_at < timedelta(minutes=1)  # type: ignore[operator]

    def test_what_a_page_asks_for_by_itself_marks_nobody(self, signed_in: Client) -> None:
        Session.objects.update(seen_at=None)
        for path in ("/status/", "/tray/"):
            signed_in.get(path, headers={"HX-Request": "true"})
        assert Session.objects.get().seen_at is None

"""Inviting somebody, and the page that an invited person opens: by a link that works once, and tells nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from generations.models import AuditEntry, Group, Invitation, Role, User
from generations.services.invitations import invite
from generations.services.members import add_member
from generations.views import people as views
from sora_portal.blot import blotted
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, browsers, checked  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
NEW, PASSWORD = "new@example.org", "an even longer passphrase"
GOOD = {"name": "New Person", "password1": PASSWORD, "password2": PASSWORD}
LINK = re.compile(r"http://localhost:8000(/invitation/[^<\s]+/)")


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def link(admin: User) -> str:
    return reverse("invitation", args=[invite(NEW, Role.MEMBER, None, admin)[1]])


def link_in(answer: Any) -> str:
    found = LINK.search(answer.content.decode())
    assert found
    return found[1]


class TestInviting:
    def test_the_answer_alone_shows_the_link(self, boss: Client) -> None:
        film = Group.objects.create(name="Film")
        sent = {"email": "New@Example.org", "role": "reviewer", "group": film.pk, "days": "30"}
        answer = boss.post(reverse("invite"), sent)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        path = link_in(answer)
        row = Invitation.objects.get()
        assert (row.email, row.role, row.group) == (NEW, "reviewer", film)
        assert (row.expires_at - timezone.now()).days == 29
        for page in ("/staff/people/", reverse("invite"), "/staff/audit/"):
            text = boss.get(page).content.decode()
            assert path not in text
            assert row.token_hash not in text
        assert Client().get(path).status_code == 200

    def test_a_portal_that_sends_mail_may_send_it(self, boss: Client, settings: Settings) -> None:
        assert 'name="way"' not in boss.get(reverse("invite")).content.decode()
        settings.SENDS_MAIL = True
        sent = {"email": NEW, "role": "member", "days": "7", "way": "mail"}
        answer = boss.post(reverse("invite"), sent, follow=True)
        assert answer.redirect_chain == [("/staff/people/", 303)]
        assert not LINK.search(answer.content.decode())
        assert mail.outbox[0].to == [NEW]
        found = LINK.search(str(mail.outbox[0].body))
        assert found
        assert Client().get(found[1]).status_code == 200

    def test_a_mail_that_was_not_taken_leaves_the_link(self, boss: Client, settings: Settings) -> None:
        settings.SENDS_MAIL, settings.EMAIL_PORT = True, 1
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        answer = boss.post(reverse("invite"), {"email": NEW, "role": "member", "days": "7", "way": "mail"})
        assert "The mail server did not take the mail." in answer.content.decode()
        assert Client().get(link_in(answer)).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"email": "mara@example.org"}, "This person is a member already."),
            ({"email": "waits@example.org"}, "invited already. Renew or revoke that invitation."),
            ({"email": "no e-mail"}, "Enter a valid email address."),
            ({"role": "boss"}, "boss is not one of the available choices."),
            ({"days": "3650"}, "3650 is not one of the available choices."),
            ({"group": "999"}, "not one of the available choices."),
        ],
    )
    def test_a_bad_form_answers_with_itself(
        self, boss: Client, admin: User, member: User, changes: dict[str, str], told: str
    ) -> None:
        invite("waits@example.org", Role.MEMBER, None, admin)
        answer = boss.post(reverse("invite"), {"email": NEW, "role": "member", "days": "7"} | changes)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert (Invitation.objects.count(), AuditEntry.objects.count()) == (1, 1)

    def test_open_ones_are_listed_renewed_and_revoked(self, boss: Client, link: str) -> None:
        row = Invitation.objects.get()
        page = boss.get("/staff/people/").content.decode()
        for told in (NEW, "Waiting for them", "Open invitations"):
            assert told in page
        Invitation.objects.update(expires_at=timezone.now())
        assert "Run out" in boss.get("/staff/people/").content.decode()
        assert Client().get(link).status_code == 404
        anew = link_in(boss.post(reverse("invitation-act", args=[row.pk, "renew"]), {"way": "copy"}))
        assert (Client().get(anew).status_code, Client().get(link).status_code) == (200, 404)
        boss.post(reverse("invitation-act", args=[row.pk, "revoke"]))
        assert Client().get(anew).status_code == 404
        assert NEW not in boss.get("/staff/people/?q=x").content.decode()
        for act, told in (("renew", "used or revoked meanwhile"), ("revoke", "used or revoked before")):
            answer = boss.post(reverse("invitation-act", args=[row.pk, act]), follow=True)
            assert told in answer.content.decode()

    def test_a_renewed_one_is_sent_anew_by_mail(self, boss: Client, link: str, settings: Settings) -> None:
        settings.SENDS_MAIL = True
        boss.post(reverse("invitation-act", args=[Invitation.objects.get().pk, "renew"]), {"way": "mail"})
        assert mail.outbox[0].to == [NEW]

    def test_the_list_is_as_dear_with_one_as_with_many(
        self, boss: Client, admin: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
    ) -> None:
        monkeypatch.setattr(views, "WAITING", 4)
        film = Group.objects.create(name="Film")
        invite("0@example.org", Role.MEMBER, film, admin)
        boss.get("/staff/people/")
        with CaptureQueriesContext(connection) as before:
            boss.get("/staff/people/")
        for n in range(1, 8):
            invite(f"{n}@example.org", Role.MEMBER, film, admin)
        with django_assert_max_num_queries(len(before)):
            page = boss.get("/staff/people/").content.decode()
        assert "There are more. These are the latest." in page
        assert page.count(" invited by ") + page.count("invited by Tom") >= 4


class TestComingIn:
    def test_name_and_password_and_they_are_in(self, link: str) -> None:
        visitor = Client()
        page = visitor.get(link).content.decode()
        assert NEW in page
        assert "Tomás Silva" in page
        answer = visitor.post(link, GOOD)
        assert (answer.status_code, answer["Location"]) == (303, "/")
        user = User.objects.get(email=NEW)
        assert (user.name, user.role, user.check_password(PASSWORD)) == ("New Person", Role.MEMBER, True)
        assert "Your account is ready." in visitor.get("/").content.decode()
        assert Client().post(link, GOOD).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"name": ""}, "This field is required."),
            ({"name": "x" * 81}, "at most 80 characters"),
            ({"password2": "another"}, "The two passwords are not the same. Type them again."),
            ({"password1": "abc", "password2": "abc"}, "This password is too short."),
            ({"password1": "12345678901", "password2": "12345678901"}, "entirely numeric"),
            ({"password1": "new@example", "password2": "new@example"}, "too similar to the"),
            ({"password1": "", "password2": ""}, "This field is required."),
        ],
    )
    def test_a_bad_form_answers_with_itself_and_without_the_password(
        self, link: str, changes: dict[str, str], told: str
    ) -> None:
        answer = Client().post(link, GOOD | changes)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert told in text
        assert PASSWORD not in text
        assert not User.objects.filter(email=NEW).exists()
        assert Client().post(link, GOOD).status_code == 303

    def test_links_that_do_not_work_look_alike(self, admin: User, boss: Client) -> None:
        """Used, run out, revoked, a member meanwhile, never made: nothing in the answer tells them apart."""
        tokens = {name: invite(f"{name}@example.org", Role.MEMBER, None, admin)[1] for name in "abcd"}
        paths = {name: reverse("invitation", args=[token]) for name, token in tokens.items()}
        Client().post(paths["a"], GOOD)
        Invitation.objects.filter(email="b@example.org").update(expires_at=timezone.now())
        boss.post(reverse("invitation-act", args=[Invitation.objects.get(email="c@example.org").pk, "revoke"]))
        add_member("d@example.org", Role.VIEWER)
        answers = [Client().get(path) for path in (*paths.values(), "/invitation/never-made/")]
        answers += [Client().post(path, GOOD) for path in (*paths.values(), "/invitation/never-made/")]
        told = {re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers}
        assert len(told) == 1
        assert "@example.org" not in told.pop()
        assert {answer.status_code for answer in answers} == {404}
        headers = {tuple(sorted((k, v) for k, v in a.items() if k != "Content-Length")) for a in answers}
        assert len(headers) == 1

    def test_who_is_signed_in_signs_out_first(self, mara: Client, member: User, link: str) -> None:
        for answer in (mara.get(link), mara.post(link, GOOD)):
            assert "You are signed in here as Mara Lindqvist." in answer.content.decode()
        assert not User.objects.filter(email=NEW).exists()
        assert mara.get("/").wsgi_request.user == member

    def test_it_is_limited_as_signing_in_is(self, link: str, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"signup": "2/m/ip"}
        visitor = Client(REMOTE_ADDR="203.0.113.7")
        answers = [visitor.post(link, GOOD | {"password2": "x"}).status_code for _ in range(3)]
        assert answers == [422, 422, 429]
        assert "Too many tries" in visitor.post(link, GOOD).content.decode()
        assert visitor.get(link).status_code == 200

    def test_it_asks_for_a_token_of_the_form(self, link: str) -> None:
        assert Client(enforce_csrf_checks=True).post(link, GOOD).status_code == 403

    def test_no_search_engine_and_no_other_site_learns_of_it(self, link: str) -> None:
        for path in (link, "/invitation/never-made/"):
            answer = Client().get(path)
            assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
            assert answer["Referrer-Policy"] == "same-origin"
            assert "no-store" in answer["Cache-Control"]

    def test_no_log_holds_it(self, link: str) -> None:
        assert blotted(f"GET {link} HTTP/1.1") == "GET /invitation/•••/ HTTP/1.1"


def test_who_may(browsers: dict[str, Client], admin: User) -> None:  # noqa: F811
    for role in ROLES:
        checked(browsers[role].post(reverse("invite"), {}), 422 if role == "admin" else ADMINS_ONLY[role], "post", role)
        for act, done in (("revoke", 303), ("renew", 200)):
            row, _ = invite(f"{role}-{act}@example.org", Role.MEMBER, None, admin)
            url = reverse("invitation-act", args=[row.pk, act])
            checked(browsers[role].get(url), ADMINS_POST[role], "invitation-act", role)
            expected = done if role == "admin" else ADMINS_ONLY[role]
            checked(browsers[role].post(url), expected, f"post {act}", role)
    for url in (reverse("invitation-act", args=[999_999, "renew"]), reverse("invitation-act", args=[row.pk, "burn"])):
        assert browsers["admin"].post(url).status_code == 404


def test_the_page_of_an_invitation_is_for_everybody(browsers: dict[str, Client], link: str) -> None:  # noqa: F811
    for role in ROLES:
        checked(browsers[role].get(link), 200, "invitation", role)
        checked(browsers[role].get("/invitation/nonsense/"), 404, "invitation", role)

"""The people pages: who they are, where they are signed in, what they spent and made, and never what they asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from generations.models import AuditEntry, Budget, Group, Job, MonthTotal, Role, Session, State, User
from generations.services.made import months_of
from generations.services.months import this_month
from generations.services.people import handle_of
from generations.views import people as views
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pages.conftest import HTMX
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, browsers, checked  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeUser = Callable[..., User]
MakeJob = Callable[..., Job]
PAGE = "/staff/people/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"
HOSTILE = "<script>alert(1)</script>" * 20


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


def shown(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def page_of(user: User) -> str:
    return reverse("person", args=[user.pk])


def listed(client: Client, query: str = "") -> set[str]:
    return {line.user.email for line in client.get(f"{PAGE}{query}").context["lines"]}


class TestList:
    def test_a_row_says_who_what_and_how_much(
        self, boss: Client, member: User, make_job: MakeJob, stranger: User
    ) -> None:
        Group.objects.create(name="Film").members.add(member)
        Budget.objects.create(member=member, amount=Decimal(20))
        MonthTotal.objects.create(month=this_month(), member=member, spent=Decimal("3.20"), reserved=Decimal(1))
        make_job(State.DONE)
        make_job(State.RUNNING)
        make_job(State.DONE, author=stranger)
        page = boss.get(PAGE)
        line = next(line for line in page.context["lines"] if line.user == member)
        assert (line.spent, line.jobs, line.clips, line.budget.amount) == (Decimal("3.20"), 2, 1, Decimal(20))
        text = " ".join(page.content.decode().split())
        for told in ("Mara Lindqvist", "mara@example.org", "Film", "$3.20", "of $20.00", "2 jobs", "1 clip"):
            assert told in text

    def test_only_this_month_counts(self, boss: Client, member: User, make_job: MakeJob) -> None:
        before = this_month() - timedelta(days=1)
        MonthTotal.objects.create(month=before.replace(day=1), member=member, spent=9)
        make_job(State.DONE)
        Job.objects.update(created_at=datetime(before.year, before.month, before.day, tzinfo=ZoneInfo("UTC")))
        line = next(line for line in boss.get(PAGE).context["lines"] if line.user == member)
        assert (line.spent, line.jobs, line.clips) == (0, 0, 0)

    def test_how_somebody_stands(self, boss: Client, member: User, stranger: User) -> None:
        User.objects.filter(pk=member.pk).update(is_active=False)
        User.objects.filter(pk=stranger.pk).update(seen_at=timezone.now() - timedelta(hours=3))
        page = shown(boss)
        assert "Switched off" in page
        assert "seen 3 h" in page
        assert "never seen" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?q=MARA", {"mara"}),
            ("?q=example", {"mara", "jonas", "vera", "tomas"}),
            ("?q=%25", set()),
            ("?role=admin", {"tomas"}),
            ("?state=off", {"jonas"}),
            ("?state=active&role=member", {"mara"}),
            ("?group=film", {"mara"}),
            ("?q=nobody", set()),
            ("?role=boss&state=dead&group=999", {"mara", "jonas", "vera", "tomas"}),
            ("?q=%00", {"mara", "jonas", "vera", "tomas"}),
        ],
    )
    def test_filters(
        self, boss: Client, member: User, stranger: User, viewer: User, query: str, found: set[str]
    ) -> None:
        group = Group.objects.create(name="Film")
        group.members.add(member)
        User.objects.filter(pk=stranger.pk).update(is_active=False)
        people = {"vera": viewer, "mara": member, "jonas": stranger, "tomas": User.objects.get(role=Role.ADMIN)}
        assert listed(boss, query.replace("film", str(group.pk))) == {people[name].email for name in found}

    def test_nobody_matches(self, boss: Client) -> None:
        page = shown(boss, f"{PAGE}?q=nobody&role=admin")
        assert "Nobody matches" in page
        assert 'value="nobody"' in page

    def test_pages_follow_each_other(self, boss: Client, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(views, "PAGE", 2)
        everybody = {user.email for user in [*(make_user() for _ in range(4)), *User.objects.all()]}
        seen: list[str] = []
        after = ""
        while True:
            page = boss.get(f"{PAGE}?role=&after={after}", headers=HTMX)
            assert "<html" not in page.content.decode()
            seen += [line.user.email for line in page.context["lines"]]
            if not (after := page.context["page"].after):
                break
        assert (sorted(seen), len(seen)) == (sorted(everybody), len(everybody))

    def test_the_number_of_queries_does_not_grow(
        self, boss: Client, make_user: MakeUser, make_job: MakeJob, django_assert_max_num_queries: Any
    ) -> None:
        film = Group.objects.create(name="Film")

        def one_more() -> None:
            user = make_user()
            film.members.add(user)
            Budget.objects.create(member=user, amount=1)
            MonthTotal.objects.create(month=this_month(), member=user, spent=1)
            make_job(State.DONE, author=user)

        one_more()
        boss.get(PAGE)
        with CaptureQueriesContext(connection) as before:
            boss.get(PAGE)
        for _ in range(8):
            one_more()
        with django_assert_max_num_queries(len(before)):
            boss.get(PAGE)

    def test_names_are_text(self, boss: Client, member: User) -> None:
        User.objects.filter(pk=member.pk).update(name=HOSTILE[:80])
        for url in (PAGE, page_of(member)):
            assert "<script>alert" not in shown(boss, url)

    def test_the_rail_leads_admins_there(self, boss: Client, reviewer: User, as_user: Callable[[User], Client]) -> None:
        for page in (PAGE, "/staff/audit/"):
            assert boss.get("/").content.decode().count(f'href="{page}"') == 2
            assert page not in as_user(reviewer).get("/").content.decode()


class TestPerson:
    def test_who_they_are_is_changed(self, boss: Client, member: User) -> None:
        sent = {"name": "Mara L.", "email": "Mara@new.example", "role": "reviewer"}
        answer = boss.post(page_of(member), sent)
        assert (answer.status_code, answer["Location"]) == (303, page_of(member))
        member.refresh_from_db()
        assert (member.name, member.email, member.role) == ("Mara L.", "mara@new.example", Role.REVIEWER)
        assert "Mara L." in shown(boss, page_of(member))

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"email": "jonas@example.org"}, "Someone has this e-mail."),
            ({"email": "no e-mail"}, "Enter a valid email address."),
            ({"email": ""}, "This field is required."),
            ({"role": "boss"}, "boss is not one of the available choices."),
            ({"name": "x" * 81}, "at most 80 characters"),
        ],
    )
    def test_a_bad_form_answers_with_itself(
        self, boss: Client, member: User, stranger: User, changes: dict[str, str], told: str
    ) -> None:
        sent = {"name": "Other", "email": member.email, "role": "member"} | changes
        answer = boss.post(page_of(member), sent)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        member.refresh_from_db()
        assert (member.name, AuditEntry.objects.count()) == ("Mara Lindqvist", 0)

    @pytest.mark.parametrize("act", ["role", "switch"])
    def test_the_last_admin_is_told_why_they_stay(self, boss: Client, admin: User, act: str) -> None:
        url = page_of(admin) if act == "role" else reverse("person-switch", args=[admin.pk])
        answer = boss.post(url, {"name": "T", "email": admin.email, "role": "member", "to": "off"})
        assert answer.status_code == 422
        assert "This is the last admin. Make somebody else an admin first." in answer.content.decode()
        admin.refresh_from_db()
        assert (admin.role, admin.is_active) == (Role.ADMIN, True)

    def test_who_gives_the_role_away_is_led_to_where_they_may_be(
        self, boss: Client, admin: User, make_user: MakeUser
    ) -> None:
        make_user(role=Role.ADMIN)
        answer = boss.post(page_of(admin), {"name": "T", "email": admin.email, "role": "member"})
        assert answer["Location"] == "/"
        assert boss.get(PAGE).status_code == 404

    def test_it_says_what_they_spent_and_made(
        self, boss: Client, member: User, make_job: MakeJob, settings: Settings
    ) -> None:
        settings.PORTAL_TIME_ZONE = (
            "Pacific/Kiritimati"  # 14 hours ahead: a month begins there long before it does here
        )
        month = this_month()
        MonthTotal.objects.create(month=month, member=member, spent=Decimal("7.10"), held=1, reserved=2)
        begins = datetime(month.year, month.month, 1, tzinfo=ZoneInfo(settings.PORTAL_TIME_ZONE))
        for at, state in ((begins, State.DONE), (begins - timedelta(seconds=1), State.FAILED)):
            Job.objects.filter(pk=make_job(state).pk).update(created_at=at)
        now, before, *rest = months_of(member)
        assert (now.month, now.spent, now.on_the_way, now.jobs, now.clips) == (month, Decimal("7.10"), Decimal(3), 1, 1)
        assert (before.jobs, before.clips, before.spent) == (1, 0, Decimal(0))
        assert (len(rest), {row.jobs for row in rest}) == (4, {0})
        page = shown(boss, page_of(member))
        assert "$7.10" in page
        assert f"/staff/jobs/?author={member.pk}" in page

    def test_it_shows_groups_budgets_and_what_is_written_down(self, boss: Client, member: User) -> None:
        page = shown(boss, page_of(member))
        for told in ("in no group", "No budget binds them", "signed in nowhere", "Nothing yet", "Give them a budget"):
            assert told in page
        film = Group.objects.create(name="Film")
        film.members.add(member)
        Budget.objects.create(group=film, amount=5)
        Budget.objects.create(member=member, amount=6)
        boss.post(page_of(member), {"name": "Mara", "email": member.email, "role": "viewer"})
        page = shown(boss, page_of(member))
        for told in ("Film", "$5.00 left", "$6.00 left", "Member changed", "after: </span>viewer"):
            assert told in page
        assert "Give them a budget" not in page

    def test_a_budget_is_given_from_there(self, boss: Client, member: User) -> None:
        page = shown(boss, f"{reverse('budget-add')}?whose=member_id:{member.pk}")
        assert f'<option value="member_id:{member.pk}" selected>' in page

    def test_nothing_of_what_they_asked_for_is_shown(self, boss: Client, member: User, make_job: MakeJob) -> None:
        for state in (State.DONE, State.QUEUED, State.FAILED):
            make_job(state, "A private birthday", visibility="me", reason="The birthday was refused")
            make_job(state, "A shared sunset")
        for url in (PAGE, page_of(member)):
            page = shown(boss, url)
            assert "6 jobs" in page or '<td class="num">6</td>' in page
            assert not any(word in page for word in ("birthday", "sunset", "/poster/", "/clip/"))

    def test_the_number_of_queries_does_not_grow(
        self, boss: Client, member: User, make_job: MakeJob, django_assert_max_num_queries: Any
    ) -> None:
        def more() -> None:
            group = Group.objects.create(name=str(Group.objects.count()))
            group.members.add(member)
            Budget.objects.create(group=group, amount=1)
            make_job(State.RUNNING)
            Client().force_login(member)
            AuditEntry.objects.create(action="member changed", subject=member.email)

        more()
        boss.get(page_of(member))
        with CaptureQueriesContext(connection) as before:
            boss.get(page_of(member))
        for _ in range(4):
            more()
        with django_assert_max_num_queries(len(before)):
            boss.get(page_of(member))


class TestAccess:
    def test_off_and_on_again(self, boss: Client, member: User, mara: Client, make_job: MakeJob) -> None:
        make_job(State.RUNNING)
        assert "1 job that is not over goes on to its end." in shown(boss, page_of(member))
        switch = reverse("person-switch", args=[member.pk])
        assert boss.post(switch, {"to": "off"})["Location"] == page_of(member)
        assert mara.get("/").status_code == 302
        assert "Let them sign in again" in shown(boss, page_of(member))
        boss.post(switch, {"to": "on"})
        assert "Switch off" in shown(boss, page_of(member))
        assert boss.post(switch, {"to": "sideways"}).status_code == 404

    def test_devices_are_named_and_ended(self, boss: Client, member: User) -> None:
        sign_in = {"login": member.email, "password": "a long enough passphrase"}
        for agent in (FIREFOX, PHONE, HOSTILE, ""):
            Client(headers={"User-Agent": agent}).post("/accounts/login/", sign_in)
        page = shown(boss, page_of(member))
        for told in ("Firefox on Linux", "Safari on iPhone", "Unknown device"):
            assert told in page
        assert "alert(1)" not in page
        desk = Session.objects.get(device=FIREFOX)
        assert desk.session_key not in page
        url = reverse("person-sessions", args=[member.pk])
        boss.post(url, {"session": handle_of(desk)})
        assert "Firefox on Linux" not in shown(boss, page_of(member))
        assert "It had ended already." in boss.post(url, {"session": handle_of(desk)}, follow=True).content.decode()
        boss.post(url)
        assert not Session.objects.filter(user=member).exists()

    def test_one_s_own_session_is_marked(self, boss: Client, admin: User) -> None:
        Client().force_login(admin)
        assert shown(boss, page_of(admin)).count("this one") == 1

    def test_the_password_link_goes_to_their_mailbox_only(self, boss: Client, member: User, settings: Settings) -> None:
        url = reverse("person-password", args=[member.pk])
        assert boss.post(url).status_code == 404
        assert "manage.py member reset-link --email mara@example.org" in shown(boss, page_of(member))
        settings.SENDS_MAIL = True
        answer = boss.post(url, follow=True)
        (sent,) = mail.outbox
        link = next(line for line in sent.body.splitlines() if line.startswith("http"))
        assert sent.to == [member.email]
        assert link not in answer.content.decode()
        assert Client().get(link.removeprefix("http://localhost:8000"), follow=True).status_code == 200
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.subject, entry.changes) == ("password link sent", member.email, {})

    def test_a_mail_server_that_takes_nothing_is_told(self, boss: Client, member: User, settings: Settings) -> None:
        settings.SENDS_MAIL, settings.EMAIL_PORT = True, 1
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        answer = boss.post(reverse("person-password", args=[member.pk]))
        assert answer.status_code == 422
        assert "The mail server did not take the mail." in answer.content.decode()
        assert not AuditEntry.objects.exists()


def test_who_may(browsers: dict[str, Client], member: User) -> None:  # noqa: F811
    for role in ROLES:
        person = User.objects.create_user(f"{role}@people.example")
        url = page_of(person)
        checked(browsers[role].get(url), ADMINS_ONLY[role], "person", role)
        checked(browsers[role].post(url, {}), 422 if role == "admin" else ADMINS_ONLY[role], "post person", role)
        acts = {"person-switch": ({"to": "off"}, 303), "person-sessions": ({}, 303), "person-password": ({}, 404)}
        for name, (body, expected) in acts.items():
            url = reverse(name, args=[person.pk])
            checked(browsers[role].get(url), ADMINS_POST[role], name, role)
            sent = browsers[role].post(url, body)
            checked(sent, expected if role == "admin" else ADMINS_ONLY[role], f"post {name}", role)
        person.refresh_from_db()
        assert person.is_active == (role != "admin")
    for name in ("person", "person-switch", "person-sessions", "person-password"):
        assert browsers["admin"].post(reverse(name, args=[999_999]), {"to": "off"}).status_code == 404

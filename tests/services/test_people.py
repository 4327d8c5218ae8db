"""People: role and access, and that the portal never loses its last admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.mail import EmailMessage
from django.test import Client

from generations.models import AuditEntry, Job, Role, Session, State, User
from generations.services.not_saved import NotSaved
from generations.services.people import change_person, end_sessions, handle_of, sessions_of, switch_off, switch_on
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.services.helpers import race

pytestmark = [*BOTH_DATABASES_IN_TEST_ALL]
MakeUser = Callable[..., User]


def to_member(person: User, actor: User) -> User:
    return change_person(person, person.name, person.email, Role.MEMBER, actor)


def written() -> list[tuple[str, str, dict[str, object]]]:
    return [(entry.action, entry.subject, entry.changes) for entry in AuditEntry.objects.order_by("pk")]


def signed_in(user: User) -> SessionBase:
    client = Client()
    client.force_login(user)
    return client.session


@pytest.mark.django_db
class TestChanges:
    def test_what_changed_is_written_down_under_the_name_it_had(self, member: User, admin: User) -> None:
        change_person(member, "Mara L.", " MARA@New.example ", Role.REVIEWER, admin)
        change_person(member, "Mara L.", "mara@new.example", Role.REVIEWER, admin)  # nothing changes
        member.refresh_from_db()
        assert (member.name, member.email, member.role) == ("Mara L.", "mara@new.example", Role.REVIEWER)
        assert written() == [
            (
                "member changed",
                "mara@example.org",
                {
                    "name": ["Mara Lindqvist", "Mara L."],
                    "email": ["mara@example.org", "mara@new.example"],
                    "role": ["member", "reviewer"],
                },
            )
        ]

    def test_only_what_changed_is_saved(self, member: User, admin: User) -> None:
        """Their language may just be another one."""
        stale = User.objects.get(pk=member.pk)
        User.objects.filter(pk=member.pk).update(language="zh-hans")
        change_person(stale, "Mara L.", stale.email, Role.MEMBER, admin)
        assert User.objects.get(pk=member.pk).language == "zh-hans"

    def test_the_old_address_is_told(
        self, member: User, admin: User, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
    ) -> None:
        """In the member's language, not in the admin's."""
        User.objects.filter(pk=member.pk).update(language="zh-hans")
        with django_capture_on_commit_callbacks(execute=True):
            change_person(member, "Mara L.", member.email, Role.MEMBER, admin)
            change_person(member, "Mara L.", "mara@new.example", Role.MEMBER, admin)
        [mail] = mailoutbox
        assert mail.to == ["mara@example.org"]
        assert "Mara L." in mail.body
        assert "mara@new.example" not in mail.body
        assert "管理员" in mail.body

    def test_an_e_mail_is_one_person_s(self, member: User, stranger: User, admin: User) -> None:
        with pytest.raises(NotSaved, match="Someone has this e-mail") as refused:
            change_person(member, "Mara", stranger.email.upper(), Role.MEMBER, admin)
        assert refused.value.field == "email"
        member.refresh_from_db()
        assert (member.name, written()) == ("Mara Lindqvist", [])


@pytest.mark.django_db
class TestLastAdmin:
    @pytest.mark.parametrize("act", [to_member, switch_off])
    def test_the_last_one_stays(self, act: Callable[[User, User], object], admin: User, make_user: MakeUser) -> None:
        gone = make_user(role=Role.ADMIN)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        with pytest.raises(NotSaved, match="This is the last admin"):
            act(admin, admin)
        admin.refresh_from_db()
        assert (admin.role, admin.is_active, written()) == (Role.ADMIN, True, [])

    @pytest.mark.parametrize("act", [to_member, switch_off])
    def test_one_of_two_may_go(self, act: Callable[[User, User], object], admin: User, make_user: MakeUser) -> None:
        act(make_user(role=Role.ADMIN), admin)
        assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1

    def test_the_last_one_may_be_renamed(self, admin: User) -> None:
        assert change_person(admin, "Tomás", admin.email, Role.ADMIN, admin).name == "Tomás"

    def test_who_is_switched_off_may_be_demoted(self, admin: User, make_user: MakeUser) -> None:
        gone = make_user(role=Role.ADMIN)
        switch_off(gone, admin)
        assert to_member(gone, admin).role == Role.MEMBER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("acts", [(to_member, to_member), (switch_off, switch_off), (to_member, switch_off)])
def test_of_admins_who_depose_each_other_at_once_one_is_left(
    acts: tuple[Callable[[User, User], object], ...], make_user: MakeUser
) -> None:
    one, other = make_user(role=Role.ADMIN), make_user(role=Role.ADMIN)
    came = race(partial(acts[0], one, other), partial(acts[1], other, one))
    assert sum(isinstance(result, NotSaved) for result in came) == 1, came
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1
    assert len(written()) == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_admins_who_all_step_down_at_once_one_is_left(make_user: MakeUser) -> None:
    admins = [make_user(role=Role.ADMIN) for _ in range(6)]
    came = race(*(partial(to_member, admin, admin) for admin in admins))
    assert sum(isinstance(result, NotSaved) for result in came) == 1, came
    assert User.objects.filter(role=Role.ADMIN).count() == 1


@pytest.mark.django_db
class TestAccess:
    def test_switched_off_means_signed_out_everywhere_at_once(self, member: User, admin: User) -> None:
        phone, desk = Client(), Client()
        for browser in (phone, desk):
            browser.force_login(member)
        assert switch_off(member, admin)
        assert not switch_off(member, admin)
        assert (phone.get("/").status_code, desk.get("/").status_code) == (302, 302)
        assert not Session.objects.filter(user=member).exists()
        off = {"is_active": [True, False], "sessions": [2, 0]}
        assert written() == [("member switched off", member.email, off)]

    def test_what_they_asked_for_goes_on(self, member: User, admin: User, make_job: Callable[..., Job]) -> None:
        jobs = [make_job(state) for state in (State.QUEUED, State.RUNNING, State.UNKNOWN, State.ARCHIVING)]
        before = [(job.state, job.rev) for job in jobs]
        switch_off(member, admin)
        for job in jobs:
            job.refresh_from_db()
        assert [(job.state, job.rev) for job in jobs] == before
        assert jobs[1].watch

    def test_switched_on_again_they_sign_in_with_their_password(self, member: User, admin: User) -> None:
        switch_off(member, admin)
        browser, given = Client(), {"login": member.email, "password": "a long enough passphrase"}
        browser.post("/accounts/login/", given)
        assert "_auth_user_id" not in browser.session
        assert switch_on(member, admin)
        assert not switch_on(member, admin)
        browser.post("/accounts/login/", given)
        assert "_auth_user_id" in browser.session
        assert [action for action, *_ in written()] == ["member switched off", "member switched on"]


@pytest.mark.django_db
class TestSessions:
    def test_one_is_ended_by_its_handle(self, member: User, admin: User) -> None:
        ends, stays = signed_in(member), signed_in(member)
        handle = handle_of(Session.objects.get(pk=ends.session_key))
        assert end_sessions(member, admin, handle) == 1
        assert end_sessions(member, admin, handle) == 0
        assert [row.pk for row in sessions_of(member)] == [stays.session_key]
        assert written() == [("sessions ended", member.email, {"ended": [None, 1]})]

    def test_all_are_ended_and_nobody_else_s(self, member: User, stranger: User, admin: User) -> None:
        for user in (member, member, stranger):
            signed_in(user)
        assert end_sessions(member, admin) == 2
        assert [row.user for row in Session.objects.all()] == [stranger]

    def test_a_handle_is_good_for_its_own_person_only(self, member: User, stranger: User, admin: User) -> None:
        signed_in(stranger)
        assert end_sessions(member, admin, handle_of(Session.objects.get())) == 0
        assert Session.objects.count() == 1

    def test_a_handle_lets_nobody_in(self, member: User) -> None:
        key = signed_in(member).session_key
        assert key is not None
        handle = handle_of(Session.objects.get())
        assert key not in handle
        browser = Client()
        browser.cookies["sessionid"] = handle
        assert browser.get("/").status_code == 302

    def test_what_ran_out_is_not_shown(self, member: User) -> None:
        signed_in(member)
        Session.objects.update(expire_date="2020-01-01T00:00Z")
        assert not sessions_of(member)

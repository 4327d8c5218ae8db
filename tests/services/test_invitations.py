"""Invitations: whoever uses a link first, once and in time, comes in; nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from generations.models import AuditEntry, Group, Invitation, Role, User
from generations.services import invitations
from generations.services.invitations import accept, found, invite, mailed, renew, revoke
from generations.services.members import add_member
from generations.services.not_saved import NotSaved
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.services.helpers import race

pytestmark = [*BOTH_DATABASES_IN_TEST_ALL]
NEW, PASSWORD = "new@example.org", "an even longer passphrase"


@pytest.fixture
def token(admin: User) -> str:
    return invite("New@Example.org", Role.REVIEWER, None, admin)[1]


def written() -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry.action, entry.subject, entry.changes) for entry in AuditEntry.objects.order_by("pk")]


@pytest.mark.django_db
class TestUse:
    def test_it_makes_the_account_it_is_for(self, admin: User) -> None:
        film = Group.objects.create(name="Film")
        row, token = invite("New@Example.org", Role.REVIEWER, film, admin, days=1)
        user = accept(token, "New Person", PASSWORD)
        assert user
        user.refresh_from_db()
        assert (user.email, user.name, user.role, list(user.teams.all())) == (NEW, "New Person", "reviewer", [film])
        assert user.check_password(PASSWORD)
        row.refresh_from_db()
        assert row.used_by == user
        day = row.expires_at.date().isoformat()
        given = {"role": [None, "reviewer"], "group": [None, "Film"]}
        assert written() == [
            ("invitation made", NEW, given | {"expires": [None, day]}),
            ("invitation accepted", NEW, given),
        ]
        assert [entry.actor for entry in AuditEntry.objects.order_by("pk")] == [admin, user]

    def test_it_works_once(self, token: str) -> None:
        assert accept(token, "New", PASSWORD)
        assert found(token) is None
        assert accept(token, "Other", PASSWORD) is None
        assert User.objects.filter(email=NEW).count() == 1

    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.MEMBER}], ids=["switched off", "demoted"])
    def test_it_ends_with_the_power_of_who_made_it(
        self, admin: User, token: str, make_user: Callable[..., User], change: dict[str, Any]
    ) -> None:
        other = make_user("second@example.org", Role.ADMIN)
        User.objects.filter(pk=admin.pk).update(**change)
        assert accept(token, "New Person", PASSWORD) is None
        again = renew(Invitation.objects.get(), other)
        assert accept(again, "New Person", PASSWORD)

    def test_a_password_that_is_no_good_leaves_it_open(self, token: str) -> None:
        with pytest.raises(ValidationError):
            accept(token, "New", "short")
        assert found(token)
        assert not User.objects.filter(email=NEW).exists()

    def test_a_group_that_is_gone_hinders_nobody(self, admin: User) -> None:
        film = Group.objects.create(name="Film")
        _, token = invite(NEW, Role.MEMBER, film, admin)
        film.delete()
        assert accept(token, "New", PASSWORD)


@pytest.mark.django_db
class TestEnds:
    @pytest.mark.parametrize("how", ["used", "revoked", "renewed", "run out", "a member meanwhile", "tampered with"])
    def test_a_link_that_does_not_work_says_nothing_of_why(self, admin: User, token: str, how: str) -> None:
        row = Invitation.objects.get()
        if how == "used":
            accept(token, "New", PASSWORD)
        elif how == "revoked":
            assert revoke(row, admin)
        elif how == "renewed":
            renew(row, admin)
        elif how == "run out":
            Invitation.objects.update(expires_at=timezone.now())
        elif how == "a member meanwhile":
            add_member(NEW, Role.MEMBER)
        else:
            token = token[:-1] + ("a" if token[-1] != "a" else "b")
        people = User.objects.count()
        assert found(token) is None
        assert accept(token, "New", PASSWORD) is None
        assert User.objects.count() == people

    @pytest.mark.parametrize("token", ["", "nonsense", ":", "a:b", "x" * 4000, "\x00:\x00", "邀请"])
    def test_what_is_no_token_is_refused_before_anything_is_looked_up(
        self, token: str, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            assert found(token) is None

    def test_a_token_of_another_installation_is_none(self, token: str) -> None:
        with override_settings(SECRET_KEY="another"):
            from django.core.signing import Signer

            forged = Signer(salt=invitations.SIGNER.salt).sign(token.rpartition(":")[0])
        assert forged != token
        assert found(forged) is None
        assert found(token)

    def test_a_renewed_one_works_anew(self, admin: User, token: str) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=20)):
            assert found(token) is None
            anew = renew(Invitation.objects.get(), admin)
            assert found(anew)
            assert found(token) is None
        assert [action for action, *_ in written()] == ["invitation made", "invitation renewed"]

    @pytest.mark.parametrize("end", ["used", "revoked"])
    def test_one_that_is_over_is_neither_renewed_nor_revoked(self, admin: User, token: str, end: str) -> None:
        row = Invitation.objects.get()
        assert accept(token, "New", PASSWORD) if end == "used" else revoke(row, admin)
        before = written()
        with pytest.raises(NotSaved, match="used or revoked meanwhile"):
            renew(row, admin)
        assert not revoke(row, admin)
        assert written() == before


@pytest.mark.django_db
class TestMaking:
    def test_a_member_is_not_invited(self, admin: User, member: User) -> None:
        with pytest.raises(NotSaved, match="a member already") as refused:
            invite(member.email.upper(), Role.MEMBER, None, admin)
        assert (refused.value.field, Invitation.objects.count(), written()) == ("email", 0, [])

    def test_nobody_is_invited_twice_at_a_time(self, admin: User, token: str) -> None:
        with pytest.raises(NotSaved, match="Renew or revoke"):
            invite("NEW@example.org", Role.ADMIN, None, admin)
        revoke(Invitation.objects.get(), admin)
        assert invite(NEW, Role.ADMIN, None, admin)

    def test_the_database_itself_refuses_a_second_one(self, admin: User, token: str) -> None:
        row = Invitation.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.create(email="New@example.org", token_hash="x", by=admin, expires_at=row.expires_at)

    def test_no_row_and_no_line_holds_the_token(self, token: str) -> None:
        row = Invitation.objects.values().get()
        assert len(row["token_hash"]) == 64
        kept = json.dumps([list(row.values()), written()], default=str)
        for part in (token, *token.split(":")):
            assert part not in kept

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_mail_holds_the_link(self, admin: User, token: str, language: str) -> None:
        assert mailed(Invitation.objects.get(), token)
        (sent,) = mail.outbox
        assert sent.to == [NEW]
        assert f"http://localhost:8000/invitation/{token}/" in sent.body
        assert "Tomás Silva" in sent.body

    def test_a_mail_server_that_takes_nothing_is_told(self, admin: User, token: str) -> None:
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1):
            assert not mailed(Invitation.objects.get(), token)


@pytest.mark.django_db(transaction=True)
def test_however_many_use_it_at_once_one_account_is_made(admin: User, token: str) -> None:
    came = race(*(partial(accept, token, f"Person {n}", PASSWORD) for n in range(6)))
    made = [user for user in came if isinstance(user, User)]
    assert len(made) == 1, came
    assert [user for user in came if not isinstance(user, User)] == [None] * 5
    assert User.objects.get(email=NEW).name == made[0].name
    assert [action for action, *_ in written()].count("invitation accepted") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["revoke", "renew", "add"])
def test_used_while_something_else_happens_one_of_the_two_holds(admin: User, token: str, other: str) -> None:
    row = Invitation.objects.get()
    acts: dict[str, Callable[[], Any]] = {
        "revoke": partial(revoke, row, admin),
        "renew": partial(renew, row, admin),
        "add": partial(add_member, NEW, Role.VIEWER),
    }
    user, _came = race(partial(accept, token, "New", PASSWORD), acts[other])
    assert user is None or isinstance(user, User)
    assert User.objects.filter(email=NEW).count() == (1 if user or other == "add" else 0)
    row.refresh_from_db()
    assert (row.used_at is not None) == (user is not None)
    assert not (row.used_at and row.revoked_at)

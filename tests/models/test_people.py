"""People, and what their role lets them do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from generations.models import Role, User
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeUser = Callable[..., User]


def test_an_e_mail_is_one_person_s_however_it_is_written(make_user: MakeUser) -> None:
    user = make_user("  Straße@Example.ORG ")
    assert user.email == "strasse@example.org"
    for same in ("STRASSE@example.org", "strasse@EXAMPLE.org"):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_user(same)
    assert User.objects.get_by_natural_key("STRASSE@EXAMPLE.ORG") == user


def test_the_database_itself_refuses_a_second_spelling(make_user: MakeUser) -> None:
    make_user("mara@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Mara@Example.org")])


@pytest.mark.parametrize(
    ("role", "creates", "reviews", "administers"),
    [
        (Role.VIEWER, False, False, False),
        (Role.MEMBER, True, False, False),
        (Role.REVIEWER, True, True, False),
        (Role.ADMIN, True, True, True),
    ],
)
def test_each_role_includes_the_one_before(
    role: Role, creates: bool, reviews: bool, administers: bool, make_user: MakeUser
) -> None:
    user = make_user(role=role)
    assert (user.can_create, user.is_reviewer, user.is_admin) == (creates, reviews, administers)
    assert (user.is_staff, user.is_superuser, user.has_perm("generations.change_provider")) == (administers,) * 3
    assert user.has_module_perms("generations") == administers


def test_an_admin_who_was_locked_out_has_no_rights(make_user: MakeUser) -> None:
    user = make_user(role=Role.ADMIN)
    user.is_active = False
    assert not user.has_perm("generations.change_provider")
    assert not user.has_module_perms("generations")


def test_a_superuser_is_an_admin() -> None:
    assert User.objects.create_superuser("root@example.org", "a long enough passphrase", role=Role.VIEWER).is_admin


def test_a_new_person_is_a_member() -> None:
    user = User.objects.create_user("new@example.org")
    assert (user.role, user.has_usable_password()) == (Role.MEMBER, False)


@pytest.mark.parametrize(
    ("name", "email", "short", "initials"),
    [
        ("Mara Lindqvist", "m@example.org", "Mara", "ML"),
        ("Ana de la Cruz", "a@example.org", "Ana", "AC"),
        ("Zoë", "z@example.org", "Zoë", "ZO"),
        ("  ", "jo.doe@example.org", "jo.doe", "JO"),
    ],
)
def test_a_person_is_named_briefly(name: str, email: str, short: str, initials: str) -> None:
    user = User(name=name, email=email)
    assert (user.short_name, user.initials) == (short, initials)

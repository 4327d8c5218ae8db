"""What a fresh portal needs: the first admin, once, and the sandbox at its address of today."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from generations.models import Job, Provider, Role, State, User
from generations.services.install import FirstAdmin, ensure_admin, ensure_sandbox
from generations.services.members import add_member
from generations.services.providers import add_provider
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]


def test_the_first_admin_can_sign_in_with_the_made_up_password(client: Client) -> None:
    made = ensure_admin("Admin@Localhost")
    assert made
    assert (made.email, len(made.password) >= 16) == ("admin@localhost", True)
    answer = client.post("/accounts/login/", {"login": "admin@localhost", "password": made.password})
    assert answer.status_code == 302
    assert "_auth_user_id" in client.session
    assert User.objects.get().is_admin


def test_no_two_portals_make_up_the_same_password() -> None:
    first = ensure_admin("a@example.org")
    User.objects.all().delete()
    second = ensure_admin("a@example.org")
    assert first
    assert second
    assert first.password != second.password


def test_a_given_password_is_used_and_not_repeated() -> None:
    assert ensure_admin("a@example.org", "given by the operator") == FirstAdmin("a@example.org", "")
    assert User.objects.get().check_password("given by the operator")


def test_an_admin_is_made_once(admin: User) -> None:
    assert ensure_admin("second@example.org") is None
    assert User.objects.count() == 1


def test_other_people_are_no_admin(member: User) -> None:
    assert ensure_admin("a@example.org")
    assert User.objects.filter(role=Role.ADMIN).count() == 1


def test_the_sandbox_is_made_once_and_keeps_what_an_admin_changed() -> None:
    first = ensure_sandbox("http://127.0.0.1:8001", "key")
    Provider.objects.update(in_flight=9, enabled=False, name="Practice")
    again = ensure_sandbox("http://127.0.0.1:8001", "key")
    assert (again.pk, again.in_flight, again.enabled, again.name) == (first.pk, 9, False, "Practice")
    assert Provider.objects.count() == 1
    assert (first.is_sandbox, first.allow_private, first.models.count()) == (True, True, 9)


def test_a_new_port_takes_the_running_jobs_along(make_job: Callable[..., Job]) -> None:
    sandbox = ensure_sandbox("http://127.0.0.1:8001", "key")
    mine = make_job(State.RUNNING, provider=sandbox)
    other = make_job(State.RUNNING)
    ended = make_job(State.DONE, provider=sandbox)
    ensure_sandbox("http://127.0.0.1:9001", "new key")
    for job in (mine, other, ended):
        job.refresh_from_db()
    sandbox.refresh_from_db()
    assert (sandbox.base_url, sandbox.key) == ("http://127.0.0.1:9001", "new key")
    assert mine.origin == "http://127.0.0.1:9001"
    assert (other.origin, ended.origin) == ("https://api.example.com", "http://127.0.0.1:8001")


def test_a_new_person_is_checked_field_by_field(member: User) -> None:
    for email, password, field in [
        ("MARA@example.org", "", "email"),
        ("no e-mail", "", "email"),
        ("new@example.org", "12345678", "password"),
    ]:
        with pytest.raises(ValidationError) as caught:
            add_member(email, Role.MEMBER, password)
        assert list(caught.value.message_dict) == [field]
    assert User.objects.count() == 1


def test_a_person_without_a_password_cannot_sign_in(client: Client) -> None:
    user = add_member("New@Example.org", Role.VIEWER)
    assert (user.email, user.has_usable_password()) == ("new@example.org", False)
    client.post("/accounts/login/", {"login": "new@example.org", "password": ""})
    assert "_auth_user_id" not in client.session


def test_the_sandbox_steps_aside_when_its_name_is_taken() -> None:
    add_provider("Sandbox", "uniall", "https://api.example.com", "sk-theirs")
    assert ensure_sandbox("http://127.0.0.1:8001", "key").name == "Sandbox 2"

"""`manage.py member`: letting people in."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from generations.models import Role, User

pytestmark = pytest.mark.django_db
NEW = "an even longer passphrase"


def test_a_new_person_sets_a_password_by_the_printed_link(client: Client) -> None:
    said = run("add", "--email", "New@Example.org", "--name", "New Person", "--role", "reviewer")
    assert said.startswith("Added new@example.org as reviewer.\nThey set a password at http://localhost:8000/accounts/")
    user = User.objects.get()
    assert (user.name, user.role, user.has_usable_password()) == ("New Person", Role.REVIEWER, False)
    assert sets_password(client, said.split()[-1], NEW)
    assert signs_in("new@example.org", NEW)


def test_a_reset_link_works_once(member: User) -> None:
    assert signs_in(member.email, "a long enough passphrase")
    link = run("reset-link", "--email", member.email.upper()).strip()
    assert sets_password(Client(), link, NEW)
    assert signs_in(member.email, NEW)
    assert not signs_in(member.email, "a long enough passphrase")
    assert not sets_password(Client(), link, "a third passphrase")
    assert not signs_in(member.email, "a third passphrase")


def test_a_password_from_the_environment_is_used_and_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", NEW)
    assert run("add", "--email", "a@example.org", "--password-env", "PASSWORD") == "Added a@example.org as member.\n"
    assert signs_in("a@example.org", NEW)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "--email", "MARA@example.org"], "--email: User with this E-mail already exists."),
        (["add", "--email", "no e-mail"], "--email: Enter a valid email address."),
        (["add", "--email", "a@example.org", "--password-env", "SHORT"], "--password-env: This password is too short."),
        (["add", "--email", "a@example.org", "--password-env", "UNSET"], "UNSET is empty or not set"),
        (["add", "--email", "a@example.org", "--role", "boss"], "invalid choice: 'boss'"),
        (["reset-link", "--email", "nobody@example.org"], "--email: nobody here has the e-mail nobody@example.org."),
    ],
)
def test_what_is_wrong_names_its_flag(
    arguments: list[str], words: str, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHORT", "abc")
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert words in str(caught.value)
    assert User.objects.count() == 1


def sets_password(client: Client, link: str, password: str) -> bool:
    """Open the link, set the password on the page it leads to; False when the page does not take it."""
    page = client.get(link.removeprefix("http://localhost:8000"), follow=True)
    answer = client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
    return answer.status_code == 302


def signs_in(email: str, password: str) -> bool:
    visitor = Client()
    visitor.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in visitor.session


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("member", *arguments, stdout=out)
    return out.getvalue()

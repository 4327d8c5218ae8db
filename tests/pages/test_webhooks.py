"""The team's webhooks: for admins only, each change written down, no secret shown twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import AuditEntry, User, Webhook
from generations.models.notice import new_signing_secret
from tests.pages.test_notifications import posts  # noqa: F401 - a fixture
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, browsers, checked  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/told/T0KEN"
GOOD = {"name": "Studio", "url": URL, "done": "on", "failed": "on", "enabled": "on"}


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    """The admin's own browser."""
    return as_user(admin)


@pytest.fixture
def hook(db: None) -> Webhook:
    return Webhook.objects.create(name="Studio", url=URL, secret=new_signing_secret())


def act(hook: Webhook, name: str) -> str:
    return reverse("webhook-act", args=[hook.pk, name])


def test_one_is_added_changed_and_removed_and_each_is_written_down(boss: Client, admin: User) -> None:
    assert "No webhook of the team" in boss.get(reverse("webhooks")).content.decode()
    boss.post(reverse("webhook-add"), GOOD)
    hook = Webhook.objects.get()
    assert (hook.owner, hook.name, hook.done, hook.unknown, hook.secret) == (None, "Studio", True, False, "")
    shown = boss.post(act(hook, "secret")).content.decode()
    hook.refresh_from_db()
    assert f'id="new-secret">{hook.secret}<' in shown.replace("&#x2B;", "+")
    house = "http://n8n.house.lan:5678/hook"
    boss.post(reverse("webhook", args=[hook.pk]), GOOD | {"url": house, "allow_private": "on"})
    hook.refresh_from_db()
    assert (hook.private_origin, bool(hook.secret)) == ("http://n8n.house.lan:5678", True)
    listed = boss.get(reverse("webhooks")).content.decode()
    assert "private address allowed" in listed
    boss.post(act(hook, "remove"))
    assert not Webhook.objects.exists()
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [(entry.action, entry.actor, entry.subject) for entry in entries] == [
        ("webhook added", admin, "Studio"), ("webhook changed", admin, "Studio"), ("webhook changed", admin, "Studio"),
        ("webhook removed", admin, "Studio"),
    ]  # fmt: skip
    assert entries[1].changes == {"webhook_secret": ["not set", "set"]}
    assert entries[2].changes["url"] == ["https://hooks.example.com", "http://n8n.house.lan:5678"]
    written = str([entry.changes for entry in entries])
    assert "T0KEN" not in written
    assert hook.secret not in written


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"url": "http://n8n.house.lan/"}, "or allow a private address for this webhook."),
        ({"done": "", "failed": ""}, "Choose at least one."),
    ],
)
def test_a_bad_form_answers_with_itself(boss: Client, hook: Webhook, changes: dict[str, str], told: str) -> None:
    given = {name: value for name, value in (GOOD | changes).items() if value}
    for url in (reverse("webhook-add"), reverse("webhook", args=[hook.pk])):
        answer = boss.post(url, given)
        assert answer.status_code == 422
        assert told in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_a_hook_that_is_switched_on_again_starts_with_a_clean_record(boss: Client, hook: Webhook) -> None:
    Webhook.objects.update(enabled=False, result="It answered 410: it wants no more. It was switched off.")
    page = reverse("webhook", args=[hook.pk])
    assert "It was switched off." in boss.get(page).content.decode()
    boss.post(page, GOOD)
    assert "Nothing was sent yet." in boss.get(page).content.decode()


def test_an_unreadable_secret_is_not_overwritten_by_saving(boss: Client, hook: Webhook) -> None:
    from django.db.models import TextField, Value
    from django.db.models.functions import Length

    Webhook.objects.update(secret=Value("written with another key", TextField()))
    boss.post(reverse("webhook", args=[hook.pk]), GOOD)
    assert Webhook.objects.annotate(kept=Length("secret")).values_list("kept", flat=True).get() == 24


def test_who_may(browsers: dict[str, Client], hook: Webhook, posts: list[tuple[Any, ...]]) -> None:  # noqa: F811
    page = reverse("webhook", args=[hook.pk])
    for role in ROLES:
        checked(browsers[role].get(page), ADMINS_ONLY[role], "webhook", role)
        bad = 422 if role == "admin" else ADMINS_ONLY[role]
        checked(browsers[role].post(page, {}), bad, "post webhook", role)
        for name, done in (("nonsense", 404), ("secret", 200), ("test", 303), ("remove", 303)):
            checked(browsers[role].get(act(hook, name)), ADMINS_POST[role], name, role)
            expected = done if role == "admin" else ADMINS_ONLY[role]
            checked(browsers[role].post(act(hook, name)), expected, name, role)
    assert (len(posts), Webhook.objects.count()) == (1, 0)
    assert browsers["admin"].get(page).status_code == 404


def test_a_members_own_is_none_of_the_teams(boss: Client, member: User) -> None:
    own = Webhook.objects.create(owner=member, url=URL, secret=new_signing_secret())
    assert "T0KEN" not in boss.get(reverse("webhooks")).content.decode()
    assert boss.get(reverse("webhook", args=[own.pk])).status_code == 404
    assert boss.post(act(own, "remove")).status_code == 404


def test_the_rail_leads_admins_there(boss: Client, as_user: Callable[[User], Client], reviewer: User) -> None:
    assert boss.get("/").content.decode().count(f'href="{reverse("webhooks")}"') == 2
    assert reverse("webhooks") not in as_user(reviewer).get("/").content.decode()

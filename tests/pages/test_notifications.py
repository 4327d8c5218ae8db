"""A person's own page of notifications: mail, quiet hours, a webhook of his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import AuditEntry, User, Webhook
from generations.models.notice import new_signing_secret
from generations.services import webhooks
from generations.services.turns import HOOK_TESTS
from generations.transport import Posted
from tests.pages.test_url_matrix import browsers  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/told/T0KEN"


@pytest.fixture
def posts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been sent; it is taken."""
    sent: list[tuple[Any, ...]] = []

    async def taken(*args: Any) -> Posted:
        sent.append(args)
        return Posted(200, "It answered 200.")

    monkeypatch.setattr(webhooks, "post", taken)
    return sent


@pytest.fixture
def hook(member: User) -> Webhook:
    return Webhook.objects.create(owner=member, url=URL, secret=new_signing_secret())


def page() -> str:
    return reverse("notifications")


def act(name: str) -> str:
    return reverse("notifications-hook-act", args=[name])


def hours(start: str = "", end: str = "", zone: str = "UTC", **more: str) -> dict[str, str]:
    return {"quiet_from": start, "quiet_until": end, "time_zone": zone, **more}


def test_it_is_reached_from_the_account_sheet(mara: Client) -> None:
    body = mara.get("/").content.decode()
    assert f'href="{page()}"' in body
    assert "data-quiet-hours" not in body


def test_mail_and_quiet_hours_are_kept(mara: Client, member: User) -> None:
    answer = mara.post(page(), hours("22:00", "07:00", "Europe/Berlin", mail_failed="on"))
    assert (answer.status_code, answer["Location"]) == (303, page())
    member.refresh_from_db()
    assert (member.mail_done, member.mail_failed) == (False, True)
    assert (member.quiet_from, member.quiet_until, member.time_zone) == (time(22), time(7), "Europe/Berlin")
    body = mara.get(page()).content.decode()
    assert 'data-quiet-hours="22:00-07:00 Europe/Berlin"' in body
    assert 'value="22:00"' in body
    mara.post(page(), hours())
    member.refresh_from_db()
    assert (member.quiet_hours, member.mail_failed) == ("", False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (hours("22:00"), "Give both, or leave both empty"),
        (hours("", "07:00"), "Give both, or leave both empty"),
        (hours("07:00", "07:00"), "Give another end"),
        (hours("soon", "07:00"), "Enter a valid time."),
        (hours(zone="Middle/Earth"), "Select a valid choice."),
    ],
)
def test_a_bad_form_answers_with_itself(mara: Client, member: User, given: dict[str, str], told: str) -> None:
    answer = mara.post(page(), given)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    member.refresh_from_db()
    assert (member.quiet_hours, member.time_zone) == ("", "UTC")


def test_a_hook_is_set_up_its_secret_made_once_and_changed(mara: Client, member: User) -> None:
    mara.post(reverse("notifications-hook"), {"url": URL, "done": "on", "enabled": "on"})
    hook = Webhook.objects.get(owner=member)
    assert (hook.url, hook.done, hook.failed, hook.secret, hook.private_origin) == (URL, True, False, "", "")
    assert "Nothing is sent yet." in mara.get(page()).content.decode()
    shown = mara.post(act("secret")).content.decode()
    hook.refresh_from_db()
    assert hook.secret.startswith("whsec_")
    assert f'id="new-secret">{hook.secret}<' in shown.replace("&#x2B;", "+")
    assert hook.secret[6:] not in mara.get(page()).content.decode()
    old = hook.secret
    mara.post(act("secret"))
    hook.refresh_from_db()
    assert hook.secret != old
    mara.post(reverse("notifications-hook"), {"url": f"{URL}/2", "failed": "on", "keeps_quiet": "on"})
    hook.refresh_from_db()
    assert (hook.url, hook.done, hook.failed, hook.enabled, hook.keeps_quiet) == (f"{URL}/2", False, True, False, True)
    assert hook.secret
    mara.post(act("remove"))
    assert not Webhook.objects.exists()
    assert not AuditEntry.objects.exists(), "what a member does with his own is his own"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "This field is required."),
        ("http://hooks.example.com/", "Use an https address."),
        ("ftp://hooks.example.com/", "This is no address."),
        ("https://", "This is no address."),
        ("https://hooks.example.com:99999/", "This is no address."),
        ("https://me:pw@hooks.example.com/", "Leave name and password out"),
    ],
)
def test_a_bad_address_is_named(mara: Client, url: str, told: str) -> None:
    answer = mara.post(reverse("notifications-hook"), {"url": url, "done": "on"})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_member_cannot_allow_a_private_address(mara: Client, member: User) -> None:
    mara.post(reverse("notifications-hook"), {"url": URL, "done": "on", "allow_private": "on"})
    hook = Webhook.objects.get()
    assert (hook.allow_private, hook.private_origin) == (False, "")
    hook.allow_private = True
    assert hook.private_origin == "", "even if the column said so"


def test_a_test_is_sent_and_told(mara: Client, hook: Webhook, posts: list[tuple[Any, ...]]) -> None:
    body = mara.post(act("test"), follow=True).content.decode()
    assert "The test was taken. It answered 200." in body
    assert "Test: It answered 200." in body
    assert b'"type":"test"' in posts[0][1]
    with HOOK_TESTS.turn(), HOOK_TESTS.turn():
        assert "Somebody else is testing" in mara.post(act("test"), follow=True).content.decode()
    Webhook.objects.update(secret="")
    assert "Make its signing secret first" in mara.post(act("test"), follow=True).content.decode()
    assert len(posts) == 1


def test_nobody_gets_at_anothers_hook(
    browsers: dict[str, Client],  # noqa: F811
    hook: Webhook,
    posts: list[tuple[Any, ...]],
) -> None:
    for role, browser in browsers.items():
        for name in ("secret", "test", "remove", "nonsense"):
            if role == "anonymous":
                assert browser.post(act(name)).status_code == 302
            elif role != "owner":
                assert browser.post(act(name)).status_code == 404
                assert browser.get(act(name)).status_code == 405
    assert browsers["owner"].post(act("nonsense")).status_code == 404
    assert browsers["anonymous"].post(reverse("notifications-hook"), {"url": URL, "done": "on"}).status_code == 302
    assert browsers["viewer"].post(reverse("notifications-hook"), {"url": URL, "done": "on"}).status_code == 303
    assert browsers["viewer"].get(reverse("notifications-hook")).status_code == 405
    assert Webhook.objects.get(pk=hook.pk).secret == hook.secret
    assert Webhook.objects.count() == 2
    assert posts == []


def test_the_page_never_shows_anothers_address(
    as_user: Callable[[User], Client], stranger: User, hook: Webhook
) -> None:
    assert "T0KEN" not in as_user(stranger).get(page()).content.decode()

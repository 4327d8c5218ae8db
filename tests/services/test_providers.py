"""Accounts at gateways: what may be set, and where their keys are never seen."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client

from generations.catalogue import models_of
from generations.models import Provider, User
from generations.services.offer import current_offer
from generations.services.providers import add_provider, change_provider, disable, enable, pause

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
KEY = "sk-0123456789-secret"


def test_a_provider_comes_with_its_dialect_s_models() -> None:
    provider = add_provider("Studio", "uniall", " https://api.example.com/v1 ", f" {KEY}\n")
    assert [m.slug for m in provider.models.all()] == [m.slug for m in models_of("uniall")]
    for row, listed in zip(provider.models.all(), models_of("uniall"), strict=True):
        assert tuple(c.value() for c in row.combinations.all()) == listed.combinations
    assert (provider.base_url, provider.key) == ("https://api.example.com/v1", KEY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Taken"}, "name"),
        ({"name": "a" * 61}, "name"),
        ({"dialect": "esperanto"}, "dialect"),
        ({"base_url": "http://api.example.com"}, "base_url"),
        ({"base_url": "api.example.com"}, "base_url"),
        ({"base_url": "ftp://api.example.com"}, "base_url"),
        ({"base_url": "javascript:alert(1)"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "https://user:password@api.example.com"}, "base_url"),
        ({"base_url": "https://api.example.com@evil.example"}, "base_url"),
        ({"key": "sk-schlüssel"}, "key"),
        ({"key": "sk-two\nlines"}, "key"),
        ({"in_flight": 0}, "in_flight"),
        ({"in_flight": 1001}, "in_flight"),
        ({"poll_interval": 0.1}, "poll_interval"),
        ({"poll_interval": 601.0}, "poll_interval"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_saved(changes: dict[str, object], field: str) -> None:
    add_provider("Taken", "uniall", "https://api.example.com", KEY)
    columns = {"name": "Studio", "dialect": "uniall", "base_url": "https://b.example.com", "key": KEY} | changes
    with pytest.raises(ValidationError) as caught:
        add_provider(**columns)  # type: ignore[arg-type]
    assert list(caught.value.message_dict) == [field]
    assert all(message.endswith(".") for message in caught.value.message_dict[field])
    assert Provider.objects.count() == 1


def test_a_private_address_needs_to_be_allowed(provider: Provider) -> None:
    with pytest.raises(ValidationError, match="allow a private address"):
        change_provider(provider, {"base_url": "http://10.0.0.5:3000"})
    changed = change_provider(provider, {"base_url": "http://10.0.0.5:3000", "allow_private": True})
    assert changed.origin == "http://10.0.0.5:3000"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://api.example.com/v1", True),
        ("https://API.example.com", True),
        ("https://api.example.com:8443", False),
        ("https://api.example.org", False),
        ("https://api.example.com.evil.example", False),
    ],
)
def test_a_key_stays_with_its_origin(address: str, kept: bool, provider: Provider) -> None:
    change_provider(provider, {"base_url": address})
    provider.refresh_from_db()
    assert provider.key == ("sk-test" if kept else "")


def test_a_new_address_may_bring_its_own_key(provider: Provider) -> None:
    change_provider(provider, {"base_url": "https://api.example.org", "key": KEY})
    provider.refresh_from_db()
    assert provider.key == KEY


def test_a_new_key_or_address_ends_a_pause_and_nothing_else_does(provider: Provider) -> None:
    changes: list[tuple[dict[str, Any], bool]] = [
        ({"in_flight": 9}, False),
        ({"key": KEY}, True),
        ({"base_url": "https://b.example.com"}, True),
    ]
    for change, ends in changes:
        pause(provider, "HTTP 401")
        provider.refresh_from_db()
        change_provider(provider, change)
        provider.refresh_from_db()
        assert (provider.paused_reason == "") == ends, change


def test_enabling_forgets_what_held_it_up(provider: Provider) -> None:
    Provider.objects.update(enabled=False, paused_reason="x", cooling_until="2999-01-01T00:00Z")
    enable(provider)
    assert Provider.objects.accepting("2026-01-01T00:00Z").get() == provider
    disable(provider)
    assert not Provider.objects.accepting("2026-01-01T00:00Z").exists()
    assert current_offer().providers == ()


class TestTheKeyIsNotSeen:
    @pytest.fixture
    def keyed(self) -> Provider:
        return add_provider("Studio", "uniall", "https://api.example.com", KEY)

    def test_in_the_database(self, keyed: Provider) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM generations_provider")
            row = cursor.fetchone()
        assert KEY not in str(row)
        assert any(str(value).startswith("gAAAA") for value in row)
        assert Provider.objects.get().key == KEY

    def test_in_what_it_prints(self, keyed: Provider) -> None:
        for text in (repr(keyed), str(keyed), keyed.masked_key, f"{keyed!r:>40}"):
            assert KEY not in text
            assert KEY[-4:] not in text

    def test_in_a_dump(self, keyed: Provider) -> None:
        dumped = StringIO()
        call_command("dumpdata", "generations.provider", stdout=dumped)
        assert json.loads(dumped.getvalue())[0]["fields"]["name"] == "Studio"
        assert KEY not in dumped.getvalue()
        assert KEY not in serializers.serialize("xml", [keyed])

    def test_in_the_admin(self, keyed: Provider, admin: User, client: Client) -> None:
        client.force_login(admin)
        for path in ("", f"{keyed.pk}/change/", f"{keyed.pk}/history/"):
            page = client.get(f"/admin/generations/provider/{path}")
            assert page.status_code == 200
            assert KEY not in page.content.decode()

    def test_two_rows_with_one_key_look_different(self, keyed: Provider) -> None:
        add_provider("Second", "uniall", "https://api.example.com", KEY)
        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM generations_provider")
            first, second = (row[0] for row in cursor.fetchall())
        assert first != second

    def test_after_the_encryption_key_was_changed_both_are_read(self, keyed: Provider, settings: object) -> None:
        old, new = settings.PORTAL_ENCRYPTION_KEYS, Fernet.generate_key().decode()  # type: ignore[attr-defined]
        settings.PORTAL_ENCRYPTION_KEYS = [new, *old]  # type: ignore[attr-defined]
        assert Provider.objects.get().key == KEY
        settings.PORTAL_ENCRYPTION_KEYS = [new]  # type: ignore[attr-defined]
        assert Provider.objects.get().key == "", "it asks for its key again"

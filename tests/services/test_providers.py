"""Accounts at gateways: what may be set, and where their keys are never seen."""

from __future__ import annotations

import json
import threading
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client

from generations.catalogue import models_of, presets_of
from generations.contract import Cause
from generations.dialects import DIALECTS
from generations.models import AuditEntry, Provider, User
from generations.services.audit import about
from generations.services.gist import CURES
from generations.services.offer import current_offer
from generations.services.providers import add_provider, change_provider, disable, enable, hold, pause, resume
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
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
        ({"base_url": "https://[::1"}, "base_url"),
        ({"base_url": "https://::1]:80"}, "base_url"),
        ({"base_url": "https://[v1.x]/"}, "base_url"),
        ({"base_url": "https://api.example.com:65536"}, "base_url"),
        ({"base_url": "https://api.example.com:0"}, "base_url"),
        ({"base_url": "https://api.example.com:port"}, "base_url"),
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
        ({"key": ""}, False),
        ({"headers_json": ""}, False),
        ({"headers_json": '{"X-Team": "new"}'}, True),
        ({"base_url": "https://b.example.com"}, True),
    ]
    for change, ends in changes:
        pause(provider, "HTTP 401")
        provider.refresh_from_db()
        change_provider(provider, change)
        provider.refresh_from_db()
        assert (provider.paused_reason == "") == ends, change


def test_the_end_of_a_pause_is_written_down_and_one_job_is_tried_first(provider: Provider, admin: User) -> None:
    pause(provider, "HTTP 401: invalid_api_key")
    provider.refresh_from_db()
    change_provider(provider, {"key": KEY}, admin)
    entry = AuditEntry.objects.latest("pk")
    assert entry.changes["paused_reason"] == ["HTTP 401, invalid_api_key: " + CURES[Cause.KEY], ""]
    provider.refresh_from_db()
    assert provider.is_probed


def test_a_pause_by_hand_ends_by_hand_only(provider: Provider, admin: User) -> None:
    hold(provider, admin)
    for change in ({"key": KEY}, {"headers_json": '{"X-Team": "new"}'}, {"base_url": "https://b.example.com"}):
        provider.refresh_from_db()
        change_provider(provider, change, admin)
        assert "paused_reason" not in AuditEntry.objects.latest("pk").changes
    pause(provider, "HTTP 401")
    provider.refresh_from_db()
    assert provider.paused_reason == "Paused by Tomás Silva."
    resume(provider, admin)
    pause(provider, "HTTP 401")
    provider.refresh_from_db()
    assert provider.paused_reason.startswith("HTTP 401")


def test_enabling_forgets_what_held_it_up(provider: Provider) -> None:
    Provider.objects.update(enabled=False, paused_reason="x", cooling_until="2999-01-01T00:00Z")
    enable(provider)
    assert Provider.objects.accepting("2026-01-01T00:00Z").get() == provider
    disable(provider)
    assert not Provider.objects.accepting("2026-01-01T00:00Z").exists()
    assert current_offer().providers == ()


def test_a_preset_brings_models_paths_and_pace_and_what_is_named_wins() -> None:
    older = add_provider("Older", "mingyan", "https://a.example.com", KEY, preset="mingyan-older")
    preset = next(preset for preset in presets_of("mingyan") if preset.slug == "mingyan-older")
    assert (older.query_path, older.poll_interval) == (preset.query_path, preset.poll_interval)
    assert [m.slug for m in older.models.all()] == [m.slug for m in preset.models]
    quick = add_provider("Quick", "mingyan", "https://b.example.com", KEY, preset="mingyan-older", poll_interval=2.0)
    assert (quick.query_path, quick.poll_interval) == (preset.query_path, 2.0)
    with pytest.raises(ValidationError, match=r"mingyan has no preset tapestry\. There are: mingyan, mingyan-older\."):
        add_provider("None", "mingyan", "https://c.example.com", KEY, preset="tapestry")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_preset_of_every_dialect_makes_a_provider_as_its_catalogue_says(dialect: str) -> None:
    for number, preset in enumerate(presets_of(dialect)):
        url = preset.base_url or "https://api.example.com"
        row = add_provider(f"{dialect} {number}", dialect, url, KEY, preset=preset.slug)
        for model, listed in zip(row.models.all(), preset.models, strict=True):
            assert (model.slug, model.name, model.note, model.source) == (
                listed.slug, listed.name, listed.note, listed.source,
            )  # fmt: skip
            assert (tuple(model.options), model.references) == (listed.options, listed.references)
            assert (model.currency, model.price_note) == (listed.currency, listed.price_note)
            assert tuple(c.value() for c in model.combinations.all()) == listed.combinations


def test_a_change_made_for_the_old_address_is_refused(provider: Provider) -> None:
    mine = Provider.objects.get()
    change_provider(provider, {"base_url": "https://b.example.com"})
    with pytest.raises(ValidationError, match="Somebody else has changed the address"):
        change_provider(mine, {"key": "sk-for-the-old-host"})
    assert Provider.objects.get().key == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_at_once_neither_sends_a_key_to_the_others_address(provider: Provider) -> None:
    both, told = threading.Barrier(2), list[str]()

    def change(changes: dict[str, str]) -> None:
        try:
            row = Provider.objects.get()
            both.wait(10)
            change_provider(row, changes)
        except ValidationError as error:
            told.extend(error.message_dict)
        finally:
            connection.close()

    for _ in range(10):
        Provider.objects.update(base_url="https://api.example.com", key=KEY)
        changes = ({"base_url": "https://b.example.com"}, {"key": "sk-for-the-old-host"})
        admins = [threading.Thread(target=change, args=[change_]) for change_ in changes]
        for one in admins:
            one.start()
        for one in admins:
            one.join()
        assert (Provider.objects.get().base_url, Provider.objects.get().key) == ("https://b.example.com", "")
    assert set(told) <= {"base_url"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"create_path": "v1/videos"}, "create_path", "begins with one /"),
        ({"create_path": "//evil.example/v1"}, "create_path", "begins with one /"),
        ({"create_path": "https://evil.example/"}, "create_path", "begins with one /"),
        ({"create_path": "/v1/my videos"}, "create_path", "no spaces"),
        ({"create_path": "/v1/ü"}, "create_path", "begins with one /"),
        ({"query_path": "/v1/videos"}, "query_path", "It needs {id}"),
        (
            {"delivery": "upload"},
            "delivery",
            "UniAll does not take images that way. Choose one of: link",
        ),
        ({"headers_json": '{"Host": "a"}'}, "headers_json", "Host is set by the portal itself"),
        ({"submits_per_minute": 6001}, "submits_per_minute", "6000"),
    ],
)
def test_paths_delivery_and_headers_are_checked(
    provider: Provider, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        change_provider(provider, changes)
    assert list(caught.value.message_dict) == [field]
    assert words in caught.value.message_dict[field][0]
    assert not AuditEntry.objects.filter(action="provider changed").exists()


SECRETS = {"key": KEY, "headers_json": '{"X-Team": "team-secret"}', "webhook_secret": "whsec_c2VjcmV0"}


def test_another_origin_clears_every_secret_that_does_not_come_along(provider: Provider) -> None:
    change_provider(provider, SECRETS)
    change_provider(provider, {"base_url": "https://b.example.com", "headers_json": '{"X-Team": "new"}'})
    provider.refresh_from_db()
    assert (provider.key, provider.headers, provider.webhook_secret) == ("", {"X-Team": "new"}, "")
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert entry.changes["key"] == ["set", "cleared"]
    assert entry.changes["headers_json"] == ["set", "changed"]
    assert entry.changes["webhook_secret"] == ["set", "cleared"]
    assert entry.changes["base_url"] == ["https://api.example.com", "https://b.example.com"]


def test_everything_is_written_down_with_who_and_never_a_secret(admin: User) -> None:
    row = add_provider("Studio", "uniall", "https://api.example.com", KEY, actor=admin)
    change_provider(row, {"in_flight": 9, **SECRETS, "key": "sk-another-secret"}, admin)
    change_provider(row, {"key": "", "headers_json": ""}, admin)
    hold(row, admin)
    row.refresh_from_db()
    assert row.paused_reason == "Paused by Tomás Silva."
    resume(row, admin)
    disable(row, admin)
    row.refresh_from_db()
    enable(row, admin)
    entries = list(about(row))[::-1]
    assert [entry.action.removeprefix("provider ") for entry in entries] == [
        "added", "changed", "changed", "paused", "resumed", "disabled", "enabled",
    ]  # fmt: skip
    assert {entry.actor for entry in entries} == {admin}
    assert entries[1].changes["in_flight"] == [4, 9]
    assert entries[1].changes["key"] == ["set", "changed"]
    assert entries[2].changes["key"] == ["set", "cleared"]
    written = str([entry.changes for entry in entries])
    for secret in (KEY, "sk-another-secret", "team-secret", "whsec_c2VjcmV0"):
        assert secret not in written


def test_resuming_ends_what_holds_it_up_and_offers_nothing_that_was_off(provider: Provider) -> None:
    Provider.objects.update(enabled=False, paused_reason="x", cooling_until="2999-01-01T00:00Z", failures_in_row=9)
    resume(provider)
    provider.refresh_from_db()
    assert (provider.enabled, provider.paused_reason, provider.is_cooling, provider.is_failing) == (
        False, "", False, False,
    )  # fmt: skip


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

"""The staff pages of providers: adding, changing, trying, and what never shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generations.catalogue import presets_of
from generations.dialects import DIALECTS
from generations.models import AuditEntry, Job, Provider, ProviderHour, State, User
from generations.sandbox import Sandbox
from generations.services.kinds import kinds
from generations.services.providers import add_provider, change_provider, pause
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
KEY, HEADER, SIGNING = "sk-0123456789-wxyzwx", "team-header-value", "whsec_c2lnbmluZy1zZWNyZXQ="


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    """The admin's own browser."""
    return as_user(admin)


@pytest.fixture
def keyed(admin: User) -> Provider:
    """A provider with every secret there is."""
    row = add_provider("House gateway", "openai_videos", "https://gateway.example.com", KEY)
    secrets = {"headers_json": json.dumps({"X-Team": HEADER}), "webhook_secret": SIGNING}
    return change_provider(row, secrets, admin)


def settings_of(row: Provider, **changes: Any) -> dict[str, Any]:
    """The settings form as the page renders it, with changes."""
    names = ("name", "base_url", "in_flight", "submits_per_minute", "poll_interval", "delivery", "create_path",
             "query_path")  # fmt: skip
    on = {name: "on" for name in ("callbacks", "allow_private") if getattr(row, name)}
    filled = {name: getattr(row, name) for name in names} | {"key": "", "headers": "", "webhook_secret": ""} | on
    return {name: value for name, value in (filled | changes).items() if value is not None}


def page_of(row: Provider) -> str:
    return reverse("provider", args=[row.pk])


class TestTheList:
    def test_without_a_provider_it_says_what_one_is(self, boss: Client) -> None:
        body = boss.get(reverse("providers")).content.decode()
        assert "No provider yet" in body
        assert reverse("provider-add") in body

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({}, ["On"]),
            ({"enabled": False}, ["Off"]),
            ({"paused_reason": "HTTP 401: no such key"}, ["Paused", "HTTP 401: no such key"]),
            ({"cooling_until": "2999-01-01T00:00Z"}, ["Cooling down", "until"]),
            ({"failures_in_row": 5, "last_error": "HTTP 500"}, ["Calls fail", "HTTP 500"]),
        ],
    )
    def test_each_state_has_its_word(
        self, boss: Client, provider: Provider, columns: dict[str, Any], words: list[str]
    ) -> None:
        Provider.objects.update(**columns)
        body = boss.get(reverse("providers")).content.decode()
        for word in [*words, "UniAll studio", "api.example.com", "9 of 9 on", "No calls in 24 h"]:
            assert word in body

    def test_a_day_of_calls_and_what_is_in_flight_is_shown(
        self, boss: Client, provider: Provider, make_job: Callable[..., Job]
    ) -> None:
        for state in (State.RUNNING, State.SUBMITTING, State.QUEUED, State.DONE):
            make_job(state)
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        for back, calls, errors in ((0, 90, 3), (23, 10, 10), (24, 1000, 1000)):
            ProviderHour.objects.create(
                provider=provider, hour=hour - timedelta(hours=back), calls=calls, errors=errors
            )
        body = boss.get(reverse("providers")).content.decode()
        assert "2 of 4, 1 waiting" in body
        assert "13 of 100 failed" in body
        assert "13.0 %" in body

    def test_many_cost_no_more_queries_than_one(self, boss: Client, provider: Provider) -> None:
        boss.get(reverse("providers"))
        with CaptureQueriesContext(connection) as one:
            boss.get(reverse("providers"))
        for number in range(5):
            add_provider(f"Provider {number}", "uniall", "https://api.example.com", KEY)
        with CaptureQueriesContext(connection) as six:
            boss.get(reverse("providers"))
        assert len(six) == len(one)


class TestAdding:
    def test_every_preset_of_every_dialect_can_be_chosen(self, boss: Client) -> None:
        body = boss.get(reverse("provider-add")).content.decode()
        slugs = [kind.preset.slug for kind in kinds()]
        assert len(slugs) == len(set(slugs)) == sum(len(presets_of(dialect)) for dialect in DIALECTS)
        for slug in slugs:
            assert f'href="?preset={slug}"' in body
            assert boss.get(reverse("provider-add"), {"preset": slug}).status_code == 200
        assert boss.get(reverse("provider-add"), {"preset": "tapestry"}).status_code == 404

    def test_a_preset_becomes_a_provider(self, boss: Client, admin: User) -> None:
        answer = add(boss, "openai", headers=f"X-Team: {HEADER}", submits_per_minute=20)
        row = Provider.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, page_of(row))
        assert (row.dialect, row.key, row.headers) == ("openai_videos", KEY, {"X-Team": HEADER})
        assert (row.submits_per_minute, row.in_flight) == (20, 4)
        assert row.models.count() == len(presets_of("openai_videos")[0].models)
        assert AuditEntry.objects.get().actor == admin
        assert "Test the connection." in boss.get(page_of(row)).content.decode()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"name": ""}, "This field is required."),
            ({"base_url": "http://10.0.4.12"}, "Use an https address, or allow a private address"),
            ({"base_url": "https://[::1"}, "This is no address."),
            ({"base_url": "https://api.example.com:99999"}, "a port is at most 65535"),
            ({"headers": "Host: a"}, "Host is set by the portal itself"),
            ({"key": "••••"}, "It holds characters that no key has"),
            ({"in_flight": "0"}, "greater than or equal to 1"),
        ],
    )
    def test_what_is_wrong_is_said_and_no_secret_comes_back(
        self, boss: Client, changes: dict[str, Any], words: str
    ) -> None:
        answer = add(boss, "openai", **({"headers": f"X-Team: {HEADER}"} | changes))
        body = answer.content.decode()
        assert (answer.status_code, Provider.objects.count()) == (422, 0)
        assert words in body
        assert "type them again" in body
        assert KEY not in body
        assert HEADER not in body


def add(client: Client, preset: str, **changes: Any) -> Any:
    filled = {
        "name": "Studio", "base_url": "https://api.example.com/v1", "key": KEY, "headers": "", "in_flight": 4,
        "submits_per_minute": 0, "poll_interval": 10, "delivery": "",
    }  # fmt: skip
    return client.post(f"{reverse('provider-add')}?preset={preset}", filled | changes)


class TestSettings:
    def test_an_empty_secret_keeps_what_is_set_and_a_pause_stays(self, boss: Client, keyed: Provider) -> None:
        pause(keyed, "Mend it.")
        assert boss.post(page_of(keyed), settings_of(keyed, in_flight=9)).status_code == 303
        keyed.refresh_from_db()
        assert (keyed.in_flight, keyed.key, keyed.headers, keyed.webhook_secret, keyed.paused_reason) == (
            9, KEY, {"X-Team": HEADER}, SIGNING, "Mend it.",
        )  # fmt: skip
        written = AuditEntry.objects.count()
        boss.post(page_of(keyed), settings_of(keyed))
        assert AuditEntry.objects.count() == written, "a form sent as it was changes nothing"

    def test_secrets_are_replaced_or_cleared(self, boss: Client, keyed: Provider) -> None:
        boss.post(
            page_of(keyed), settings_of(keyed, key="sk-new", headers="Authorization: bare", clear_webhook_secret="on")
        )
        keyed.refresh_from_db()
        assert (keyed.key, keyed.headers, keyed.webhook_secret) == ("sk-new", {"Authorization": "bare"}, "")
        boss.post(page_of(keyed), settings_of(keyed, clear_key="on", clear_headers="on"))
        keyed.refresh_from_db()
        assert (keyed.key, keyed.headers) == ("", {})

    def test_another_address_clears_them_and_says_so(self, boss: Client, keyed: Provider) -> None:
        answer = boss.post(page_of(keyed), settings_of(keyed, base_url="https://b.example.com"), follow=True)
        keyed.refresh_from_db()
        assert (keyed.key, keyed.headers_json, keyed.webhook_secret) == ("", "", "")
        assert "key and headers were cleared" in answer.content.decode()

    def test_a_key_typed_on_a_page_of_the_old_address_is_not_taken(self, boss: Client, keyed: Provider) -> None:
        assert f'name="made_for" value="{keyed.origin}"' in boss.get(page_of(keyed)).content.decode()
        stale = settings_of(keyed, key="sk-for-the-old-host") | {"made_for": keyed.origin}
        change_provider(keyed, {"base_url": "https://b.example.com"})
        answer = boss.post(page_of(keyed), stale | {"base_url": "https://b.example.com"})
        assert answer.status_code == 422
        assert "Somebody else has changed the address meanwhile: it is https://b.example.com" in answer.content.decode()
        keyed.refresh_from_db()
        assert keyed.key == ""

    def test_a_refused_change_shows_its_reason_and_changes_nothing(self, boss: Client, keyed: Provider) -> None:
        answer = boss.post(page_of(keyed), settings_of(keyed, name="Other", query_path="/v9", key="sk-new-secret"))
        body = answer.content.decode()
        assert answer.status_code == 422
        assert "It needs {id}" in body
        assert '<h1 class="clip1">House gateway</h1>' in body
        assert "sk-new-secret" not in body
        keyed.refresh_from_db()
        assert (keyed.name, keyed.key) == ("House gateway", KEY)

    @pytest.mark.parametrize("url", ["https://[::1", "https://api.example.com:99999"])
    def test_what_is_no_address_is_said_at_its_field(self, boss: Client, keyed: Provider, url: str) -> None:
        answer = boss.post(page_of(keyed), settings_of(keyed, base_url=url))
        assert answer.status_code == 422
        assert "This is no address." in answer.content.decode()

    def test_everything_else_reaches_its_column(self, boss: Client, keyed: Provider) -> None:
        changes = {
            "name": "Renamed", "base_url": "http://10.0.4.12:3000", "allow_private": "on", "submits_per_minute": 30,
            "poll_interval": 2.5, "delivery": "data", "create_path": "/v9/make", "query_path": "/v9/{id}",
            "callbacks": None,
        }  # fmt: skip
        assert boss.post(page_of(keyed), settings_of(keyed, **changes)).status_code == 303
        keyed.refresh_from_db()
        for name, value in changes.items():
            assert getattr(keyed, name) == ({"allow_private": True, "callbacks": False}.get(name, value))

    def test_callbacks_say_why_they_are_off_and_where_to_point_a_dashboard(
        self, boss: Client, keyed: Provider, provider: Provider, settings: Any
    ) -> None:
        settings.PUBLIC_URL = ""
        assert "set PUBLIC_URL" in boss.get(page_of(keyed)).content.decode()
        assert "does not call back" in boss.get(page_of(provider)).content.decode()
        settings.PUBLIC_URL = "https://portal.example.org"
        body = boss.get(page_of(keyed)).content.decode()
        assert f"https://portal.example.org/hooks/provider/{keyed.webhook_token}/" in body
        assert "On: the provider may call the portal." in body

    @pytest.mark.parametrize(
        ("to", "words", "columns"),
        [
            ("pause", "is paused", {"enabled": True, "paused_reason": "Paused by Tomás Silva."}),
            ("resume", "is tried again", {"enabled": True, "paused_reason": "", "failures_in_row": 0}),
            ("stop", "no longer offered", {"enabled": False}),
            ("offer", "is offered", {"enabled": True, "paused_reason": ""}),
        ],
    )
    def test_switches(self, boss: Client, provider: Provider, to: str, words: str, columns: dict[str, Any]) -> None:
        Provider.objects.update(paused_reason="HTTP 401", failures_in_row=9)
        answer = boss.post(reverse("provider-switch", args=[provider.pk]), {"to": to}, follow=True)
        assert words in answer.content.decode()
        assert Provider.objects.filter(**columns).exists()
        assert AuditEntry.objects.filter(actor__isnull=False).count() == 1
        assert boss.post(reverse("provider-switch", args=[provider.pk]), {"to": "fly"}).status_code == 404


class TestRefreshing:
    def test_the_page_says_what_changed(self, boss: Client, provider: Provider) -> None:
        provider.models.filter(slug="sora2-landscape-8s").update(references=0)
        assert "Refresh from the catalogue" in boss.get(page_of(provider)).content.decode()
        url = reverse("provider-refresh", args=[provider.pk])
        body = boss.post(url, follow=True).content.decode()
        assert "Brought up to date: " in body
        assert "references: 0 → 1" in body
        assert "Every model is as the catalogue says." in boss.post(url, follow=True).content.decode()


class TestTrying:
    def test_the_verdict_comes_alone_for_htmx_and_with_its_page_without(self, boss: Client) -> None:
        with Sandbox(key=KEY, speed=200) as sandbox:
            row = add_provider("Studio", "uniall", sandbox.url, KEY, allow_private=True)
            url = reverse("provider-test", args=[row.pk])
            for headers, has_page in ((HTMX, False), ({}, True)):
                body = boss.post(url, headers=headers).content.decode()
                assert "It works." in body
                assert ("<h1" in body) == has_page
            change_provider(row, {"key": "sk-a-wrong-key-of-some-length"})
            body = boss.post(url, headers=HTMX).content.decode()
            assert "It does not work." in body
            assert "refused the key" in body
            assert "sk-a-wrong" not in body
            assert sandbox.creates == 0

    def test_a_pause_is_mentioned(self, boss: Client, provider: Provider) -> None:
        Provider.objects.update(key="", paused_reason="HTTP 401")
        assert (
            "It is paused, though"
            in boss.post(reverse("provider-test", args=[provider.pk]), headers=HTMX).content.decode()
        )


class TestWhatNeverShows:
    def test_secrets_are_in_no_page_and_in_no_audit_entry(
        self, as_user: Callable[[User], Client], keyed: Provider, admin: User, reviewer: User, settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://portal.example.org"
        model = keyed.models.first()
        assert model is not None
        paths = [
            reverse("providers"), page_of(keyed), reverse("provider-model", args=[model.pk]), reverse("staff-jobs"),
            reverse("admin:generations_provider_change", args=[keyed.pk]),
            reverse("admin:generations_auditentry_changelist"), "/",
        ]  # fmt: skip
        paths += [reverse("admin:generations_auditentry_change", args=[entry.pk]) for entry in AuditEntry.objects.all()]
        body = "".join(as_user(who).get(path).content.decode() for who in (admin, reviewer) for path in paths)
        body += as_user(admin).post(page_of(keyed), settings_of(keyed, name="")).content.decode()
        body += str(list(AuditEntry.objects.values()))
        assert "X-Team: ••••••••" in body
        for secret in (KEY, KEY[-6:], HEADER, SIGNING, SIGNING[-6:]):
            assert secret not in body

    def test_a_reviewer_looks_and_has_nothing_to_press(
        self, as_user: Callable[[User], Client], keyed: Provider, reviewer: User, settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://portal.example.org"
        client = as_user(reviewer)
        body = client.get(page_of(keyed)).content.decode()
        main = body[body.index("<main") : body.index("</main>")]
        assert "<form" not in main
        assert keyed.webhook_token not in body
        assert "X-Team" not in body
        assert reverse("provider-add") not in client.get(reverse("providers")).content.decode()

    def test_hostile_words_of_a_provider_stay_text(self, boss: Client, provider: Provider) -> None:
        Provider.objects.update(paused_reason="<script>alert(1)</script>", last_error="<img src=x>")
        body = boss.get(page_of(provider)).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x>" not in body

    def test_a_dialect_that_is_gone_breaks_no_page(self, boss: Client, provider: Provider) -> None:
        Provider.objects.update(dialect="esperanto")
        for path in (reverse("providers"), page_of(provider)):
            assert "esperanto" in boss.get(path).content.decode()
        verdict = boss.post(reverse("provider-test", args=[provider.pk]), headers=HTMX).content.decode()
        assert "does not speak esperanto" in verdict


def test_the_pause_on_the_jobs_page_leads_to_the_provider(boss: Client, provider: Provider) -> None:
    pause(provider, "HTTP 401")
    assert f'href="{page_of(provider)}"' in boss.get(reverse("staff-jobs")).content.decode()

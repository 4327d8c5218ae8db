"""Rows of earlier releases come through the next migrations, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

FIRST = ("generations", "0001_initial")


def migrate(name: tuple[str, str]):  # type: ignore[no-untyped-def]
    """Go to this migration; the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([name])
    return MigrationExecutor(connection).loader.project_state([name]).apps


@pytest.fixture(autouse=True)
def back_to_now() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_old_providers_each_get_a_token_of_their_own() -> None:
    providers = migrate(FIRST).get_model("generations", "Provider").objects
    for number in range(3):
        providers.create(name=str(number), dialect="uniall", base_url=f"https://{number}.example.com")
    providers = migrate(("generations", "0002_any_provider")).get_model("generations", "Provider").objects
    tokens = set(providers.values_list("webhook_token", flat=True))
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)


def test_a_job_in_flight_is_looked_at_after_the_update_as_before() -> None:
    old, now = migrate(FIRST), timezone.now()
    user = old.get_model("generations", "User").objects.create(email="mara@example.org", password="x")
    prompt = old.get_model("generations", "Prompt").objects.create(
        text="A fox", text_hash="h", author=user, last_run_at=now
    )
    origin = "https://a.example.com"
    provider = old.get_model("generations", "Provider").objects.create(name="A", dialect="uniall", base_url=origin)
    job = old.get_model("generations", "Job").objects.create(
        author=user, prompt=prompt, provider=provider, provider_name="A", dialect="uniall", model="m",
        aspect_ratio="16:9", seconds=8, state="running", state_since=now, compose_token="c", origin=origin,
    )  # fmt: skip
    old.get_model("generations", "Watch").objects.create(
        job=job, provider=provider, remote_id="gen_1", since=now, next_poll_at=now
    )
    watch = migrate(("generations", "0003_scale")).get_model("generations", "Watch").objects.get()
    assert (watch.dialect, watch.origin, watch.remote_id) == ("uniall", origin, "gen_1")


def test_what_was_noted_about_a_provider_loses_its_words_and_a_pause_by_hand_is_known_as_one() -> None:
    providers = migrate(("generations", "0005_keeping")).get_model("generations", "Provider").objects
    for reason in ("HTTP 401: Bad key for A secret plan", "Paused by Tom\u00e1s Silva.", ""):
        providers.create(
            name=reason[:8], dialect="uniall", base_url="https://a.example.com", paused_reason=reason,
            last_error="HTTP 500: A secret plan", webhook_token=reason[:8],
        )  # fmt: skip
    providers = migrate(("generations", "0006_mended_providers")).get_model("generations", "Provider").objects
    rows = providers.order_by("pk").values_list("paused_reason", "paused_by_hand", "last_error")
    assert list(rows) == [
        ("HTTP 401", False, "HTTP 500"), ("Paused by Tom\u00e1s Silva.", True, "HTTP 500"), ("", False, "HTTP 500"),
    ]  # fmt: skip


def test_models_that_nobody_edited_are_known_as_the_catalogue_s() -> None:
    old = migrate(("generations", "0005_keeping"))
    provider = old.get_model("generations", "Provider").objects.create(
        name="Studio", dialect="uniall", base_url="https://a.example.com"
    )
    rows = {"old": "", "listed": "S0", "edited": "S0", "copy": "S0", "own": "by hand"}
    for slug, source in rows.items():
        old.get_model("generations", "VideoModel").objects.create(
            provider=provider, slug=slug, name=slug.title(), source=source
        )
    entries = old.get_model("generations", "AuditEntry").objects
    entries.create(action="model changed", subject="Studio: Edited", changes={"note": ["", "x"]})
    entries.create(action="model added", subject="Studio: Listed", changes={"slug": ["", "copy"]})
    new = migrate(("generations", "0006_mended_providers"))
    models = new.get_model("generations", "VideoModel").objects.filter(from_catalogue=True)
    assert set(models.values_list("slug", flat=True)) == {"old", "listed"}

"""Rows of earlier releases come through the next migrations, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from generations.models import Job, Prompt
from generations.services.figures import lower_bound
from generations.services.search import jobs_with, prompts_with
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]

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


@pytest.mark.matrix
def test_old_providers_each_get_a_token_of_their_own() -> None:
    providers = migrate(FIRST).get_model("generations", "Provider").objects
    for number in range(3):
        providers.create(name=str(number), dialect="uniall", base_url=f"https://{number}.example.com")
    providers = migrate(("generations", "0002_any_provider")).get_model("generations", "Provider").objects
    tokens = set(providers.values_list("webhook_token", flat=True))
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)


@pytest.mark.matrix
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


@pytest.mark.matrix
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


@pytest.mark.matrix
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


@pytest.mark.matrix
def test_who_never_chose_a_language_follows_the_browser() -> None:
    people = migrate(("generations", "0010_job_actions")).get_model("generations", "User").objects
    for language in ("en", "zh-hans"):
        people.create(email=f"{language}@example.org", password="x", language=language)
    people = migrate(("generations", "0012_own_language")).get_model("generations", "User").objects
    assert dict(people.values_list("email", "language")) == {"en@example.org": "", "zh-hans@example.org": "zh-hans"}
    people = migrate(("generations", "0010_job_actions")).get_model("generations", "User").objects
    assert set(people.values_list("language", flat=True)) == {"en", "zh-hans"}


@pytest.mark.matrix
def test_jobs_and_prompts_of_earlier_releases_can_be_searched() -> None:
    old, now = migrate(("generations", "0015_compare_and_share")), timezone.now()
    user = old.get_model("generations", "User").objects.create(email="mara@example.org", password="x")
    prompt = old.get_model("generations", "Prompt").objects.create(
        text="Une forêt, 雨夜の街", text_hash="h", author=user, last_run_at=now
    )
    jobs = old.get_model("generations", "Job").objects
    made = [
        jobs.create(
            author=user, prompt=prompt, provider_name="A", dialect="uniall", model="m", aspect_ratio=ratio, width=width,
            height=height, seconds=8, state="done", state_since=now, compose_token=f"{width}{ratio}",
        )
        for ratio, width, height in (("16:9", 720, 1280), ("16:9", 0, 0), ("1:1", 0, 0), ("auto", 0, 0))
    ]  # fmt: skip
    tag = old.get_model("generations", "Tag").objects.create(name="season 2")
    old.get_model("generations", "JobTag").objects.create(job_id=made[0].pk, tag=tag)
    old.get_model("generations", "Comment").objects.create(job_id=made[1].pk, author=user, text="Too dark")
    migrate(("generations", "0017_prompt_history"))
    standing = Job.objects.order_by("pk").values_list("orientation", flat=True)
    assert list(standing) == ["portrait", "landscape", "square", ""]
    found = {
        text: jobs_with(Job.objects.order_by("pk"), text).count() for text in ("foret 夜の", "season", "dark", "x")
    }
    assert found == {"foret 夜の": 4, "season": 1, "dark": 1, "x": 0}
    assert prompts_with(Prompt.objects.all(), "街").count() == 1


@pytest.mark.matrix
def test_prompts_get_the_figures_of_their_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("generations.migrations.0017_prompt_history"), "CHUNK", 2)
    old, now = migrate(("generations", "0016_search")), timezone.now()
    user = old.get_model("generations", "User").objects.create(email="mara@example.org", password="x")
    prompts, jobs = old.get_model("generations", "Prompt").objects, old.get_model("generations", "Job").objects
    for text in ("A {animal}", "never run", "run", "private"):
        row = prompts.create(
            text=text, text_hash=text, author=user, last_run_at=now, owner=user if text == "private" else None
        )
        for number, state in enumerate(("done", "done", "failed", "queued") if text != "never run" else ()):
            jobs.create(
                author=user, prompt=row, provider_name="A", dialect="uniall", model="m", aspect_ratio="16:9", seconds=8,
                state=state, state_since=now, compose_token=f"{text} {number}", rendered_in=10.0 + number,
                list_price=number + 1, currency="USD", visibility="me" if text == "private" or number == 2 else "team",
            )  # fmt: skip
    rows = migrate(("generations", "0017_prompt_history")).get_model("generations", "Prompt").objects.order_by("pk")
    figures = rows.values_list(
        "is_template", "runs", "done", "failed", "typical_seconds", "typical_cost", "typical_currency"
    )
    assert list(figures) == [
        (True, 3, 2, 0, 10.5, 1, "USD"), (False, 0, 0, 0, None, None, ""),
        (False, 3, 2, 0, 10.5, 1, "USD"), (False, 4, 2, 1, 10.5, 1, "USD"),
    ]  # fmt: skip
    assert [row.success for row in rows] == pytest.approx([lower_bound(*n) for n in ((2, 2), (0, 0), (2, 2), (2, 3))])


def test_entries_get_the_day_of_their_job_within_the_month_that_paid_and_every_day_is_counted_next() -> None:
    old = migrate(("generations", "0019_money"))
    user = old.get_model("generations", "User").objects.create(email="mara@example.org", password="x")
    now = datetime(2026, 10, 31, 12, tzinfo=UTC)
    prompt = old.get_model("generations", "Prompt").objects.create(
        text="A fox", text_hash="h", author=user, last_run_at=now
    )
    job = old.get_model("generations", "Job").objects.create(
        author=user, prompt=prompt, provider_name="A", dialect="uniall", model="m", aspect_ratio="16:9", seconds=8,
        state="done", state_since=now, compose_token="c",
    )  # fmt: skip
    old.get_model("generations", "Job").objects.update(created_at=now)
    entries = old.get_model("generations", "LedgerEntry").objects
    for month in (date(2026, 10, 1), date(2026, 11, 1)):
        entries.create(job=job, member=user, month=month, kind="correction", spent=1)
    entries.create(member=user, month=date(2026, 2, 1), kind="correction", spent=1)
    new = migrate(("generations", "0021_usage"))
    days = new.get_model("generations", "LedgerEntry").objects.order_by("pk").values_list("day", flat=True)
    assert list(days) == [date(2026, 10, 31), date(2026, 11, 1), date(2026, 2, 28)]
    marked = new.get_model("generations", "UsageMark").objects.order_by("day").values_list("day", flat=True)
    assert list(marked) == [date(2026, 2, 28), date(2026, 10, 31), date(2026, 11, 1)]

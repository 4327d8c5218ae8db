"""What every test may ask for: people, a provider, jobs in any state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone
from xdist.scheduler import LoadFileScheduling

from generations.models import Job, JobEvent, Output, Prompt, Provider, Role, State, Submission, User, Watch
from generations.models.prompt import text_hash
from generations.models.states import orientation_of
from generations.services.figures import recount
from generations.services.providers import add_provider
from generations.services.search import index_prompt
from tests.emptying import empty_filled
from tests.prepared import prepared_once

PASSWORD = "a long enough passphrase"


def needs(present: object, sentence: str) -> None:
    """Skip with a sentence that says how to get what is missing; under CI=true that is a failure."""
    if present:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


class OneFileOneWorker(LoadFileScheduling):  # type: ignore[misc]
    """Each file goes to one worker, and browser tests that share a portal, which is dear to start, to the same."""

    ALONE = ("tests/browser/test_every_page.py", "tests/browser/test_away.py")  # they start their own

    def _split_scope(self, nodeid: str) -> str:
        shares = nodeid.startswith("tests/browser/") and not nodeid.startswith(self.ALONE)
        return "browser" if shares else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneFileOneWorker:
    return OneFileOneWorker(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser and processes take long: `make test` has the smoke tests of them. They begin, lest one is left over."""
    for item in items:
        is_real = item.get_closest_marker("process") or item.get_closest_marker("browser")
        if is_real and not item.get_closest_marker("smoke"):
            item.add_marker(pytest.mark.matrix)
    items.sort(key=lambda item: item.get_closest_marker("process") is None)


@pytest.fixture(scope="session", autouse=True)
def throw_data_away() -> Iterator[None]:
    yield
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def empty_only_what_was_filled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_filled)
        yield


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is migrated, has its static files and nobody in it: to copy, never to change."""
    return prepared_once(tmp_path_factory)


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """On SQLite the test database begins as a copy of the prepared one; on PostgreSQL it is migrated."""
    if connection.vendor == "sqlite":
        shutil.copy(request.getfixturevalue("prepared") / "portal.sqlite3", connection.settings_dict["TEST"]["NAME"])
    return bool(connection.vendor == "sqlite")


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(email: str = "", role: Role = Role.MEMBER, name: str = "", password: str = PASSWORD) -> User:
        return User.objects.create_user(email or f"{uuid4().hex[:8]}@example.org", password, role=role, name=name)

    return make


@pytest.fixture
def viewer(make_user: Callable[..., User]) -> User:
    return make_user("viewer@example.org", Role.VIEWER, "Vera Viewer")


@pytest.fixture
def member(make_user: Callable[..., User]) -> User:
    return make_user("mara@example.org", Role.MEMBER, "Mara Lindqvist")


@pytest.fixture
def stranger(make_user: Callable[..., User]) -> User:
    return make_user("jonas@example.org", Role.MEMBER, "Jonas Okafor")


@pytest.fixture
def reviewer(make_user: Callable[..., User]) -> User:
    return make_user("noor@example.org", Role.REVIEWER, "Noor Haddad")


@pytest.fixture
def admin(make_user: Callable[..., User]) -> User:
    return make_user("tomas@example.org", Role.ADMIN, "Tomás Silva")


@pytest.fixture
def provider(db: None) -> Provider:
    return add_provider("UniAll studio", "uniall", "https://api.example.com", "sk-test")


@pytest.fixture
def make_job(db: None, member: User, provider: Provider) -> Callable[..., Job]:
    """A job in any state, with the rows that state entails."""

    def make(state: State = State.QUEUED, text: str = "A fox wakes", author: User | None = None, **extra: Any) -> Job:
        author, now = author or member, timezone.now()
        owner = author if extra.get("visibility") == "me" else None
        prompt, _ = Prompt.objects.get_or_create(
            text_hash=text_hash(text), owner=owner, defaults={"text": text, "author": author, "last_run_at": now}
        )
        fields: dict[str, Any] = {
            "author": author, "prompt": prompt, "provider": provider, "provider_name": provider.name,
            "dialect": provider.dialect, "model": "sora2-landscape-8s", "aspect_ratio": "16:9", "seconds": 8,
            "state": state, "state_since": now, "compose_token": uuid4().hex,
        }  # fmt: skip
        fields |= extra
        shape = fields.get("width", 0), fields.get("height", 0), fields["aspect_ratio"]
        job = Job.objects.create(**({"orientation": orientation_of(*shape) or ""} | fields))
        index_prompt(prompt.pk)
        JobEvent.objects.create(job=job, at=now, state=state)
        if state in (State.SUBMITTING, State.RUNNING, State.UNKNOWN, State.ARCHIVING, State.DONE):
            _with_submission(job, state)
        recount(prompt.pk)
        return job

    return make


def _with_submission(job: Job, state: State) -> None:
    now = timezone.now()
    taken = state not in (State.SUBMITTING, State.UNKNOWN)
    live = Submission.objects.create(
        job=job, number=1, provider=job.provider, lease_until=now, sent_at=now,
        remote_id=f"gen_{job.key.hex}" if taken else "", outcome="accepted" if taken else "pending",
    )  # fmt: skip
    job.token, job.origin = live.token, job.provider.origin if job.provider else ""
    if state == State.RUNNING:
        Watch.objects.create(
            job=job, provider=job.provider, remote_id=live.remote_id, dialect=job.dialect, origin=job.origin,
            since=now, next_poll_at=now, progress=45,
        )  # fmt: skip
    if state in (State.ARCHIVING, State.DONE):
        job.cover = Output.objects.create(
            job=job, remote_url="https://files.example.com/clip.mp4", next_try_at=now, size=1000,
            stored_at=now if state == State.DONE else None, duration=8.0, width=1280, height=720,
        )  # fmt: skip
    job.save()

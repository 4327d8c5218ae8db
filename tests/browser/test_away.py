"""An open page while the database is away: a quiet notice that takes itself back, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.helpers import sign_in
from tests.processes.conftest import install
from tests.processes.harness import Installation
from tests.processes.test_away import web
from tests.processes.test_services import database
from tests.processes.wire import Wire

__all__ = ["database", "install"]
pytestmark = [pytest.mark.browser, pytest.mark.matrix]

ONE_JOB = """
from django.utils import timezone
from generations.models import Job, Prompt, User
from generations.services.install import ensure_admin
ensure_admin("admin@localhost", "a long enough passphrase")
user, now = User.objects.get(), timezone.now()
prompt = Prompt.objects.create(text="Waits", text_hash="x", author=user, last_run_at=now)
Job.objects.create(author=user, prompt=prompt, provider_name="p", dialect="uniall", model="m", aspect_ratio="16:9",
    seconds=8, state_since=now, compose_token="t")
"""


def test_the_notice_comes_and_goes_and_a_page_comes_back(
    chromium: Browser, database: str, install: Callable[..., Installation]
) -> None:
    target = urlsplit(database)
    wire = Wire(target.hostname or "", target.port or 5432)
    near = urlunsplit(target._replace(netloc=f"{target.username}@127.0.0.1:{wire.port}"))
    installation = install(DATABASE_URL=near)
    assert installation.manage("migrate", "-v0").returncode == 0
    installation.python(ONE_JOB)
    with web(installation):
        page = chromium.new_page()
        url = f"http://127.0.0.1:{installation.port}"
        sign_in(page, url)
        notice = page.locator("#offline")
        expect(page.locator(".card-job")).to_be_visible()
        expect(notice).to_be_hidden()
        wire.cut()
        expect(notice).to_be_visible(timeout=20_000)
        wire.mend()
        expect(notice).to_be_hidden(timeout=20_000)
        expect(page.locator(".card-job")).to_be_visible()
        wire.cut()
        page.goto(f"{url}/library/")
        expect(page.get_by_role("heading", name="The database does not answer")).to_be_visible()
        wire.mend()
        expect(page.get_by_role("heading", name="Library", exact=True)).to_be_visible(timeout=20_000)
        page.close()

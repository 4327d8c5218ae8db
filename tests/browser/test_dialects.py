"""Each dialect in a real browser: choose its provider, generate through the sandbox, play the clip."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from generations.dialects import DIALECTS
from tests.browser.helpers import choose_provider, sign_in
from tests.browser.test_main_job import plays_and_seeks
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

ADD = """
from generations.services.providers import add_provider
from pathlib import Path
from django.conf import settings
key = (Path(settings.DATA_DIR) / "sandbox.key").read_text().strip()
for dialect, url in {places!r}:
    add_provider("Test " + dialect, dialect, url, key, allow_private=True, poll_interval=0.5)
"""
MOUNTS = {"mingyan": "/kyyReactApiServer"}


@pytest.fixture(scope="module")
def asked(chromium: Browser, site: Installation) -> dict[str, tuple[str, int]]:
    """What was asked for in the browser, of each dialect's provider: the prompt and the clip's seconds."""
    base = f"http://127.0.0.1:{site.sandbox_port}"
    site.python(ADD.format(places=[(slug, f"{base}{MOUNTS.get(slug, '')}/v1") for slug in sorted(DIALECTS)]))
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    sign_in(page, site.url)
    found = {dialect: generate(page, site, dialect) for dialect in sorted(DIALECTS)}
    page.close()
    return found


def generate(page: Page, site: Installation, dialect: str) -> tuple[str, int]:
    prompt = f"A paper boat by {dialect} {uuid4().hex[:6]}"
    page.goto(site.url)
    choose_provider(page, f"Test {dialect}")
    page.get_by_label("Prompt").fill(prompt)
    seconds = page.locator("input[name=seconds]:checked").get_attribute("value")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article", has_text=prompt)).to_be_visible()
    return prompt, int(seconds or 0)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_clip_is_made_and_plays(
    signed_in: Page, site: Installation, asked: dict[str, tuple[str, int]], dialect: str
) -> None:
    page, (prompt, seconds) = signed_in, asked[dialect]
    card = page.locator("article", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=90_000)
    card.get_by_role("link", name=prompt).click()
    plays_and_seeks(page, seconds)
    expect(page.locator(".facts").get_by_text(f"Test {dialect}")).to_be_visible()

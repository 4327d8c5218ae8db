"""Without JavaScript every form still does its work: the portal is pages and forms first."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import sign_in
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def plain(chromium: Browser, site: Installation) -> Iterator[Page]:
    """A signed-in browser that runs no scripts."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site.url)
    yield page
    context.close()


@pytest.mark.smoke
def test_a_clip_is_made_watched_noted_and_thrown_away_by_plain_forms(plain: Page, site: Installation) -> None:
    page, prompt = plain, f"A kite over the harbour {uuid4().hex[:6]}"
    sandbox = page.locator("select[name=provider] option", has_text="Sandbox").first.get_attribute("value")
    page.goto(f"{site.url}/?provider={sandbox}")
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article", has_text=prompt)).to_be_visible()

    def is_done() -> bool:
        page.reload()
        return page.locator("article[data-state=done]", has_text=prompt).count() == 1

    wait_for(is_done, "the clip")
    page.get_by_role("link", name=prompt).click()
    expect(page.locator("video")).to_be_visible()
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Tag", exact=True).fill("kites")
    page.get_by_role("button", name="Add the tag").click()
    expect(page.get_by_text("kites", exact=True)).to_be_visible()
    page.get_by_label("Add a comment").fill("It turns too late.")
    page.locator("#comments").get_by_label("At second").fill("1.5")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("It turns too late.")).to_be_visible()
    expect(page.locator("#comments").get_by_role("link", name="0:01")).to_be_visible()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_text("is in the trash")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("video")).to_be_visible()


def test_lists_are_narrowed_by_a_button(plain: Page, site: Installation) -> None:
    page = plain
    for path in ("library", "staff/jobs"):
        page.goto(f"{site.url}/{path}/")
        page.get_by_label("State").select_option(label="Cancelled")
        page.get_by_role("button", name="Show").click()
        assert "state=cancelled" in page.url


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(plain: Page, site: Installation) -> None:
    page = plain
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Write a prompt first.")).to_be_visible()
    page.goto(f"{site.url}/create/batch/")
    page.get_by_label("Or its text").fill("prompt,takes\nA kite,9\n")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table")).to_contain_text("9")
    expect(page.get_by_label("Or its text")).to_have_value("prompt,takes\nA kite,9\n")

"""A provider in a real browser: added from a preset, tried, its key mended, its models edited and copied."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import to_staff
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def added(signed_in: Page, site: Installation) -> Page:
    """The page of a new provider that points at the sandbox."""
    page = signed_in
    to_staff(page, "Set-up", "Providers")
    page.get_by_role("link", name="Add a provider").click()
    page.get_by_role("link", name="OpenAI Videos API").click()
    page.get_by_label("Name shown to members").fill(f"Tried {uuid4().hex[:6]}")
    page.get_by_label("Base URL").fill(f"http://127.0.0.1:{site.sandbox_port}/v1")
    page.get_by_label("Key", exact=True).fill(site.data.joinpath("sandbox.key").read_text().strip())
    page.get_by_label("Allow a private address").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Test the connection.")).to_be_visible()
    return page


def test_address_and_key_are_tried_and_a_wrong_key_is_told(added: Page) -> None:
    page, verdict = added, added.locator("#verdict")
    page.get_by_role("button", name="Test connection").click()
    expect(verdict).to_contain_text("It works.")
    expect(verdict).to_contain_text("Nothing was spent.")
    page.get_by_label("New key").fill("sk-a-wrong-key")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Test connection").click()
    expect(verdict).to_contain_text("It does not work.")
    expect(verdict).to_contain_text("refused the key")
    expect(page.get_by_text("key: set → changed")).to_be_visible()
    assert "sk-a-wrong-key" not in page.content()


def test_a_model_is_switched_edited_and_copied(added: Page) -> None:
    page = added
    switch = page.get_by_role("button", name="Offer Sora 2 Pro", exact=True)
    switch.press("Space")
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(switch).to_be_focused()
    page.get_by_role("link", name="Edit Sora 2 Pro", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Sora at the studio")
    page.get_by_label("Price of a clip, row 1", exact=True).fill("0.75")
    page.get_by_role("button", name="Save").click()
    row = page.locator(".model-row", has_text="Sora at the studio")
    expect(row).to_contain_text("Off")
    expect(row).to_contain_text("USD 0.75 to")
    row.get_by_role("link", name="Copy").click()
    page.get_by_label("Wire id of the copy").fill("sora-studio-2")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_label("Wire id", exact=True)).to_have_value("sora-studio-2")


def test_all_of_it_works_without_javascript(added: Page, site: Installation) -> None:
    address = added.url
    context = added.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(added.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#verdict")).to_contain_text("It works.")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".pill").first).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".pill").first).to_contain_text("On")
    page.locator(".flip").first.click()
    expect(page.locator(".flip").first).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Add by hand").click()
    page.get_by_label("Wire id", exact=True).fill("wan-2.5")
    page.get_by_label("Name", exact=True).fill("Wan")
    page.get_by_label("Aspect ratio, row 1", exact=True).fill("16:9")
    page.get_by_label("Seconds, row 1", exact=True).fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".model-row", has_text="wan-2.5")).to_contain_text("16:9 · 5 s")
    context.close()

"""The prompt history by hand on a phone: find, love, rate, name, tag, pin, fork, fill in, share, erase."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import fits
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def phone(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 360, "height": 740})
    return signed_in


def test_a_template_becomes_a_clip_that_knows_where_it_comes_from(phone: Page, site: Installation) -> None:
    page, word = phone, uuid4().hex[:6]
    page.goto(f"{site.url}/prompts/")
    page.get_by_role("link", name="New template").click()
    page.get_by_label("Title").fill(f"Animals {word}")
    page.get_by_label("Prompt", exact=True).fill(f"A {{animal}} of {{material=clay}} wakes {word}")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Use template").click()
    page.get_by_label("animal", exact=True).fill("fox")
    page.get_by_role("button", name="On to the composer").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(f"A fox of clay wakes {word}")
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text=f"A fox of clay wakes {word}")
    card.get_by_role("link", name=f"A fox of clay wakes {word}").click()
    page.get_by_role("link", name="All its runs").click()
    expect(page.locator(".diff del")).to_have_count(2)
    expect(page.locator(".diff ins").last).to_contain_text("clay")
    assert fits(page)
    page.locator(".tree").get_by_role("link", name=f"Animals {word}").click()
    expect(page.get_by_role("heading", name=f"Animals {word}")).to_be_visible()
    page.get_by_role("link", name="Fork and edit").click()
    expect(page.locator("[name=forked_from]")).to_have_count(1)


def test_a_prompt_is_found_marked_and_erased(phone: Page, site: Installation) -> None:
    page, text = phone, f"A heron lands {uuid4().hex[:6]}"
    site.generate(text)
    page.goto(f"{site.url}/prompts/")
    page.get_by_label("Search every prompt").fill(text)
    page.get_by_label("Search every prompt").press("Enter")
    row = page.locator("li.asked", has_text=text)
    row.get_by_role("button", name="Favourite").click()
    expect(row.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    for tick in ("Favourites", "Templates"):
        page.get_by_role("group", name="Only these").get_by_label(tick).check()
        page.wait_for_url(f"**{'favourite' if tick == 'Favourites' else 'templates'}=1**")
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Clear", exact=True).click()
    page.get_by_label("Sort").select_option(label="Best rated")
    page.wait_for_url("**sort=rated**")
    row.get_by_role("link", name=text).click()
    page.get_by_role("textbox", name="Title").fill("Heron")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("4 stars").check()
    page.get_by_role("button", name="Rate").click()
    expect(page.get_by_text("4.0 of 5 stars by 1 person")).to_be_visible()
    page.locator("#prompt-panel").get_by_label("Tag", exact=True).fill("lake")
    page.get_by_role("button", name="Add the tag").click()
    page.get_by_role("button", name="Remove the tag lake").click()
    expect(page.get_by_text("lake", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Pin for the team").click()
    page.get_by_role("button", name="Unpin").click()
    page.get_by_role("link", name="Erase the text…").click()
    page.get_by_role("button", name="Erase it").click()
    expect(page.locator("h1")).to_have_text("Erased")
    assert fits(page)


@pytest.mark.matrix
def test_a_private_clip_is_shared(phone: Page, site: Installation) -> None:
    page, text = phone, f"A private heron {uuid4().hex[:6]}"
    page.goto(site.url)
    page.get_by_label("Prompt", exact=True).fill(text)
    page.get_by_label("Only me").check()
    page.get_by_role("button", name="Generate").click()
    page.locator("article", has_text=text).get_by_role("link", name=text).click()
    page.get_by_role("button", name="Make it shared").click()
    expect(page.get_by_text("The team sees it now.")).to_be_visible()
    expect(page.get_by_role("button", name="Make it shared")).to_have_count(0)

"""From one clip to the next in a real browser: the menu, a heart, a tag, a comment at its second, the tree."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import choose_provider
from tests.processes.harness import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]


def test_a_clip_is_talked_about_taken_again_and_gone_on_from(signed_in: Page) -> None:
    page, prompt = signed_in, f"A ferry at dawn {uuid4().hex[:6]}"
    choose_provider(page, "Sandbox (free test clips)")
    page.get_by_label("Model").select_option("sora2-landscape-4s")
    expect(page.get_by_label("4 s")).to_be_checked()
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=40_000)

    card.locator(".frame").hover()
    playing = card.locator("video")
    wait_for(lambda: playing.evaluate("v => v.currentTime > 0 && v.muted"), "the card's clip")
    page.mouse.move(0, 0)
    expect(playing).to_have_count(0)

    heart = card.get_by_role("button", name="Favourite")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    card.get_by_role("link", name=prompt).click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")

    page.get_by_label("Tag", exact=True).fill("Ferries")
    page.get_by_label("Tag", exact=True).press("Enter")
    expect(page.get_by_text("ferries", exact=True)).to_be_visible()

    page.locator("#player video").evaluate("v => { v.pause(); v.currentTime = 2.5 }")
    page.locator("#comments").get_by_label("at 0:02").check()
    page.get_by_label("Add a comment").fill("<i>Here</i> it turns")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("<i>Here</i> it turns")).to_be_visible()
    page.locator("#player video").evaluate("v => { v.currentTime = 0 }")
    page.get_by_role("link", name="0:02").click()
    wait_for(lambda: page.locator("#player video").evaluate("v => v.currentTime") == 2.5, "the pinned moment")

    home = page.url.split("?")[0].split("#")[0]
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("button", name="New take free").click()
    page.wait_for_url(lambda url: "/jobs/" in url and not url.startswith(home))
    tree = page.locator(".tree")
    expect(tree.get_by_role("link")).to_have_count(2)
    expect(tree.locator("[aria-current]")).to_contain_text("new take")

    page.goto(home)
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("button", name="Remix from its last frame").click()
    expect(page.get_by_alt_text("The reference image", exact=False)).to_be_visible()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("On its way to")).to_be_visible()
    page.goto(home)
    expect(page.locator(".tree").get_by_role("link")).to_have_count(3)

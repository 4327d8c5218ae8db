"""The composer by hand and by keyboard: takes and their price, models side by side, earlier prompts, shots."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import choose_provider
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

ADD = """
from generations.services.providers import add_provider
add_provider({name!r}, "openai_videos", "https://videos.example.com", "sk-nobody")
"""
OFF = "UPDATE generations_provider SET enabled = 0 WHERE name = ?"


@pytest.mark.parametrize("width", [1280, pytest.param(360, marks=pytest.mark.matrix)])
def test_the_price_follows_takes_length_and_model(signed_in: Page, site: Installation, width: int) -> None:
    page, name = signed_in, f"Priced {uuid4().hex[:6]}"
    page.set_viewport_size({"width": width, "height": 900})
    site.python(ADD.format(name=name))
    try:
        page.goto(site.url)
        choose_provider(page, name)
        button = page.locator("#composer [type=submit]")
        expect(button).to_contain_text("$0.40")
        page.get_by_role("group", name="Takes").get_by_text("3", exact=True).click()
        expect(button).to_contain_text("Generate 3 takes")
        expect(button).to_contain_text("$1.20")
        page.get_by_role("group", name="Duration").get_by_text("8 s", exact=True).click()
        expect(button).to_contain_text("$2.40")
        page.get_by_text("Compare 5 models").press("Enter")
        page.get_by_role("link", name="Sora 2 Pro 4, 8").press("Enter")
        expect(page.get_by_label("Model", exact=True)).to_have_value("sora-2-pro")
        expect(button).to_contain_text("$7.20")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    finally:
        site.rows(OFF, name)


def test_earlier_prompts_come_back_by_keyboard_and_shots_are_counted(signed_in: Page, site: Installation) -> None:
    page, mark = signed_in, uuid4().hex[:6]
    text = page.get_by_label("Prompt", exact=True)
    choose_provider(page, "Sandbox (free test clips)")
    for words in (f"First {mark}", f"Second {mark}"):
        text.fill(words)
        text.press("Control+Enter")
        expect(page.locator("article", has_text=words)).to_be_visible()
    text.fill("Half a thought")
    text.press("Alt+ArrowUp")
    expect(text).to_have_value(f"Second {mark}")
    text.press("Alt+ArrowUp")
    expect(text).to_have_value(f"First {mark}")
    for _ in range(2):
        text.press("Alt+ArrowDown")
    expect(text).to_have_value("Half a thought")
    page.get_by_role("button", name="Add a shot").press("Enter")
    expect(text).to_have_value("Half a thought\n\nShot 1:\nduration: 2sec\nScene: ")
    expect(text).to_be_focused()
    expect(page.locator("#shots")).to_have_text("1 shot, 2 of 4 s")
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Half a thought\n\nShot 1:\nduration: 2sec\nScene: ")
    page.get_by_role("button", name="Earlier prompts").click()
    page.get_by_role("button", name=f"Second {mark}").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(f"Second {mark}")

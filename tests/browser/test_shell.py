"""The frame around every page in a real browser: the tray, the queue, keys, the theme button."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import choose_provider, complaints, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]
NARROW = """
from generations.models import Provider
from generations.services.providers import add_provider
key = Provider.objects.get(name="Sandbox").key
add_provider({name!r}, "uniall", {url!r}, key, allow_private=True, in_flight=1, poll_interval=0.5)
"""
OFF = "UPDATE generations_provider SET enabled = 0 WHERE name = ?"
NOBODY_YET = "from generations.models import User; User.objects.create_user({!r}, {!r}, name='Mara Lindqvist')"
OF_AXE = ("inline style",)  # it puts a style of its own into the page


@pytest.fixture
def mine(page: Page, site: Installation) -> Page:
    """Somebody who has asked for nothing yet, at the composer."""
    email = f"mara-{uuid4().hex[:6]}@example.org"
    site.python(NOBODY_YET.format(email, PASSWORD))
    sign_in(page, site.url, email)
    return page


@pytest.fixture
def narrow(site: Installation) -> Iterator[str]:
    """The name of a provider that takes one job at a time, and that nobody else asks."""
    name = f"Narrow {uuid4().hex[:6]}"
    site.python(NARROW.format(name=name, url=f"http://127.0.0.1:{site.sandbox_port}"))
    yield name
    site.rows(OFF, name)


def test_the_tray_follows_my_jobs_and_takes_one_back(mine: Page, narrow: str, strict: Strict) -> None:
    page, word = at_the_composer(mine), uuid4().hex[:6]
    slow, late = f"A ferry at dawn {word}", f"A second ferry {word}"
    strict.allowed = OF_AXE
    for prompt in (slow, late):
        ask(page, prompt, narrow)
    pill, tray = page.locator("#tray-pill"), page.locator("#tray")
    expect(pill).to_contain_text("1 running · 1 waiting")
    expect(tray).to_be_hidden()
    pill.press("Enter")
    rows = tray.get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text=late)).to_contain_text("Next in line")
    assert complaints(page) == []

    page.keyboard.press("Tab")
    expect(tray.get_by_role("link", name="Open queue")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tray).to_be_hidden()
    expect(pill).to_be_focused()

    pill.press("Enter")
    rows.filter(has_text=late).get_by_role("button", name="Cancel").press("Enter")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="Cancelled. Nothing was sent or charged.")).to_be_visible()
    expect(page.locator("article", has_text=late)).to_have_attribute("data-state", "cancelled")
    expect(page.locator("article", has_text=slow)).to_have_attribute("data-state", "done", timeout=60_000)
    expect(pill).to_contain_text("Nothing running")
    expect(tray).to_contain_text("Nothing of yours is waiting or being made.")


def test_the_queue_shows_the_line_and_lives(mine: Page, narrow: str, strict: Strict) -> None:
    page, word = at_the_composer(mine), uuid4().hex[:6]
    strict.allowed = OF_AXE
    for n in (1, 2):
        ask(page, f"Boat {n} {word}", narrow)
    page.get_by_role("link", name="Queue").first.click()
    rows = page.locator("tr[data-key]")
    expect(rows.filter(has_text=f"Boat 2 {word}")).to_contain_text("in line", ignore_case=True)
    page.set_viewport_size({"width": 360, "height": 780})
    assert fits(page)
    assert complaints(page) == []
    cancel = rows.filter(has_text=f"Boat 2 {word}").get_by_role("button", name="Cancel")
    cancel.press("Enter")
    expect(rows.filter(has_text=f"Boat 2 {word}")).to_have_count(0)
    expect(rows.filter(has_text=word)).to_have_count(0, timeout=90_000)
    expect(page.locator("#tray-pill")).to_have_text("My jobs: Nothing running 0")


def test_keys_walk_act_and_can_be_switched_off(mine: Page, strict: Strict) -> None:
    page, word = mine, uuid4().hex[:6]
    strict.allowed = OF_AXE
    prompt = f"A ferry at noon {word}"
    ask(page, prompt)
    card = page.locator("article", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=60_000)
    text, sheet = page.get_by_label("Prompt"), page.locator("#keys")

    text.press("?")
    expect(text).to_have_value("?")
    expect(sheet).to_be_hidden()
    text.fill("")
    text.blur()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Favourite")
    expect(sheet.get_by_text("Move to trash")).to_be_hidden()
    assert complaints(page) == []
    page.keyboard.press("j")  # a sheet is open: nothing moves
    expect(page.locator("#keys-h")).to_be_focused()
    page.keyboard.press("Escape")

    page.keyboard.press("j")
    expect(card.get_by_role("link", name=prompt)).to_be_focused()
    page.keyboard.press("Control+f")
    page.keyboard.press("f")
    expect(card.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    playing = card.locator("video")
    wait_for(lambda: playing.evaluate("v => v.currentTime > 0 && !v.paused"), "the clip under the focus")
    page.keyboard.press("p")
    assert playing.evaluate("v => v.paused")
    page.keyboard.press("/")
    expect(text).to_be_focused()
    text.blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/**")
    page.keyboard.press("r")
    page.wait_for_url("**/?reuse=**")
    expect(text).to_have_value(prompt)

    page.goto(page.url.split("?")[0] + "library/")
    page.keyboard.press("n")
    expect(page.get_by_label("Prompt")).to_be_focused()
    page.goto(page.url.split("#")[0] + "library/")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("switch", name="Single keys").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Account of")).to_be_focused()
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("n")
    expect(sheet).to_be_hidden()
    assert page.url.endswith("/library/")


def test_the_theme_button_walks_through_three(signed_in: Page) -> None:
    page = signed_in
    for name, theme in (("follows the system", "auto"), ("light", "light"), ("dark", "dark")):
        button = page.get_by_role("button", name=f"Theme: {name}")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        button.click()
    page.get_by_role("button", name="Theme: follows the system").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Account of").click()
    expect(page.get_by_label("Light", exact=True)).to_be_checked()


def at_the_composer(page: Page) -> Page:
    """The page anew, with a provider that was added meanwhile."""
    page.reload()
    return page


def ask(page: Page, prompt: str, provider: str = "Sandbox (free test clips)") -> None:
    choose_provider(page, provider)
    page.get_by_label("Model").select_option("sora2-landscape-4s")
    expect(page.get_by_label("4 s")).to_be_checked()
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article", has_text=prompt)).to_be_visible()

"""A collection in a real browser: made on a clip's page, filled by dragging, renamed and deleted."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]


def test_clips_are_gathered_by_page_and_by_dragging(signed_in: Page, site: Installation, strict: Strict) -> None:
    strict.allowed = ("inline style", "422")
    page, word = signed_in, uuid4().hex[:6]
    keys = [site.generate(f"A tram at night {word} {n}") for n in range(2)]
    wait_for(lambda: {site.state_of(key) for key in keys} == {"done"}, "the clips", 60)
    page.goto(f"{site.url}/jobs/{keys[0]}/")
    page.get_by_label("New collection").fill(f"Rain {word}")
    page.get_by_label("New collection").press("Enter")
    expect(page.get_by_role("heading", name=f"Rain {word}", exact=True)).to_be_visible()
    expect(page.locator("article")).to_have_count(1)

    page.goto(f"{site.url}/library/")
    chip = page.get_by_role("navigation", name="Collections").get_by_role("link", name=f"Rain {word}")
    page.locator(f"#job-{keys[1]} .foot").drag_to(chip)
    expect(page.get_by_text(f"1 clip is in “Rain {word}” now.")).to_be_visible()
    chip.press("Enter")
    expect(page.locator("article")).to_have_count(2)

    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_text("Rename or delete").press("Enter")
    assert fits(page)
    assert complaints(page) == []
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_label("Name", exact=True).fill(f"Trams {word}")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("heading", name=f"Trams {word}", exact=True)).to_be_visible()
    page.locator("article").first.get_by_role("link", name="A tram at night").click()
    page.get_by_role("button", name=f"Take it out of Trams {word}").press("Enter")
    expect(page.locator("#collections")).to_contain_text("In none.")
    page.get_by_role("button", name=f"Trams {word}", exact=True).press("Enter")
    expect(page.get_by_role("button", name=f"Take it out of Trams {word}")).to_be_visible()
    page.get_by_role("link", name=f"Trams {word}").press("Enter")
    page.get_by_text("Rename or delete").press("Enter")
    page.get_by_role("button", name="Delete the collection").press("Enter")
    expect(page.get_by_text("Its clips stay in the library.")).to_be_visible()

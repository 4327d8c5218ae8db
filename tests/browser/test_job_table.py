"""The staff's table of all jobs in a real browser: keys, the drawer, a queue, and many sent again by one click."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

SIZES = {"desk": (1280, 900, "light"), "phone": (360, 780, "dark")}


@pytest.fixture(params=["desk", pytest.param("phone", marks=pytest.mark.matrix)])
def table(request: pytest.FixtureRequest, signed_in: Page, site: Installation, strict: Strict) -> Page:
    strict.allowed = ("inline style",)  # which axe brings
    width, height, scheme = SIZES[request.param]
    signed_in.set_viewport_size({"width": width, "height": height})
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    return signed_in


def test_rows_are_walked_opened_and_closed_by_keys(signed_in: Page, site: Installation, strict: Strict) -> None:
    page, word = signed_in, uuid4().hex[:6]
    strict.allowed = ("inline style",)
    for name in ("kite", "heron"):
        site.generate(f"A {name} {word}")
    page.goto(f"{site.url}/staff/jobs/?q={word}")
    drawer = page.locator("#drawer")
    expect(drawer).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(drawer.get_by_text(f"A heron {word}")).to_be_visible()
    expect(drawer.locator("#sheet-h")).to_be_focused()
    assert complaints(page) == []
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=f"A kite {word}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(drawer.get_by_text(f"A kite {word}")).to_be_visible()
    expect(page.locator('[data-drawer][aria-current="true"]')).to_have_count(1)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("link", name=f"A kite {word}")).to_be_focused()
    page.get_by_role("link", name=f"A heron {word}").click()
    drawer.get_by_role("link", name="Close (Esc)").click()
    expect(drawer).to_be_hidden()


def test_a_queue_is_filtered_chosen_from_and_sent_again(table: Page, site: Installation) -> None:
    page, word = table, uuid4().hex[:6]
    for name in ("kite", "heron"):
        site.generate(f"A {name} {word} [sandbox:moderation]")
    page.goto(f"{site.url}/staff/jobs/")
    page.get_by_role("link", name="Failed and moderated").click()
    page.wait_for_url("**queue=failed**")
    page.get_by_role("searchbox").fill(word)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**q={word}**")
    page.get_by_label("Order").select_option(label="Oldest first")
    page.wait_for_url("**sort=oldest**")
    rows = page.locator("[data-drawer]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("kite")
    assert fits(page)
    assert complaints(page) == []
    for box in page.locator(".select").all():
        box.check()
    page.get_by_role("button", name="Send again…").click()
    expect(page.get_by_role("heading", name="2 new jobs")).to_be_visible()
    assert fits(page)
    assert complaints(page) == []
    page.get_by_role("button", name="Send 2 again").click()
    page.wait_for_url("**sort=oldest**")
    expect(page.get_by_text("2 jobs sent again as new ones.")).to_be_visible()


def test_a_row_is_a_page_where_there_is_no_room_beside_the_table(signed_in: Page, site: Installation) -> None:
    page, word = signed_in, uuid4().hex[:6]
    key = site.generate(f"A kite {word}")
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{site.url}/staff/jobs/?q={word}")
    page.get_by_role("link", name=f"A kite {word}").click()
    page.wait_for_url(f"**/staff/jobs/{key}/")
    expect(page.get_by_text(f"A kite {word}")).to_be_visible()
    assert fits(page)
    with page.expect_download() as file:
        page.goto(f"{site.url}/staff/jobs/")
        page.get_by_role("link", name="CSV").click()
    assert file.value.suggested_filename.startswith("jobs-")

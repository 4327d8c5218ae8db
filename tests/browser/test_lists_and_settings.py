"""Files of clips, lists that are narrowed, mail, webhooks: the controls beside the main job, on desk and phone."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import fits
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

PHONE, DESK = (360, 740), pytest.param((1280, 900), marks=pytest.mark.matrix)
sizes = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture(autouse=True)
def refusals(strict: Strict) -> None:
    """Chromium logs every 422: a form that is answered with what is wrong."""
    strict.allowed = ("422",)


@sizes
def test_a_file_becomes_clips_that_the_lists_find(signed_in: Page, site: Installation, size: tuple[int, int]) -> None:
    page, word = sized(signed_in, size), uuid4().hex[:6]
    page.goto(f"{site.url}/create/batch/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Template").click()
    assert download.value.suggested_filename == "batch.csv"

    rows = f"prompt,provider,model\nA kite {word},Sandbox,sora2-landscape-4s\n,Sandbox,sora2-landscape-4s\n"
    page.get_by_label("CSV file").set_input_files(FilePayload(name="a.csv", mimeType="text/csv", buffer=rows.encode()))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Generate all")).to_be_disabled()
    assert fits(page)
    page.get_by_role("button", name="Generate the 1 good one").click()
    expect(page.get_by_text("1 clip of your file is on the way.")).to_be_visible()
    card = page.locator("article", has_text=word)
    expect(card).to_have_attribute("data-state", "done", timeout=60_000)

    page.goto(f"{site.url}/library/")
    page.get_by_text("Mine", exact=True).click()
    page.wait_for_url("**whose=mine**")
    page.get_by_label("State").select_option(label="Done")
    page.wait_for_url("**state=done**")
    expect(card).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url("**/library/")

    page.goto(f"{site.url}/prompts/")
    page.get_by_text("Mine", exact=True).click()
    page.wait_for_url("**whose=mine**")
    asked = page.locator("li, article", has_text=word).first
    asked.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_text("Prompt copied.")).to_be_visible()
    asked.get_by_role("link", name="Reuse").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(f"A kite {word}")

    page.goto(f"{site.url}/staff/jobs/")
    page.get_by_text("More filters").click()
    page.get_by_role("checkbox", name="Done").click()
    page.wait_for_url("**state=done**")
    expect(page.get_by_text(f"A kite {word}")).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url("**/staff/jobs/")


@sizes
def test_notes_are_taken_back_and_a_job_goes_to_the_trash_and_back(
    signed_in: Page, site: Installation, size: tuple[int, int]
) -> None:
    page, word = sized(signed_in, size), uuid4().hex[:6]
    key = site.generate(f"A heron {word}")
    wait_for(lambda: site.state_of(key) == "done", "the clip", 60)
    page.goto(f"{site.url}/jobs/{key}/")
    page.get_by_label("Tag", exact=True).fill(word)
    page.get_by_role("button", name="Add the tag").click()
    page.get_by_role("button", name=f"Remove the tag {word}").click()
    expect(page.get_by_role("button", name=f"Remove the tag {word}")).to_have_count(0)
    page.get_by_label("Add a comment").fill("Too late.")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.locator("#comments").get_by_text("Too late.")
    expect(said).to_be_visible()
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Delete").click()
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".mp4")

    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_text("is in the trash")).to_be_visible()
    page.goto(f"{site.url}/library/trash/")
    page.locator(f"#restore-{key}").click()
    expect(page.locator(f"#restore-{key}")).to_have_count(0)


@sizes
def test_mail_quiet_hours_and_a_webhook_of_ones_own(signed_in: Page, site: Installation, size: tuple[int, int]) -> None:
    page = sized(signed_in, size)
    page.goto(f"{site.url}/account/notifications/")
    page.get_by_label("When a clip of mine is ready").check()
    page.get_by_label("From").fill("22:00")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Give both, or leave both empty for no quiet hours.")).to_be_visible()
    page.get_by_label("Until", exact=True).fill("07:00")
    page.get_by_label("My time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    expect(page.get_by_label("When a clip of mine is ready")).to_be_checked()
    page.get_by_label("When a clip of mine is ready").uncheck()
    for name in ("From", "Until"):
        page.get_by_label(name, exact=True).fill("")
    page.get_by_label("My time zone").select_option("UTC")
    page.get_by_role("button", name="Save").first.click()
    set_up_and_remove(page, page.locator("#webhook").get_by_label("Address", exact=True), "Set it up")


@sizes
def test_a_webhook_of_the_team(signed_in: Page, site: Installation, size: tuple[int, int]) -> None:
    page = sized(signed_in, size)
    page.goto(f"{site.url}/staff/webhooks/")
    page.get_by_role("link", name="Add a webhook").first.click()
    page.get_by_label("Name").fill(f"Editing {uuid4().hex[:6]}")
    set_up_and_remove(page, page.get_by_label("Address", exact=True), "Add it")


def set_up_and_remove(page: Page, address: Locator, add: str) -> None:
    address.fill("http://hooks.invalid/told")
    page.get_by_role("button", name=add).click()
    expect(page.get_by_text("Use an https address").first).to_be_visible()
    address.fill("https://hooks.invalid/told")
    page.get_by_role("button", name=add).click()
    if page.get_by_role("button", name="Make the secret").count():
        page.get_by_role("button", name="Make the secret").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Secret copied.")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Its name is not known.").first).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name="Remove it")).to_have_count(0)


def sized(page: Page, size: tuple[int, int]) -> Page:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return page

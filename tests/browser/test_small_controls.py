"""What no other journey touches: passwords, the archive's queue, the lists' links and filters, a card's buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import choose_provider, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

NEW = "another long passphrase"
MEMBER = "from generations.models import User; User.objects.create_user({!r}, {!r}, name='Ines Okafor')"
TROUBLE = """
SELECT o.id FROM generations_output o JOIN generations_job j ON j.id = o.job_id WHERE j.key = ? AND o.trouble <> ''
"""
ACCOUNT = """
from generations.models import Provider
from generations.services.providers import add_provider
add_provider({name!r}, "uniall", {url!r}, "sk-wrong", allow_private=True, in_flight=1, poll_interval=0.5)
"""
OFF = "UPDATE generations_provider SET enabled = 0 WHERE name = ?"
TRUSTED = "UPDATE generations_provider SET submit_failures = 0, cooling_until = NULL"


@pytest.fixture(autouse=True)
def small(signed_in: Page, strict: Strict) -> Page:
    """A phone in the dark: the width and theme that other journeys do not have."""
    strict.allowed = ("422", "400")
    signed_in.set_viewport_size({"width": 360, "height": 740})
    signed_in.emulate_media(color_scheme="dark")
    return signed_in


@pytest.fixture
def wrong(site: Installation) -> Iterator[str]:
    """A provider that refuses its key, so that its jobs wait."""
    name = f"Refuses {uuid4().hex[:6]}"
    site.python(ACCOUNT.format(name=name, url=f"http://127.0.0.1:{site.sandbox_port}"))
    yield name
    site.rows(OFF, name)


def test_a_password_is_forgotten_set_anew_and_changed(small: Page, site: Installation) -> None:
    page, email = small, f"ines-{uuid4().hex[:6]}@example.org"
    site.python(MEMBER.format(email, PASSWORD))
    sign_out(page)
    page.get_by_role("link", name="Forgotten").press("Enter")
    page.get_by_role("link", name="Back to sign in").press("Enter")
    page.get_by_role("link", name="Forgotten").press("Enter")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the link").press("Enter")
    page.goto(link_for(site, email))
    passwords(page, NEW)
    page.get_by_role("button", name="Set the password").press("Enter")
    expect(page.get_by_role("button", name="Set the password")).to_have_count(0)

    sign_in(page, site.url, email, NEW)
    account(page, "Change password").press("Enter")
    passwords(page, "x", PASSWORD)
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.locator(".invalid-feedback, .errorlist").first).to_be_visible()
    assert fits(page)
    passwords(page, NEW, PASSWORD)
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.get_by_text("Password successfully changed.")).to_be_visible()
    page.goto(site.url)
    sign_out(page)
    sign_in(page, site.url, email, PASSWORD)


def test_a_file_in_trouble_is_tried_again_and_given_up(small: Page, site: Installation) -> None:
    page, key = small, site.generate(f"A paper crane {uuid4().hex[:6]} [sandbox:bad-file]")
    found = wait_for(lambda: site.rows(TROUBLE, key.replace("-", "")), "the file's trouble", 60)[0][0]
    more(page, "Not archived").press("Enter")
    item = page.locator(f"#output-{found}")
    item.get_by_role("button", name="Try again now").press("Enter")
    expect(page.get_by_text("It is tried again now.")).to_be_visible()
    page.reload()
    item.get_by_role("button", name="Give up").press("Enter")
    expect(item.get_by_role("button", name="Give up")).to_have_count(0)
    page.get_by_role("link", name="Let go").press("Enter")
    expect(item).to_be_visible()
    assert fits(page)


@pytest.mark.matrix
def test_a_lost_job_is_looked_for_and_given_up(small: Page, site: Installation) -> None:
    page, prompts = small, ("A quiet lake", "A second lake")
    keys = [site.generate(f"{prompt} {uuid4().hex[:6]} [sandbox:lost-answer]") for prompt in prompts]
    wait_for(lambda: {site.state_of(key) for key in keys} == {"unknown"}, "the lost answers", 60)
    site.rows(TRUSTED)
    more(page, "Reconcile").press("Enter")
    case, other = (page.locator(f"#unknown-{key}") for key in keys)
    case.get_by_role("button", name="Look again now").press("Enter")
    expect(case.get_by_role("alert")).to_contain_text("Nothing to ask")
    case.get_by_text("Settle it without the provider").press("Enter")
    case.get_by_role("button", name="It was not made").press("Enter")
    wait_for(lambda: site.state_of(keys[0]) == "failed", "the end")
    other.get_by_text("Settle it without the provider").press("Enter")
    other.get_by_role("button", name="Give up").press("Enter")
    wait_for(lambda: site.state_of(keys[1]) in {"expired", "failed"}, "the other end")


def test_a_clip_is_played_kept_taken_again_and_found_from_every_list(small: Page, site: Installation) -> None:
    page, prompt = small, f"A heron lifts off {uuid4().hex[:6]}"
    site.generate(f"{prompt} [sandbox:moderation]")
    key = site.generate(prompt)
    wait_for(lambda: site.state_of(key) == "done", "the clip", 60)
    page.goto(site.url)
    card = page.locator(f"#job-{key}")
    heart = card.get_by_role("button", name="Favourite")
    for pressed in ("true", "false"):
        heart.press("Enter")
        expect(heart).to_have_attribute("aria-pressed", pressed)
    with page.expect_download() as download:
        card.get_by_role("link", name="Download").press("Enter")
    assert download.value.suggested_filename.endswith(".mp4")
    card.get_by_role("link", name="Reuse").press("Enter")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    page.goto(site.url)
    card.locator(f"#job-{key}-play").press("Enter")
    page.wait_for_url(f"**/jobs/{key}/**")
    page.locator("summary", has_text="What was sent").press("Enter")
    expect(page.get_by_text("Provider's id")).to_be_visible()
    page.locator("#comments").get_by_label("at 0:00").check()
    page.get_by_label("Add a comment").fill("Here it begins.")
    page.get_by_role("button", name="Comment", exact=True).press("Enter")
    expect(page.locator("#comments").get_by_role("link", name="0:00")).to_be_visible()

    page.goto(f"{site.url}/library/")
    page.get_by_label("Author").select_option(label="Admin")
    page.wait_for_url("**author=**")
    failed = page.locator("article", has_text=f"{prompt} [sandbox:moderation]")
    failed.get_by_role("link", name=prompt).first.press("Enter")
    page.get_by_role("button", name="Retry same").press("Enter")
    page.wait_for_url(lambda url: "/jobs/" in url)
    page.goto(f"{site.url}/library/")
    page.get_by_role("link", name="Trash").first.press("Enter")
    page.wait_for_url("**/library/trash/")
    page.goto(f"{site.url}/prompts/")
    page.get_by_role("link", name=prompt).first.press("Enter")
    page.wait_for_url("**/prompts/*/")

    page.goto(f"{site.url}/staff/jobs/")
    for label in ("Provider", "Author"):
        page.get_by_label(label).select_option(index=1)
        page.wait_for_url(f"**{label.lower()}=**")
    assert fits(page)


@pytest.mark.matrix
def test_what_waits_is_taken_back_from_card_page_and_queue(small: Page, site: Installation, wrong: str) -> None:
    page, word = small, uuid4().hex[:6]
    page.goto(site.url)
    choose_provider(page, wrong)
    for n in range(3):
        page.get_by_label("Prompt", exact=True).fill(f"Boat {n} {word}")
        page.get_by_label("Only me").check()
        page.get_by_role("button", name="Generate").press("Enter")
        expect(page.locator("article", has_text=f"Boat {n} {word}")).to_be_visible()
    more_of = page.locator("article", has_text=f"Boat 0 {word}")
    more_of.get_by_role("button", name="More actions").press("Enter")
    page.keyboard.press("Escape")
    more_of.get_by_role("button", name="Cancel").press("Enter")
    expect(more_of).to_have_attribute("data-state", "cancelled")
    page.locator("#tray-pill").press("Enter")
    page.locator("#tray").get_by_role("link", name=f"Boat 1 {word}").press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    page.goto(f"{site.url}/queue/")
    page.get_by_role("link", name=f"Boat 2 {word}").press("Enter")
    page.wait_for_url("**/jobs/**")

    page.goto(f"{site.url}/staff/jobs/")
    page.locator(".note", has_text=wrong).get_by_role("link", name="its page").press("Enter")
    page.get_by_role("button", name="Refresh from the catalogue").press("Enter")
    for button in ("Resume", "Stop offering"):
        page.get_by_role("button", name=button).press("Enter")
        expect(page.get_by_role("button", name=button)).to_have_count(0)


@pytest.mark.matrix
def test_a_file_of_clips_takes_what_its_rows_leave_open(small: Page, site: Installation) -> None:
    page, word = small, uuid4().hex[:6]
    page.goto(site.url)
    page.get_by_role("link", name="Make many clips from a CSV file").press("Enter")
    page.get_by_label("Or its text").fill(f"prompt\nA kite {word}\n")
    destination = page.locator("[name=destination]")
    sandbox = destination.locator("option", has_text="Sora 2 landscape, 4 s").first.get_attribute("value")
    destination.select_option(sandbox)
    page.locator("[name=aspect_ratio]").select_option(index=1)
    page.locator("[name=seconds]").select_option(index=1)
    page.locator("[name=visibility]").select_option(index=1)
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.get_by_role("table")).to_contain_text(word)
    assert fits(page)
    page.get_by_label("Or its text").fill(f"prompt\nTwo kites {word}\n")
    page.get_by_role("button", name="Preview again").press("Enter")
    expect(page.get_by_role("table")).to_contain_text(f"Two kites {word}")


@pytest.mark.matrix
def test_the_account_and_the_rest_of_the_staffs_menu(small: Page, site: Installation) -> None:
    page = small
    account(page, "Notifications").press("Enter")
    page.wait_for_url("**/account/notifications/")
    page.get_by_role("button", name="Account of").press("Enter")
    page.get_by_label("Dark", exact=True).check()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_label("System", exact=True).check()
    page.keyboard.press("Escape")
    more(page, "Webhooks").press("Enter")
    page.wait_for_url("**/staff/webhooks/")
    more(page, "Admin").press("Enter")
    page.wait_for_url("**/admin/**")


def sign_out(page: Page) -> None:
    account(page, "Sign out").press("Enter")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def account(page: Page, name: str) -> Locator:
    page.get_by_role("button", name="Account of").press("Enter")
    return page.locator("#account").get_by_text(name, exact=True)


def more(page: Page, name: str) -> Locator:
    page.get_by_role("button", name="More", exact=True).press("Enter")
    return page.locator("#more").get_by_role("link", name=name)


def passwords(page: Page, *given: str) -> None:
    """Into the password fields; the last one into what is left of them."""
    fields = page.locator("input[type=password]").all()
    for field, value in zip(fields, [*given, *[given[-1]] * len(fields)], strict=False):
        field.fill(value)


def link_for(site: Installation, email: str) -> str:
    """The address in the newest mail to somebody, which this portal writes as a file."""

    def written() -> str:
        mails = [path.read_text() for path in site.data.joinpath("mail").glob("*")]
        mine = [mail.replace("=\n", "") for mail in mails if email in mail]
        found = [re.search(r"http\S+/password/reset/key/\S+", mail) for mail in mine]
        return next((each[0] for each in found if each), "")

    return str(wait_for(written, "the mail"))

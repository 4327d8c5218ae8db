"""People and the audit log in a real browser: every control of their pages, at a desk and on a phone in the dark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.controls import record
from tests.browser.helpers import EMAIL, complaints, fits
from tests.processes.harness import PASSWORD, Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

DESK, PHONE = (1280, 900), pytest.param((360, 780), marks=pytest.mark.matrix)
sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
LONG = """
from generations.models import User
from generations.services.audit import note
mara = User.objects.order_by("pk").first()
for n in range(60):
    note(mara, "model changed", "{word}", {{"note": ("a", "<b>long</b> " * 30), "seconds": (n, n + 1)}})
"""


@pytest.fixture(autouse=True)
def refusals(strict: Strict) -> None:
    """Chromium logs every 422 and 404: a form that comes back, a link that does not work."""
    strict.allowed = ("422", "404", "inline style")


@pytest.fixture
def admin(signed_in: Page, size: tuple[int, int]) -> Page:
    return sized(signed_in, size)


@pytest.fixture
def outside(chromium: Browser, size: tuple[int, int]) -> Iterator[Page]:
    """Another person's browser."""
    context = chromium.new_context()
    record(context)
    yield sized(context.new_page(), size)
    context.close()


def sized(page: Page, size: tuple[int, int]) -> Page:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if size[0] < 1000:
        page.emulate_media(color_scheme="dark")
    return page


def invite(page: Page, site: Installation, email: str, role: str = "Member") -> str:
    """Invite them; the link, which the page shows once."""
    page.goto(f"{site.url}/staff/people/")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("E-mail").fill(email)
    choose(page.get_by_label("Role"), role)
    page.get_by_label("The link works for").select_option(label="30 days")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text(f"Copy the link for {email} now")).to_be_visible()
    return page.locator("#new-link").inner_text()


def choose(select: Locator, word: str) -> None:
    """The option that begins so: a role is explained behind its name."""
    select.select_option(label=select.locator("option", has_text=word).first.inner_text())


def come_in(page: Page, link: str, name: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_text("Your account is ready.")).to_be_visible()


def row(page: Page, email: str) -> Locator:
    return page.locator("table.people tr", has_text=email)


@sizes
def test_somebody_is_invited_comes_in_and_is_switched_off(admin: Page, outside: Page, site: Installation) -> None:
    word = uuid4().hex[:6]
    email, name = f"{word}@example.org", f"Ines {word}"
    link = invite(admin, site, email)
    assert fits(admin)
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.get_by_role("button", name="Copy").click()
    expect(admin.get_by_text("Link copied.")).to_be_visible()
    assert admin.evaluate("navigator.clipboard.readText()") == link

    outside.goto(link)
    assert fits(outside)
    assert complaints(outside) == []
    outside.get_by_label("Your name").fill(name)
    outside.get_by_label("Password", exact=True).fill(PASSWORD)
    outside.get_by_label("Password, again").fill("another one altogether")
    outside.get_by_role("button", name="Come in").click()
    expect(outside.get_by_text("The two passwords are not the same.")).to_be_visible()
    come_in(outside, link, name)
    outside.get_by_role("button", name="Account of").click()
    expect(outside.locator("#account")).to_contain_text(email)

    admin.goto(link)
    expect(admin.get_by_text("You are signed in here as")).to_have_count(0)  # used: it looks like one that never was
    expect(admin.get_by_role("heading", name="This invitation does not work")).to_be_visible()

    admin.goto(f"{site.url}/staff/people/")
    row(admin, email).get_by_role("link").click()
    expect(admin.get_by_role("button", name="End Chrome on Linux")).to_be_visible()
    admin.get_by_role("button", name="Switch off").click()
    expect(admin.get_by_text("is switched off and signed out everywhere.")).to_be_visible()
    outside.goto(f"{site.url}/library/")
    expect(outside.get_by_role("heading", name="Sign in")).to_be_visible()
    admin.get_by_role("button", name="Let them sign in again").click()
    expect(admin.get_by_text("can sign in again.")).to_be_visible()
    assert fits(admin)


@sizes
def test_a_person_s_page(admin: Page, outside: Page, site: Installation) -> None:
    word = uuid4().hex[:6]
    email, name = f"{word}@example.org", f"Noa {word}"
    come_in(outside, invite(admin, site, email, "Reviewer"), name)
    admin.get_by_role("link", name="All people").click()
    row(admin, email).get_by_role("link").click()

    admin.get_by_label("Name").fill(f"Noah {word}")
    choose(admin.get_by_label("Role"), "Member")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", name=f"Noah {word}", level=1)).to_be_visible()
    expect(admin.locator(".line-time .changes").first).to_contain_text("reviewer")
    admin.get_by_label("E-mail").fill("nobody@nowhere")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Mend what is marked below.")).to_be_visible()
    assert fits(admin)

    admin.reload()
    here = admin.url
    admin.get_by_role("link", name="Give them a budget").click()
    expect(admin.get_by_label("Whose")).to_have_value(f"member_id:{here.rstrip('/').rpartition('/')[2]}")
    admin.get_by_label("Amount a month").fill("12")
    admin.get_by_role("button", name="Add it").click()
    admin.get_by_role("link", name="Add a group").click()
    admin.get_by_label("Name").fill(f"Crew {word}")
    admin.get_by_label(f"Noah {word}").check()
    admin.get_by_role("button", name="Add it").click()
    admin.goto(here)
    expect(admin.get_by_text("$12.00 left of $12.00")).to_be_visible()
    admin.get_by_role("link", name=f"Crew {word}").click()
    expect(admin.get_by_label("Name")).to_have_value(f"Crew {word}")
    admin.goto(here)
    admin.get_by_role("link", name="All budgets").click()
    admin.wait_for_url("**/staff/budgets/")
    admin.goto(here)
    admin.get_by_role("link", name="Their jobs").click()
    admin.wait_for_url("**/staff/jobs/?author=*")
    admin.goto(here)
    assert complaints(admin) == []

    admin.get_by_role("button", name="End Chrome on Linux").click()
    expect(admin.get_by_text("They are signed in nowhere.")).to_be_visible()
    outside.goto(site.url)
    outside.get_by_label("E-mail").fill(email)
    outside.get_by_label("Password").fill(PASSWORD)
    outside.get_by_role("button", name="Sign in").click()
    outside.wait_for_url(f"{site.url}/")
    admin.goto(here)
    admin.get_by_role("button", name="End all").click()
    expect(admin.get_by_text("They are signed in nowhere.")).to_be_visible()

    admin.get_by_role("link", name="All about them").click()
    expect(admin.locator(".audit-line")).not_to_have_count(0)
    expect(admin.get_by_label("To what")).to_have_value(email)
    admin.goto(here)
    admin.get_by_role("link", name="All they did").click()
    expect(admin.locator(".audit-line")).to_have_count(1)
    expect(admin.locator(".audit-line")).to_contain_text("Invitation accepted")


@sizes
def test_the_list_is_narrowed_and_open_invitations_are_renewed_and_revoked(
    admin: Page, outside: Page, site: Installation
) -> None:
    word = uuid4().hex[:6]
    email, waits = f"{word}@example.org", f"waits-{word}@example.org"
    come_in(outside, invite(admin, site, email), f"Ravi {word}")
    old = invite(admin, site, waits)
    admin.goto(f"{site.url}/staff/people/")
    assert fits(admin)
    waiting = admin.locator(".share-row", has_text=waits)
    waiting.get_by_role("button", name="New link").click()
    anew = admin.locator("#new-link").inner_text()
    outside.goto(old)
    expect(outside.get_by_role("heading", name="This invitation does not work")).to_be_visible()
    admin.goto(anew)
    expect(admin.get_by_text("You are signed in here as")).to_be_visible()
    admin.get_by_role("link", name="Back to the portal").click()
    admin.goto(f"{site.url}/staff/people/")
    waiting.get_by_role("button", name="Revoke").click()
    expect(admin.get_by_text("The invitation is revoked.")).to_be_visible()
    expect(waiting).to_have_count(0)

    admin.get_by_label("Search").fill(word)
    admin.get_by_label("Search").press("Enter")
    admin.wait_for_url(f"**q={word}**")
    expect(admin.locator("table.people tbody tr")).to_have_count(1)
    for label, option, is_there in (("State", "Switched off", 0), ("State", "Can sign in", 1), ("Group", "Any", 1)):
        choose(admin.get_by_label(label), option)
        expect(admin.locator("table.people tbody tr")).to_have_count(is_there)
    choose(admin.get_by_label("Role"), "Admin")
    expect(admin.get_by_role("heading", name="Nobody matches")).to_be_visible()
    assert fits(admin)
    admin.get_by_role("link", name="Clear the filters").click()
    admin.wait_for_url("**/staff/people/")
    admin.get_by_label("Search").fill(word)
    admin.get_by_label("Search").press("Enter")
    admin.get_by_role("link", name="Clear", exact=True).click()
    admin.wait_for_url("**/staff/people/")


@sizes
def test_the_audit_log_is_narrowed_unfolded_and_taken_along(admin: Page, site: Installation, tmp_path: Path) -> None:
    word = uuid4().hex[:6]
    site.python(LONG.format(word=word))
    admin.goto(f"{site.url}/staff/audit/")
    admin.get_by_label("To what").fill(word)
    admin.get_by_label("To what").press("Enter")
    admin.wait_for_url(f"**object={word}**")
    lines = admin.locator(".audit-line")
    expect(lines).to_have_count(50)
    assert fits(admin)
    admin.get_by_text("All of it").first.click()
    expect(admin.locator(".whole p").first).to_be_visible()
    assert complaints(admin) == []
    admin.get_by_role("link", name="Load more").click()
    expect(lines).to_have_count(60)

    for kind, name in (("csv", "CSV"), ("jsonl", "JSON lines")):
        with admin.expect_download() as download:
            admin.get_by_role("link", name=name).click()
        file = tmp_path / kind
        download.value.save_as(file)
        text = file.read_text()
        assert text.count(word) == 60
    assert json.loads(text.splitlines()[0])["changes"]["seconds"] == [59, 60]

    choose(admin.get_by_label("What was done", exact=True), "Model changed")
    choose(admin.get_by_label("Who", exact=True), "By command")
    expect(admin.get_by_role("heading", name="No line matches")).to_be_visible()
    admin.get_by_role("link", name="Clear the filters").click()
    admin.get_by_label("From").fill("2026-01-01")
    admin.get_by_label("From").blur()
    admin.wait_for_url("**since=2026-01-01**")
    admin.get_by_label("until").fill("2026-01-02")
    admin.get_by_label("until").blur()
    admin.wait_for_url("**until=2026-01-02**")
    expect(admin.get_by_role("heading", name="No line matches")).to_be_visible()
    admin.get_by_role("link", name="Clear", exact=True).click()
    admin.wait_for_url("**/staff/audit/")


@sizes
def test_without_scripts_all_of_it_works(chromium: Browser, site: Installation, size: tuple[int, int]) -> None:
    word = uuid4().hex[:6]
    context = chromium.new_context(java_script_enabled=False)
    page = sized(context.new_page(), size)
    page.goto(site.url)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    link = invite(page, site, f"{word}@example.org")
    page.goto(f"{site.url}/staff/audit/")
    page.get_by_label("To what").fill(word)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".audit-line")).to_have_count(1)
    context.clear_cookies()
    page.goto(link)
    page.get_by_label("Your name").fill("Sol")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url(f"{site.url}/")
    context.close()

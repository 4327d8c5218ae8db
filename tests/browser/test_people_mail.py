"""People in a portal that sends mail: what goes to their mailbox, and what its links do in a real browser."""

from __future__ import annotations

import email
import re
import shutil
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.controls import record
from tests.browser.helpers import complaints, sign_in
from tests.processes.harness import PASSWORD, Installation, portal

pytestmark = [pytest.mark.browser, pytest.mark.process]

WHO = "noa@example.org"


@pytest.fixture(scope="module")
def posting(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """It believes in its mail server; each mail is a file."""
    data = shutil.copytree(prepared, tmp_path_factory.mktemp("posting") / "data")
    installation = Installation(data, SANDBOX_SPEED="4", EMAIL_URL="file:///mail")
    with portal(installation):
        yield installation


@pytest.fixture
def admin(chromium: Browser, posting: Installation) -> Iterator[Page]:
    yield from _browser(chromium, posting, is_known=True)


@pytest.fixture
def outside(chromium: Browser, posting: Installation) -> Iterator[Page]:
    """Another person's browser, on a phone."""
    yield from _browser(chromium, posting, is_known=False)


def _browser(chromium: Browser, on: Installation, *, is_known: bool) -> Iterator[Page]:
    context = chromium.new_context() if is_known else chromium.new_context(viewport={"width": 360, "height": 780})
    record(context)
    page = context.new_page()
    if is_known:
        sign_in(page, on.url)
    yield page
    context.close()


def link_in_last_mail(on: Installation, to: str) -> str:
    """The address in the newest mail, which went to this mailbox."""
    newest = max((on.data / "mail").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    mail = email.message_from_bytes(newest.read_bytes().split(b"-" * 79)[-2], policy=default)
    assert mail["To"] == to
    [link] = re.findall(r"http\S+", mail.get_content())
    return str(link)


def waiting(page: Page) -> Locator:
    return page.locator(".share-row", has_text=WHO)


def set_password(page: Page, first: str, second: str, password: str) -> None:
    page.get_by_label(first, exact=True).fill(password)
    page.get_by_label(second).fill(password)


def test_an_invitation_by_mail_then_a_password_link(admin: Page, outside: Page, posting: Installation) -> None:
    admin.goto(f"{posting.url}/staff/people/invite/")
    admin.get_by_label("E-mail").fill(WHO)
    admin.get_by_label("How they get it").select_option(label="By mail")
    admin.get_by_role("button", name="Invite").click()
    expect(admin.get_by_text(f"The invitation is on its way to {WHO}.")).to_be_visible()
    first = link_in_last_mail(posting, WHO)

    waiting(admin).get_by_role("button", name="Send anew").click()
    expect(admin.get_by_text(f"The invitation is on its way to {WHO}.")).to_be_visible()
    outside.goto(first)
    expect(outside.get_by_role("heading", name="This invitation does not work")).to_be_visible()

    anew = link_in_last_mail(posting, WHO)
    outside.goto(anew)
    outside.get_by_label("Your name").fill("Noa")
    set_password(outside, "Password", "Password, again", PASSWORD)
    outside.get_by_role("button", name="Come in").click()
    expect(outside.get_by_text("Your account is ready.")).to_be_visible()

    admin.goto(f"{posting.url}/staff/people/")
    admin.locator("table.people tr", has_text=WHO).get_by_role("link").click()
    assert complaints(admin) == []
    admin.get_by_role("button", name="Send a password link").click()
    expect(admin.get_by_text(f"The link is on its way to {WHO}.")).to_be_visible()
    outside.context.clear_cookies()
    outside.goto(link_in_last_mail(posting, WHO))
    set_password(outside, "New Password", "New Password (again)", new := f"{PASSWORD}-2")
    outside.get_by_role("button", name="Set the password").click()
    outside.goto(posting.url)
    outside.get_by_label("E-mail").fill(WHO)
    outside.get_by_label("Password").fill(new)
    outside.get_by_role("button", name="Sign in").click()
    outside.wait_for_url(f"{posting.url}/")


def test_an_invitation_that_somebody_else_opens(admin: Page, posting: Installation) -> None:
    """Two people at one computer: who is signed in signs out first, and finds the form then."""
    admin.goto(f"{posting.url}/staff/people/invite/")
    admin.get_by_label("E-mail").fill("ravi@example.org")
    admin.get_by_label("How they get it").select_option(label="I copy it")
    admin.get_by_role("button", name="Invite").click()
    link = admin.locator("#new-link").inner_text()
    admin.goto(link)
    assert complaints(admin) == []
    admin.get_by_role("main").get_by_role("button", name="Sign out").click()
    admin.wait_for_url("**/login/**")
    admin.goto(link)
    expect(admin.get_by_label("Your name")).to_be_visible()

"""The browser on this machine, and the way in."""

from __future__ import annotations

import shutil

from playwright.sync_api import Page, expect

from tests.processes.harness import PASSWORD

EMAIL = "admin@localhost"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOW_TO_GET = "No Chromium or Chrome was found. On Debian or Ubuntu: sudo apt-get install chromium"
# Without these a browser on a closed network keeps looking for its maker's hosts.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def sign_in(page: Page, url: str, email: str = EMAIL, password: str = PASSWORD) -> None:
    page.goto(url)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


def choose_provider(page: Page, label: str) -> None:
    """Choose it in the composer, and wait until the server has answered with what it offers."""
    shown = page.locator("select[name=provider] option[selected]")
    if shown.inner_text() != label:
        page.get_by_label("Provider").select_option(label=label)
        expect(shown).to_have_text(label)

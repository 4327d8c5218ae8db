"""A real portal and a real Chromium, one of each for all browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, sync_playwright

from tests.browser.controls import record
from tests.browser.helpers import CHROMIUM, HOW_TO_GET, QUIET, sign_in
from tests.conftest import needs
from tests.processes.harness import Installation, portal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed says what its browser showed: the address and the words of each open page."""
    report = yield
    context = getattr(item, "funcargs", {}).get("context")
    if report.when == "call" and report.failed and context:
        report.sections += [("page " + page.url, page.locator("body").inner_text()) for page in context.pages]
    return report


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    """Ends with its module: Playwright keeps an event loop on this thread, which database tests must not meet."""
    needs(CHROMIUM, HOW_TO_GET)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A portal that runs for the whole session."""
    data = shutil.copytree(prepared, tmp_path_factory.mktemp("browser") / "data")
    installation = Installation(data, SANDBOX_SPEED="4")
    with portal(installation):
        yield installation


class Strict:
    """Watches a page: `complaints` must stay empty. A console error, a CSP violation, a request elsewhere is one."""

    def __init__(self, page: Page, host: str) -> None:
        self.complaints: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self.host = host
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in self.allowed):
            self.complaints.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.complaints.append(f"request to {request.url}")


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    record(context)
    yield context
    context.close()


@pytest.fixture
def strict(context: BrowserContext, site: Installation) -> Iterator[Strict]:
    page = context.new_page()
    watching = Strict(page, f"localhost:{site.port}")
    yield watching
    assert watching.complaints == []


@pytest.fixture
def page(strict: Strict, context: BrowserContext) -> Page:
    return context.pages[0]


@pytest.fixture
def signed_in(page: Page, site: Installation) -> Page:
    sign_in(page, site.url)
    return page

"""Every page, in every width, theme and language: it fits, stands still, loads fast and is reached by every key."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits, shift, sign_in, unreached
from tests.browser.tour import Stop, plant, tour
from tests.processes.harness import Installation, portal

pytestmark = [pytest.mark.browser, pytest.mark.process]

HEIGHTS = {1280: 900, 360: 740}
SHIFT_MOST, FIRST_LOAD_MOST = 0.02, 120_000


@dataclass(frozen=True, slots=True)
class Cell:
    """How a page is looked at."""

    width: int
    scheme: Any
    locale: str = "en-GB"

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.locale}"


@dataclass(frozen=True, slots=True)
class Planted:
    """A portal with something on every page, and somebody who is signed in to it."""

    site: Installation
    keys: Mapping[str, str]
    signed_in: Any


GRID = [Cell(width, scheme) for width in HEIGHTS for scheme in ("light", "dark")]
CHINESE = Cell(360, "light", "zh-CN")


@pytest.fixture(scope="module")
def planted(prepared: Path, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Planted]:
    data = shutil.copytree(prepared, tmp_path_factory.mktemp("tour") / "data")
    installation = Installation(data, SANDBOX_SPEED="20")
    with portal(installation):
        keys = plant(installation)
        page = chromium.new_page()
        sign_in(page, installation.url)
        yield Planted(installation, keys, page.context.storage_state())
        page.context.close()


def walk(chromium: Browser, at: Planted, cell: Cell, stops: list[Stop], *, keys: bool) -> dict[str, list[str]]:
    """What is wrong with which page."""
    wrong: dict[str, list[str]] = {}
    for stranger in (False, True):
        state = None if stranger else at.signed_in
        size = {"width": cell.width, "height": HEIGHTS[cell.width]}
        context = chromium.new_context(viewport=size, color_scheme=cell.scheme, locale=cell.locale, storage_state=state)  # type: ignore[arg-type]
        page = context.new_page()
        strict = Strict(page, f"localhost:{at.site.port}")
        strict.allowed = ("404", "inline style")  # the page that is not there, and axe's own style
        for stop in (stop for stop in stops if stop.stranger == stranger):
            page.goto(f"{at.site.url}{stop.path}")
            if cell != CHINESE:  # the tour finds its way by English words
                stop.do(page)
            wrong[f"{stop.name}, {cell}"] = [*seen(page, keys), *strict.complaints]
            strict.complaints.clear()
        context.close()
    return {name: found for name, found in wrong.items() if found}


def seen(page: Page, keys: bool) -> Iterator[str]:
    if (moved := shift(page)) > SHIFT_MOST:
        yield f"it moves while it loads: {moved:.3f}"
    if not fits(page):
        yield "it sticks out at the side"
    yield from complaints(page)
    yield from (f"no key reaches {one}" for one in unreached(page)) if keys else ()


@pytest.mark.smoke
def test_every_page_once(chromium: Browser, planted: Planted) -> None:
    """Each page in one cell of the grid; its neighbours are in the next."""
    stops = tour(planted.keys)
    wrong: dict[str, list[str]] = {}
    for turn, cell in enumerate(cells := [*GRID, CHINESE]):
        wrong |= walk(chromium, planted, cell, stops[turn :: len(cells)], keys=False)
    assert wrong == {}


@pytest.mark.matrix
@pytest.mark.parametrize("cell", [*GRID, CHINESE], ids=str)
def test_every_page_in_every_width_and_theme(chromium: Browser, planted: Planted, cell: Cell) -> None:
    assert walk(chromium, planted, cell, tour(planted.keys), keys=True) == {}


@pytest.mark.smoke
def test_the_first_load_of_create_is_small(chromium: Browser, planted: Planted) -> None:
    """All that a browser fetches that has never been here, on the wire, but for the posters of clips."""
    context = chromium.new_context(storage_state=planted.signed_in)
    page, came = context.new_page(), dict[str, float]()
    posters: set[str] = set()

    def answered(event: dict[str, Any]) -> None:
        posters.update([event["requestId"]] if "/poster/" in event["response"]["url"] else [])

    def loaded(event: dict[str, Any]) -> None:
        came[event["requestId"]] = event["encodedDataLength"]

    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", loaded)
    page.goto(planted.site.url, wait_until="networkidle")
    context.close()
    assert len(came) > len(posters) + 5
    assert sum(size for name, size in came.items() if name not in posters) <= FIRST_LOAD_MOST

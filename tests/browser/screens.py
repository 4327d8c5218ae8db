"""Pictures taken from a real portal: the README's, and every page in both widths and themes. `make screens`."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.helpers import CHROMIUM, QUIET, sign_in
from tests.browser.tour import plant, tour
from tests.processes.harness import ROOT, Installation, portal

README = {"create": "create", "job-done": "job", "library": "library", "prompts": "prompts"}
README_FOLDER, FOLDER = ROOT / "docs" / "screenshots", ROOT / "docs" / "screens"
SIZES = {1280: 900, 360: 740}
LONGEST = 2400  # pixels of a page; what is below repeats what is above
SETTLED = 600


def main() -> None:
    for folder in (README_FOLDER, FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        installation = Installation(Path(data) / "data", SANDBOX_SPEED="8")
        with portal(installation), sync_playwright() as driver:
            at = plant(installation)
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for width in SIZES:
                for scheme in ("light", "dark"):
                    walk(browser, installation, at, width, scheme)
            browser.close()
    sys.stdout.write(f"Pictures are in {README_FOLDER} and {FOLDER}\n")


def walk(browser: Browser, on: Installation, at: Mapping[str, str], width: int, scheme: str) -> None:
    """Picture every page in one width and theme: first those a stranger sees, then the others, signed in."""
    page = browser.new_page(viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme)  # type: ignore[arg-type]
    stops = sorted(tour(at), key=lambda stop: not stop.stranger)
    for before, stop in zip([None, *stops], stops, strict=False):
        if not stop.stranger and (before is None or before.stranger):
            sign_in(page, on.url)
        page.goto(f"{on.url}{stop.path}")
        stop.do(page)
        page.wait_for_timeout(SETTLED)
        keep(page, f"{stop.name}-{width}-{scheme}", width)
        if (width, scheme) == (1280, "light") and stop.name in README:
            page.screenshot(path=README_FOLDER / f"{README[stop.name]}.png")
    page.context.close()


def keep(page: Page, name: str, width: int) -> None:
    """The whole page, small: a picture to look at, not to measure."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
    shot = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    Image.open(io.BytesIO(shot)).convert("RGB").save(FOLDER / f"{name}.webp", quality=50, method=6)


if __name__ == "__main__":
    main()

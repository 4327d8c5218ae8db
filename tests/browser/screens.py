"""Pictures for the README, taken from a real portal: `make screens`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.helpers import CHROMIUM, QUIET, sign_in
from tests.processes.harness import ROOT, Installation, portal, wait_for

FOLDER = ROOT / "docs" / "screenshots"
DONE = [
    ("sora2-landscape-8s", "Dunes at dusk breathe like a sleeping animal; one line of footprints appears"),
    ("sora2-portrait-4s", "Paper lanterns rise over the village, one of them hesitates and turns back"),
    ("sora2-landscape-4s", "Macro: frost crystals growing over a leaf, time-lapse"),
    ("sora2-landscape-4s", "Newsreel of a famous head of state slipping on a banana peel [sandbox:moderation]"),
]
LIVE = [
    ("sora2-landscape-8s", "Two paper boats race down a rain gutter, low angle, golden backlight"),
    ("sora2-landscape-12s", "Stop-motion breakfast: the egg cracks itself, the toast butters itself"),
    ("sora2-landscape-8s", "A lighthouse keeper polishes the great lens while a storm builds outside"),
]
DRAFT = "A ceramic fox wakes on a windowsill at blue hour, shakes off its glaze and watches the first tram pass."
PEOPLE = "from generations.models import User; User.objects.update(name='Mara Lindqvist')"
SLOTS = "from generations.models import Provider; Provider.objects.update(in_flight=2)"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "data")
        with portal(installation, SANDBOX_SPEED="40") as running:
            installation.python(f"{PEOPLE}\n{SLOTS}")
            asked = [installation.generate(prompt, model) for model, prompt in DONE]
            wait_for(lambda: all(installation.state_of(key) in {"done", "failed"} for key in asked), "the clips", 60)
            running.interrupt()
            running.ended()
        with portal(installation, SANDBOX_SPEED="0.8"), sync_playwright() as driver:
            for model, prompt in LIVE:
                installation.generate(prompt, model)
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
            sign_in(page, installation.url)
            take(page, installation, asked[0])
            browser.close()


def take(page: Page, installation: Installation, key: str) -> None:
    page.get_by_label("Prompt").fill(DRAFT)
    page.wait_for_timeout(9000)  # some way into rendering
    page.screenshot(path=FOLDER / "create.png")
    for name, path in (("job", f"/jobs/{key}/"), ("library", "/library/"), ("prompts", "/prompts/")):
        page.goto(f"{installation.url}{path}")
        page.wait_for_timeout(600)
        page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"Pictures are in {FOLDER}\n")


if __name__ == "__main__":
    main()

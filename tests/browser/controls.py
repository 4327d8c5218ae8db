"""Which controls no browser test has used. `make controls` runs those tests, walks every page, and names the rest.

Those that stand there only while scripts do not run are left to tests/browser/test_plain.py.
A control is known by its kind, by where it leads (addresses without their numbers) and by its name.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.helpers import CHROMIUM, QUIET, sign_in
from tests.browser.tour import plant, tour
from tests.processes.harness import Installation, portal

USED = "CONTROLS_USED"  # the file that the tests add to
KEY = r"""
window.controlKey = element => {
  const plain = text => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, "*");
  const path = address => plain(new URL(address, location).pathname);
  const { localName, form, dataset } = element, link = localName === "a";
  const acts = dataset.hxGet || dataset.hxPost || form?.getAttribute("action") || (form && location.href);
  const skip = link && element.getAttribute("href").startsWith("#"); // the same on every page
  const to = link ? element.href : acts, where = skip ? element.hash : to && path(to);
  const words = element.textContent.trim().split(/\s+/).slice(0, 3).join(" ");
  const name = element.name || element.id || element.getAttribute("popovertarget") || (link ? "" : words);
  const sent = form && localName === "button" ? [...form.querySelectorAll("[name=to], [name=kind]")] : [];
  const parts = [localName, element.type, where, plain(name), ...sent.map(one => one.value)];
  return parts.filter(Boolean).join(" ");
};
"""
RECORD = (
    KEY
    + """
for (const kind of ["click", "input", "change"])
  addEventListener(kind, event => {
    const control = event.target.closest?.("a[href], button, input, select, textarea, summary");
    if (control) window.controlUsed(window.controlKey(control));
  }, { capture: true });
"""
)
SHOWN = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter(element => element.type !== "hidden" && !element.disabled && !element.closest(".no-js"))
  .filter(element => !element.form?.hidden)
  .map(window.controlKey)"""


def record(context: BrowserContext) -> None:
    """Note what this context's pages are used for, where somebody asked for it."""
    if not (path := os.environ.get(USED)):
        return

    def used(_source: object, key: str) -> None:
        with Path(path).open("a") as notes:
            notes.write(f"{key}\n")

    context.expose_binding("controlUsed", used)
    context.add_init_script(RECORD)


def shown(browser: Browser, on: Installation, at: Mapping[str, str]) -> dict[str, str]:
    """Every control of every page, and the first page it stands on."""
    found: dict[str, str] = {}
    for width in (1280, 360):
        for stranger in (True, False):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.context.add_init_script(KEY)
            if not stranger:
                sign_in(page, on.url)
            for stop in (stop for stop in tour(at) if stop.stranger == stranger):
                page.goto(f"{on.url}{stop.path}")
                stop.do(page)
                found |= {key: stop.name for key in page.evaluate(SHOWN) if key not in found}
            page.context.close()
    return found


def main() -> int:
    used = set(Path(os.environ[USED]).read_text().splitlines())
    with tempfile.TemporaryDirectory() as data:
        installation = Installation(Path(data) / "data", SANDBOX_SPEED="8")
        with portal(installation), sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            found = shown(browser, installation, plant(installation))
            browser.close()
    idle = {key: page for key, page in found.items() if key not in used}
    for key, page in sorted(idle.items(), key=lambda each: each[1]):
        sys.stdout.write(f"{page}: {key}\n")
    sys.stdout.write(f"{len(found) - len(idle)} of {len(found)} controls are used by a browser test.\n")
    return bool(idle)


if __name__ == "__main__":
    sys.exit(main())

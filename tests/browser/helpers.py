"""The browser on this machine, and the way in."""

from __future__ import annotations

import shutil

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.processes.harness import PASSWORD, wait_for

EMAIL = "admin@localhost"
expect.set_options(timeout=20_000)  # two cores that are busy with other tests are no failure
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


def to_staff(page: Page, group: str, name: str) -> None:
    """By the rail, whose groups are folded but for that of the page one is on."""
    rail = page.get_by_role("navigation", name="Main")
    if not rail.get_by_role("link", name=name).is_visible():
        rail.get_by_text(group, exact=True).press("Enter")
    rail.get_by_role("link", name=name).click()


def choose_provider(page: Page, label: str) -> None:
    """Choose it in the composer, and wait until the server has answered with what it offers."""
    shown = page.locator("select[name=provider] option[selected]")
    if shown.inner_text() != label:
        page.get_by_label("Provider").select_option(label=label)
        expect(shown).to_have_text(label)


def fits(page: Page) -> bool:
    """True when nothing sticks out at the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def complaints(page: Page) -> list[str]:
    """What a screen reader's user would stumble over."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


TIMES = "() => [...document.querySelectorAll('#compare video')].map(video => video.currentTime)"
READY = "() => [...document.querySelectorAll('#compare video')].every(v => v.readyState > 2 && !v.seeking)"


def times(page: Page) -> list[float]:
    """Where each of the compared clips stands, in seconds, once all their files are there."""
    wait_for(lambda: page.evaluate(READY), "the clips' files")
    return [float(at) for at in page.evaluate(TIMES)]


SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.hadRecentInput ? 0 : one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 200);
})"""


def shift(page: Page) -> float:
    """How far the page's parts have moved since it began to load, as browsers reckon it (CLS)."""
    return float(page.evaluate(SHIFT))


# A group of radio buttons is one stop of the Tab key; the arrows do the rest.
STOPS = """() => {
  const shown = element => element.checkVisibility({visibilityProperty: true}) && !element.closest("[inert]");
  const group = element => element.type === "radio" && !element.checked
    && document.querySelector(`input[type=radio][name="${element.name}"]:checked`);
  const taken = element => !element.disabled && element.tabIndex >= 0 && element.type !== "hidden";
  window.stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, video[controls]")]
    .filter(element => taken(element) && shown(element) && !group(element));
  document.activeElement.blur();
  return window.stops.length;
}"""
REACHED = """() => {
  const at = window.stops.indexOf(document.activeElement);
  if (at >= 0) delete window.stops[at];
  const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
  const bySelf = document.activeElement.matches("video, [type=radio]");
  return at < 0 || bySelf || outlineStyle !== "none" || boxShadow !== "none";
}"""


def unreached(page: Page) -> list[str]:
    """The controls that the Tab key does not come to, and those that do not show it."""
    dark = []
    for _ in range(page.evaluate(STOPS) + 10):
        page.keyboard.press("Tab")
        if not page.evaluate(REACHED):
            dark.append(page.evaluate("'focus is not seen on ' + document.activeElement.outerHTML.slice(0, 120)"))
    return dark + list(page.evaluate("window.stops.filter(Boolean).map(element => element.outerHTML.slice(0, 120))"))

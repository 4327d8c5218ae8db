"""The whole story in one browser: variants, the library, side by side, the winner, a fork, the trash, a way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import TIMES, choose_provider, fits, times
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

RENDERED = 120_000  # ms, for clips on a machine that is busy with other tests
LONG_AGO = "UPDATE generations_job SET trashed_at = datetime(trashed_at, '-400 days') WHERE key = ?"
CUT_OFF = ("htmx:sendAbort", "htmx:afterRequest")  # whoever goes to another page ends the question of this one
PURGE = "from generations.services.trash import purge_due; purge_due()"


@pytest.fixture(autouse=True)
def moving_on(strict: Strict) -> None:
    strict.allowed = CUT_OFF


def ask(page: Page, site: Installation, text: str, takes: int) -> None:
    """Ask for so many takes in the composer, and wait until each is a clip."""
    page.goto(site.url)
    choose_provider(page, "Sandbox (free test clips)")
    page.get_by_label("Model").select_option("sora2-landscape-4s")
    expect(page.get_by_label("4 s")).to_be_checked()
    page.get_by_role("group", name="Takes").get_by_text(str(takes), exact=True).click()
    expect(page.locator("#bill")).to_contain_text(f"Generate {takes} takes")
    page.get_by_label("Prompt", exact=True).fill(text)
    generate(page, text, takes)


def generate(page: Page, text: str, takes: int = 1) -> None:
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article[data-state=done]", has_text=text)).to_have_count(takes, timeout=RENDERED)


def find(page: Page, site: Installation, word: str, count: int) -> Locator:
    """The cards that the library finds by the word."""
    page.get_by_role("link", name="Library").first.click()
    page.get_by_label("Search prompts, tags and comments").fill(word)
    page.get_by_label("Search prompts, tags and comments").press("Enter")
    page.wait_for_url(f"{site.url}/library/?**q={word}**")
    cards = page.locator("article", has_text=word)
    expect(cards).to_have_count(count)
    return cards


def menu(page: Page, card: Locator) -> Locator:
    """A card's open menu, as the server sends it."""
    card.get_by_role("button", name="More actions").click()
    opened = page.locator(".menu:popover-open")
    expect(opened.get_by_role("button", name="Copy link")).to_be_visible()
    return opened


def abreast(page: Page, cards: Locator) -> None:
    """Choose them all by their buttons and open them side by side."""
    count = cards.count()
    for number in range(count):
        menu(page, cards.nth(number)).get_by_role("button", name="Compare with…").click()
        expect(page.locator("#chosen")).to_contain_text(f"{number + 1} clip")
    page.locator("#chosen").get_by_role("link", name="Compare").click()
    expect(page.locator("#compare video")).to_have_count(count)


def play_and_step(page: Page) -> None:
    """They play together, stop together, and go on by a frame together."""
    button = page.get_by_role("button", name="Play all")
    button.click()
    wait_for(lambda: min(page.evaluate(TIMES)) > 0.2, "all clips playing")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    stopped = times(page)
    page.get_by_role("button", name="One frame on").click()
    stepped = times(page)
    assert len(set(stopped)) == len(set(stepped)) == 1
    assert stopped[0] < stepped[0]


def pick(page: Page, number: int) -> str:
    """Call that clip the winner; its key."""
    told = page.locator(".told section").nth(number - 1)
    told.get_by_role("button", name="Pick the winner").click()
    expect(told.get_by_text("Winner, picked by")).to_be_visible()
    return (told.get_by_role("link", name="Open").get_attribute("href") or "").split("/")[-2]


def share(page: Page, card: Locator) -> str:
    """A link for people outside."""
    menu(page, card).get_by_role("link", name="Share outside").click()
    page.get_by_role("button", name="Make the link").click()
    return page.locator("#new-link").inner_text()


@contextmanager
def outside(chromium: Browser, site: Installation) -> Iterator[Page]:
    """Somebody's phone that knows nothing of the portal."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    guest = context.new_page()
    watched = Strict(guest, f"localhost:{site.port}")
    watched.allowed = ("404",)  # the link that will be revoked
    yield guest
    assert watched.complaints == []
    assert context.cookies() == []
    context.close()


def plays(guest: Page, link: str) -> None:
    guest.goto(link)
    guest.locator("video").evaluate("video => { video.muted = true; return video.play() }")
    wait_for(lambda: guest.locator("video").evaluate("video => video.currentTime > 0"), "the shared clip")


def fork(page: Page, winner: Locator, text: str) -> None:
    """From the clip to its prompt, and from there a changed one is sent."""
    winner.locator(".prompt").click()
    page.get_by_role("link", name="All its runs").click()
    expect(page.locator("article").get_by_text("Winner", exact=True)).to_have_count(1)
    page.get_by_role("link", name="Fork and edit").click()
    page.get_by_label("Prompt", exact=True).fill(text)
    generate(page, text)


def throw_away(page: Page, site: Installation, card: Locator) -> str:
    """Into the trash from the clip's own page; its key."""
    key = card.get_attribute("data-key") or ""
    card.locator(".prompt").click()
    page.get_by_role("button", name="Move to trash").click()
    wait_for(lambda: site.rows("SELECT 1 FROM generations_job WHERE key = ? AND trashed_at > ''", hexed(key)), key)
    return key


def hexed(key: str) -> str:
    return key.replace("-", "")


def is_remembered(page: Page, site: Installation, word: str, texts: int) -> None:
    """The prompt history still finds what was asked for by the word."""
    page.get_by_role("link", name="Prompts").first.click()
    page.get_by_label("Search every prompt").fill(word)
    page.get_by_label("Search every prompt").press("Enter")
    page.wait_for_url(f"{site.url}/prompts/?**q={word}**")
    expect(page.locator("li.asked", has_text=word)).to_have_count(texts)


@pytest.mark.smoke
def test_from_variants_to_the_winner_and_out_of_the_house(
    signed_in: Page, site: Installation, chromium: Browser
) -> None:
    page, word = signed_in, f"zephyr{uuid4().hex[:6]}"
    text, forked = f"A {word} carries a paper boat", f"A {word} carries a paper kite"
    ask(page, site, text, 3)
    cards = find(page, site, word, 3)
    abreast(page, cards)
    play_and_step(page)
    key = pick(page, 2)

    cards = find(page, site, word, 3)
    winner = page.locator(f"#job-{key}")
    expect(cards.get_by_text("Winner", exact=True)).to_have_count(1)
    expect(winner.get_by_text("Winner", exact=True)).to_be_visible()
    fork(page, winner, forked)

    # One of the losers is thrown away and removed for good as its time comes, the other one comes back.
    losers = find(page, site, word, 4).filter(has_text=text).filter(has_not_text="Winner")
    expect(losers).to_have_count(2)
    gone = throw_away(page, site, losers.first)
    site.rows(LONG_AGO, hexed(gone))
    site.python(PURGE)
    page.goto(f"{site.url}/jobs/{gone}/")
    expect(page.get_by_text("The clip was removed.")).to_be_visible()
    is_remembered(page, site, word, 2)
    back = throw_away(page, site, find(page, site, word, 3).filter(has_text=text).filter(has_not_text="Winner"))
    find(page, site, word, 2)
    page.get_by_role("link", name="Trash").click()
    expect(page.locator(f"#trash-{gone}")).to_have_count(0)
    page.locator(f"#trash-{back}").get_by_role("button", name="Restore").click()
    expect(page.locator(f"#trash-{back}")).to_have_count(0)
    expect(find(page, site, word, 3).and_(page.locator(f"#job-{back}"))).to_be_visible()

    link = share(page, winner)
    with outside(chromium, site) as guest:
        plays(guest, link)
        expect(guest.get_by_text(word)).to_have_count(0)
        page.get_by_role("button", name="Revoke").click()
        expect(page.get_by_text("revoked by")).to_be_visible()
        guest.reload()
        expect(guest.get_by_text("This link does not work any more")).to_be_visible()
        assert guest.request.get(f"{link}clip").status == 404


@pytest.mark.matrix
def test_the_same_on_a_phone(signed_in: Page, site: Installation, chromium: Browser) -> None:
    page, word = signed_in, f"sirocco{uuid4().hex[:6]}"
    page.set_viewport_size({"width": 360, "height": 740})
    ask(page, site, f"A {word} lifts the sand", 2)
    abreast(page, find(page, site, word, 2))
    assert fits(page)
    play_and_step(page)
    key = pick(page, 1)
    find(page, site, word, 2)
    winner = page.locator(f"#job-{key}")
    expect(winner.get_by_text("Winner", exact=True)).to_be_visible()
    link = share(page, winner)
    assert fits(page)
    with outside(chromium, site) as guest:
        plays(guest, link)

"""Two clips in step on one scrubber, the winner, and a link that somebody outside opens until it is revoked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import READY, TIMES, complaints, fits, sign_in, times, to_staff
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

FRAME = 1 / 24  # of the sandbox's clips, at most
SEEK = "(scrub, at) => { scrub.value = at; scrub.dispatchEvent(new Event('input', { bubbles: true })) }"


@pytest.fixture(scope="module")
def clips(site: Installation) -> list[str]:
    """A short clip and a longer one with another prompt."""
    word = uuid4().hex[:6]
    asked = [
        (f"A red kite {word} over the harbour", "sora2-landscape-4s"),
        (f"A blue kite {word} over the harbour", "sora2-landscape-8s"),
    ]
    keys = [site.generate(prompt, model) for prompt, model in asked]
    wait_for(lambda: all(site.state_of(key) == "done" for key in keys), "the clips", 90)
    return keys


def picture(page: Page, name: str) -> None:
    """Kept where somebody asked for it: PICTURES names the folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def apart(page: Page) -> float:
    """Seconds between the two clips now."""
    one, other = page.evaluate(TIMES)
    return abs(float(one) - float(other))


def side_by_side(page: Page, site: Installation, clips: list[str]) -> None:
    page.goto(f"{site.url}/compare/?job={clips[0]}&job={clips[1]}")
    wait_for(lambda: page.evaluate(READY), "the clips' files")


@pytest.mark.matrix
def test_two_clips_are_chosen_by_key_in_the_library(signed_in: Page, site: Installation, clips: list[str]) -> None:
    page, bar = signed_in, signed_in.locator("#chosen")
    page.goto(f"{site.url}/library/")
    expect(bar).to_be_hidden()
    card = page.locator(f"#job-{clips[0]}")
    card.get_by_role("button", name="More actions").press("Enter")
    card.get_by_role("button", name="Compare with…").press("Enter")
    expect(bar).to_contain_text("1 clip chosen")
    expect(bar.get_by_role("link", name="Compare")).to_be_hidden()
    page.locator(f"#job-{clips[1]}-p").focus()
    page.keyboard.press("c")
    expect(bar).to_contain_text("2 clips chosen")
    picture(page, "library-1280")
    page.reload()
    expect(page.locator(".picked")).to_have_count(2)
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    for key in clips:
        page.locator(f"#job-{key}-p").focus()
        page.keyboard.press("c")
    bar.get_by_role("link", name="Compare").press("Enter")
    page.wait_for_url(f"{site.url}/compare/?job={clips[0]}&job={clips[1]}")
    expect(page.locator("#compare video")).to_have_count(2)
    expect(page.locator("#chosen")).to_be_hidden()


def test_they_play_in_step(signed_in: Page, site: Installation, clips: list[str]) -> None:
    page = signed_in
    side_by_side(page, site, clips)
    scrub, button = page.get_by_label("Seek in all clips"), page.get_by_role("button", name="Play all")
    scrub.evaluate(SEEK, 2)
    assert times(page) == [2, 2]

    page.keyboard.press(".")
    first = times(page)
    page.keyboard.press(".")
    second = times(page)
    assert first[0] == first[1] > 2
    assert second[0] == second[1]
    assert 0 < second[0] - first[0] <= FRAME
    page.keyboard.press(",")
    assert times(page) == pytest.approx(first)
    page.get_by_role("button", name="One frame back").click()
    assert times(page)[0] < first[0]

    scrub.evaluate(SEEK, 0.5)
    page.locator("#main").focus()
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "true")
    wait_for(lambda: min(page.evaluate(TIMES)) > 1 and apart(page) <= FRAME, "clips in step")
    gaps = []
    for _ in range(12):
        page.wait_for_timeout(60)
        gaps.append(apart(page))
    assert sorted(gaps)[len(gaps) // 2] <= FRAME
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "false")
    stopped = times(page)
    assert stopped[0] == stopped[1]

    # The short one stops at its own end; the longer one goes on, and round again.
    scrub.evaluate(SEEK, 3.8)
    page.get_by_label("Speed").select_option("2")
    button.click()
    wait_for(lambda: page.evaluate(TIMES)[1] > 5, "the longer clip")
    assert page.evaluate(TIMES)[0] == pytest.approx(4, abs=0.1)
    wait_for(lambda: page.evaluate(TIMES)[1] < 1, "the loop")
    page.get_by_label("Loop").uncheck()
    scrub.evaluate(SEEK, 7.5)
    expect(button).to_have_attribute("aria-pressed", "false")
    assert times(page) == pytest.approx([4, 8], abs=0.1)

    scrub.evaluate(SEEK, 2.5)
    page.get_by_role("button", name="Copy link to this moment").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    page.goto(f"{page.url}&t=2.5")
    wait_for(lambda: page.evaluate(READY), "the clips' files")
    assert times(page) == [2.5, 2.5]


@pytest.mark.matrix
def test_one_clip_sounds_at_a_time(signed_in: Page, site: Installation, clips: list[str]) -> None:
    page, muted = signed_in, "() => [...document.querySelectorAll('#compare video')].map(video => video.muted)"
    side_by_side(page, site, clips)
    assert page.evaluate(muted) == [True, True]
    page.get_by_role("button", name="Sound of clip 1").click()
    assert page.evaluate(muted) == [False, True]
    page.keyboard.press("2")
    assert page.evaluate(muted) == [True, False]
    page.keyboard.press("2")
    assert page.evaluate(muted) == [True, True]


def test_the_winner_is_picked_while_they_stand(signed_in: Page, site: Installation, clips: list[str]) -> None:
    page = signed_in
    side_by_side(page, site, clips)
    told = page.locator(".told section").nth(1)
    expect(told.locator("ins")).to_contain_text("blue")
    page.get_by_label("Seek in all clips").evaluate(SEEK, 1)
    told.get_by_role("button", name="Pick the winner").click()
    expect(told.get_by_text("Winner, picked by")).to_be_visible()
    assert times(page) == [1, 1]
    page.goto(f"{site.url}/library/")
    expect(page.locator(f"#job-{clips[1]}").get_by_text("Winner")).to_be_visible()
    page.goto(f"{site.url}/jobs/{clips[1]}/")
    expect(page.get_by_text("Picked as the winner by")).to_be_visible()
    picture(page, "job-1280")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Take the pick back").click()
    expect(page.get_by_text("No longer the winner")).to_be_visible()


def test_a_link_opens_outside_until_it_is_revoked(
    signed_in: Page, strict: Strict, chromium: Browser, site: Installation, clips: list[str]
) -> None:
    page = signed_in
    page.goto(f"{site.url}/jobs/{clips[0]}/")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("link", name="Share outside").click()
    page.get_by_label("The link works for").select_option("1 day")
    page.get_by_label("Show the prompt, too").check()
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#new-link").inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    picture(page, "share-1280")

    outside = chromium.new_context(viewport={"width": 360, "height": 740})
    guest = outside.new_page()
    watched = Strict(guest, f"localhost:{site.port}")
    guest.goto(link)
    expect(guest.get_by_text("A red kite")).to_be_visible()
    guest.locator("video").evaluate("video => { video.muted = true; return video.play() }")
    wait_for(lambda: guest.locator("video").evaluate("video => video.currentTime > 0"), "the shared clip")
    assert fits(guest)
    assert outside.cookies() == []
    assert watched.complaints == []
    watched.allowed = ("404", "inline style")  # the page that will not be there, and axe's own style
    assert complaints(guest) == []
    picture(guest, "shared-360")

    page.goto(f"{site.url}/jobs/{clips[0]}/share/")
    expect(page.get_by_text("opened 1 time")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("revoked by")).to_be_visible()
    guest.reload()
    expect(guest.get_by_text("This link does not work any more")).to_be_visible()
    assert guest.request.get(f"{link}clip").status == 404
    picture(guest, "gone-360")
    outside.close()


@pytest.mark.matrix
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_its_pages_fit_and_are_read_out(
    chromium: Browser, site: Installation, clips: list[str], width: int, scheme: Any
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site.url)
    pair = f"job={clips[0]}&job={clips[1]}"
    stops = {
        "compare": f"/compare/?{pair}&job={uuid4()}",
        "compare-nothing": "/compare/",
        "share": f"/jobs/{clips[0]}/share/",
        "settings": "/staff/settings/",
    }
    for name, path in stops.items():
        page.goto(f"{site.url}{path}", wait_until="networkidle")
        picture(page, f"{name}-{width}-{scheme}")
        assert fits(page), name
        assert complaints(page) == [], name
    context.close()


@pytest.mark.matrix
def test_sharing_is_switched_off_for_all(signed_in: Page, site: Installation, clips: list[str]) -> None:
    page = signed_in
    to_staff(page, "Set-up", "Settings")
    page.get_by_label("Clips may be shared outside").uncheck()
    page.get_by_role("form", name="People outside").get_by_role("button", name="Save").click()
    page.goto(f"{site.url}/jobs/{clips[0]}/share/")
    expect(page.get_by_text("switched off for this portal")).to_be_visible()
    page.goto(f"{site.url}/staff/settings/")
    page.get_by_label("Clips may be shared outside").check()
    page.get_by_role("form", name="People outside").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Clips may be shared outside")).to_be_checked()

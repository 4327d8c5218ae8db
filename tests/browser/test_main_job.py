"""The main job in a real browser: sign in, ask, watch, play, find it again."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import choose_provider, sign_in
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def composer(signed_in: Page) -> Page:
    """The composer as it is when there is nothing but the sandbox."""
    choose_provider(signed_in, "Sandbox (free test clips)")
    return signed_in


@pytest.mark.smoke
def test_from_a_prompt_to_a_clip_that_plays_and_is_found_again(composer: Page, site: Installation) -> None:
    page, prompt = composer, f"A ceramic fox wakes on a windowsill {uuid4().hex[:6]}"
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_label("Model").select_option("sora2-landscape-8s")
    expect(page.get_by_label("8 s")).to_be_checked()
    page.get_by_role("button", name="Generate").click()

    card = page.locator("article", has_text=prompt)
    states = follow(page, card)
    assert states[-1] == "done"
    assert "running" in states
    assert states == sorted(states, key=["queued", "submitting", "running", "archiving", "done"].index)

    card.get_by_role("link", name=prompt).click()
    plays_and_seeks(page, 8)

    page.reload()
    expect(page.locator("video")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.locator("article[data-state=done]", has_text=prompt)).to_be_visible()
    page.get_by_role("link", name="Prompts").click()
    expect(page.get_by_text(prompt)).to_be_visible()


def test_a_portrait_clip_by_keyboard_alone(composer: Page) -> None:
    page, prompt = composer, f"Paper lanterns rise {uuid4().hex[:6]}"
    page.get_by_label("Model").select_option("sora2-portrait-4s")
    expect(page.get_by_label("9:16")).to_be_checked()
    page.get_by_label("Prompt").focus()
    page.keyboard.type(prompt)
    page.keyboard.press("Control+Enter")
    card = page.locator("article", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=40_000)
    card.get_by_role("link", name=prompt).press("Enter")
    plays_and_seeks(page, 4)
    width, height = page.locator("video").evaluate("v => [v.videoWidth, v.videoHeight]")
    assert (width, height) == (360, 640)


def test_an_empty_prompt_is_answered_beside_its_field_and_nothing_is_made(
    composer: Page, strict: Strict, site: Installation
) -> None:
    strict.allowed = ("422",)  # Chromium logs every such answer; the page itself is well
    page, before = composer, count(site)
    page.get_by_label("Prompt").fill("   ")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Write a prompt first.")).to_be_visible()
    assert count(site) == before


@pytest.mark.smoke
def test_a_double_click_makes_one_job(composer: Page, site: Installation) -> None:
    page, before = composer, count(site)
    page.get_by_label("Prompt").fill(f"Twice {uuid4().hex[:6]}")
    page.get_by_role("button", name="Generate").dblclick()
    expect(page.get_by_label("Prompt")).to_have_value("")
    wait_for(lambda: count(site) == before + 1, "the job")
    page.wait_for_timeout(600)
    assert count(site) == before + 1


def test_a_moderated_prompt_says_why_in_the_providers_words(composer: Page) -> None:
    page, prompt = composer, f"Newsreel {uuid4().hex[:6]} [sandbox:moderation]"
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text="Newsreel").first
    expect(card).to_have_attribute("data-state", "failed", timeout=20_000)
    expect(card).to_contain_text("content rules refuse the prompt")
    expect(card).to_contain_text("Not charged")


def test_markup_in_a_prompt_stays_text(composer: Page) -> None:
    page, prompt = composer, "<img src=x onerror=alert(1)><b>bold</b>"
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article", has_text=prompt).first).to_be_visible()


@pytest.mark.matrix
def test_a_wrong_key_pauses_the_provider_and_says_who_must_act(page: Page, strict: Strict, site: Installation) -> None:
    added = site.manage(
        "provider", "add", "--dialect", "uniall", "--name", "Second studio", "--allow-private",
        "--base-url", f"http://127.0.0.1:{site.sandbox_port}", "--key-env", "BAD_KEY", BAD_KEY="sk-wrong",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    member = site.manage("member", "add", "--email", "mara@example.org", "--password-env", "PW", PW="a fine passphrase")
    assert member.returncode == 0, member.stderr
    sign_in(page, site.url, "mara@example.org", "a fine passphrase")
    prompt = f"Held up {uuid4().hex[:6]}"
    choose_provider(page, "Second studio")
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text=prompt)
    expect(card).to_contain_text("the provider needs an admin", timeout=20_000)
    expect(card).to_have_attribute("data-state", "queued")

    key = site.data.joinpath("sandbox.key").read_text().strip()
    mended = site.manage("provider", "set", "--name", "Second studio", "--key-env", "GOOD", GOOD=key)
    assert mended.returncode == 0, mended.stderr
    expect(card).to_have_attribute("data-state", "done", timeout=40_000)


def follow(page: Page, card: Locator) -> list[str]:
    """The states a card passes through on screen, in order."""
    seen: list[str] = []
    for _ in range(800):
        state = card.get_attribute("data-state")
        if state and (not seen or seen[-1] != state):
            seen.append(state)
        if state in {"done", "failed", "unknown"}:
            break
        page.wait_for_timeout(50)
    return seen


SEEK = "(v, t) => new Promise(done => { v.onseeked = () => done(v.currentTime); v.pause(); v.currentTime = t })"


def plays_and_seeks(page: Page, seconds: int) -> None:
    """The clip plays, its length is right, and a seek lands."""
    video = page.locator("video")
    expect(video).to_be_visible()
    video.evaluate("v => { v.muted = true; return v.play() }")
    wait_for(lambda: video.evaluate("v => v.currentTime") > 0.3, "playing")
    assert abs(video.evaluate("v => v.duration") - seconds) < 0.2
    target = seconds * 0.75
    landed = video.evaluate(SEEK, target)
    assert abs(landed - target) < 0.3


def count(site: Installation) -> int:
    return int(site.rows("SELECT count(*) FROM generations_job")[0][0])

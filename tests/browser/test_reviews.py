"""Finished clips are judged in a real browser: one after the other by keys and by thumb, and on their own pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

REVIEWER = "rosa@example.com"
ASK = """
import json
from generations.models import Provider, Role, User
from generations.services.compose import Ask, compose
from generations.services.members import add_member
if not User.objects.filter(email={email!r}).exists():
    add_member({email!r}, Role.REVIEWER, {password!r}, "Rosa Blum")
admin, sandbox = User.objects.get(email="admin@localhost"), Provider.objects.get(is_sandbox=True)
asks = [Ask("Clip %d and its {word}" % n, sandbox.pk, "sora2-landscape-4s", "{word}%d" % n) for n in range({count})]
print(json.dumps([str(compose(admin, ask).job.key) for ask in asks]))
"""
VERDICT = "SELECT verdict FROM generations_job WHERE key = ?"
MOMENT = "SELECT r.at, r.note FROM generations_review r JOIN generations_job j ON j.id = r.job_id WHERE j.key = ?"
DARK_PHONE = {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture
def boss(signed_in: Page, strict: Strict) -> Page:
    """Chromium logs every 422, and axe brings a style of its own."""
    strict.allowed = ("422", "inline style", "404")
    return signed_in


@pytest.fixture
def word() -> str:
    return f"w{uuid4().hex[:7]}"


@pytest.fixture
def rosa(chromium: Browser, site: Installation) -> Iterator[Page]:
    """The reviewer, on a phone in the dark."""
    context = chromium.new_context(**DARK_PHONE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def clips(site: Installation, word: str, count: int) -> list[str]:
    """So many finished ones, of the admin; the reviewer is known from then on."""
    code = ASK.format(email=REVIEWER, password=PASSWORD, word=word, count=count)
    keys: list[str] = json.loads(site.python(code).splitlines()[-1])
    wait_for(lambda: {site.state_of(key) for key in keys} == {"done"}, "the clips", 90)
    return keys


def verdict_of(site: Installation, key: str) -> str:
    return str(site.rows(VERDICT, key.replace("-", ""))[0][0])


def test_the_clip_is_rejected_with_a_note_at_2_5_s(
    boss: Page, rosa: Page, site: Installation, word: str, tmp_path: Path
) -> None:
    (key,) = clips(site, word, 1)
    boss.goto(f"{site.url}/jobs/{key}/")
    sign_in(rosa, site.url, REVIEWER)
    rosa.goto(f"{site.url}/jobs/{key}/")
    panel = rosa.locator("#review")
    panel.get_by_role("button", name="Reject").click()
    expect(panel.get_by_label("Note for its author")).to_be_focused()
    assert verdict_of(site, key) == "", "it asks for the note first"
    rosa.evaluate("document.querySelector('#player video').currentTime = 2.5")
    panel.get_by_label("at 0:02.5").check()
    panel.get_by_label("Note for its author").fill("The cut comes too early")
    assert fits(rosa)
    assert complaints(rosa) == []
    box = panel.get_by_role("button", name="Reject").bounding_box()
    assert box
    assert box["height"] >= 44
    rosa.screenshot(path=tmp_path / "reject.png", full_page=True)
    panel.get_by_role("button", name="Reject").click()
    expect(panel.get_by_role("link", name="0:02.5")).to_be_visible()
    expect(rosa.locator("#timeline")).to_contain_text("Clip rejected by Rosa Blum: 0:02.5 · The cut comes too early")
    assert site.rows(MOMENT, key.replace("-", "")) == [(2.5, "The cut comes too early")]

    boss.reload()
    expect(boss.locator("#review")).to_contain_text("The cut comes too early")
    boss.locator("#review").get_by_role("link", name="0:02.5").click()
    wait_for(lambda: boss.evaluate("document.querySelector('#player video').currentTime") == 2.5, "the moment")
    boss.locator("#review").get_by_role("link", name="Edit and retry").click()
    expect(boss.get_by_label("Prompt", exact=True)).to_have_value(f"Clip 0 and its {word}")


def test_one_after_the_other_by_keys(boss: Page, site: Installation, word: str) -> None:
    keys = clips(site, word, 4)[::-1]
    boss.goto(f"{site.url}/staff/clips/")
    row = boss.locator(".to-review")
    expect(row).to_have_attribute("data-key", keys[0])
    boss.keyboard.press("a")
    expect(row).to_have_attribute("data-key", keys[1])
    boss.keyboard.press("s")
    expect(row).to_have_attribute("data-key", keys[2])
    boss.keyboard.press("c")
    note = boss.get_by_label("Note for its author")
    expect(note).to_be_focused()
    note.fill("Slower at the end")
    note.press("Control+Enter")
    expect(row).to_have_attribute("data-key", keys[3])
    boss.keyboard.press("x")
    note.fill("Not this one")
    boss.get_by_role("button", name="Reject").press("Enter")
    expect(boss.get_by_text("Clip rejected: “")).to_be_visible()
    boss.keyboard.press("?")
    found = [verdict_of(site, key) for key in keys]
    assert found == ["approved", "", "changes", "rejected"]
    boss.goto(f"{site.url}/library/?q={word}&verdict=changes")
    expect(boss.locator("article")).to_have_count(1)
    expect(boss.locator("article").get_by_text("Needs changes")).to_be_visible()
    boss.locator(".chips a", has_text="Needs changes").click()
    expect(boss.locator("article")).to_have_count(4)
    boss.get_by_text("More filters").click()
    boss.get_by_label("Review state").select_option(label="Not reviewed")
    expect(boss.locator("article")).to_have_count(1)
    expect(boss.locator("article")).to_have_attribute("data-key", keys[1])


def test_only_what_is_approved_is_shared(boss: Page, site: Installation, word: str) -> None:
    (key,) = clips(site, word, 1)
    boss.goto(f"{site.url}/staff/settings/")
    only = boss.get_by_label("Only approved clips can be shared outside")
    only.check()
    boss.get_by_role("form", name="People outside").get_by_role("button", name="Save").click()
    expect(only).to_be_checked()
    boss.goto(f"{site.url}/jobs/{key}/share/")
    expect(boss.get_by_text("Only approved clips can be shared outside.")).to_be_visible()
    boss.get_by_role("link", name="Back to the clip").click()
    boss.locator("#review").get_by_role("button", name="Approve").click()
    expect(boss.locator("#review")).to_contain_text("Clip approved")
    boss.goto(f"{site.url}/jobs/{key}/share/")
    boss.get_by_role("button", name="Make the link").click()
    link = boss.locator("#new-link").inner_text()
    assert boss.request.get(link).status == 200
    boss.goto(f"{site.url}/jobs/{key}/")
    boss.locator("#change-verdict").click()
    boss.locator("#review").get_by_role("button", name="Take the verdict back").click()
    expect(boss.locator("#review").get_by_text("took the verdict back")).to_be_visible()
    assert boss.request.get(link).status == 404
    boss.goto(f"{site.url}/staff/settings/")
    only.uncheck()
    boss.get_by_role("form", name="People outside").get_by_role("button", name="Save").click()
    expect(only).not_to_be_checked()
    assert boss.request.get(link).status == 200


@pytest.mark.matrix
def test_it_works_without_javascript_on_a_phone(chromium: Browser, site: Installation, word: str) -> None:
    keys = clips(site, word, 2)[::-1]
    context = chromium.new_context(java_script_enabled=False, **DARK_PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site.url, REVIEWER)
    page.goto(f"{site.url}/staff/clips/")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why in a few words")
    page.get_by_label("Note for its author").fill("Too loud")
    page.locator(".review-form").get_by_label("At second").fill("2.5")
    page.get_by_role("button", name="Reject").click()
    assert site.rows(MOMENT, keys[0].replace("-", "")) == [(2.5, "Too loud")]
    page.get_by_role("link", name="Skip", exact=True).click()
    assert verdict_of(site, keys[1]) == ""
    context.close()

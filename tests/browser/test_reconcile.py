"""Jobs of unknown outcome in a real browser: one is adopted of two candidates, one is sent again; desk and phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

ADD = """
from datetime import timedelta
from django.utils import timezone
from generations.models import Provider
from generations.services.providers import add_provider
key = Provider.objects.get(name="Sandbox").key
later = timezone.now() + timedelta(hours=1)
add_provider({name!r}, "openai_videos", {url!r}, key, allow_private=True, list_next_at=later)
"""
OFF = "from generations.models import Provider; Provider.objects.filter(name={name!r}).update(enabled=False)"
ASK_NOW = "from generations.models import Provider; Provider.objects.update(list_next_at=None)"
CANDIDATES = """
SELECT count(*) FROM generations_candidate c JOIN generations_submission s ON s.id = c.submission_id
JOIN generations_job j ON j.id = s.job_id WHERE j.key = ?
"""
FOUND = """
from generations.models import Submission
from generations.services.reconcile import settle
settle(Submission.objects.get(job__key={key!r}, number=1).pk, {remote_id!r}, "By a late callback")
"""
TRUSTED = "UPDATE generations_provider SET submit_failures = 0, cooling_until = NULL"
SIZES = {"desk": (1280, 900), "phone": (360, 740)}


def lose(site: Installation, provider: str, model: str, prompt: str) -> str:
    """A job whose answer is lost, at a provider that forgets it at once: two such in a row would cool it down."""
    asked = site.manage("generate", "--provider", provider, "--model", model, "--prompt", prompt, "--key", uuid4().hex)
    key = asked.stdout.strip()
    assert asked.returncode == 0, asked.stderr
    wait_for(lambda: site.state_of(key) == "unknown", "the lost answer")
    site.rows(TRUSTED)
    return key


@pytest.fixture(params=["desk", pytest.param("phone", marks=pytest.mark.matrix)])
def sized(request: pytest.FixtureRequest, signed_in: Page) -> Page:
    width, height = SIZES[request.param]
    signed_in.set_viewport_size({"width": width, "height": height})
    return signed_in


@pytest.fixture
def account(site: Installation) -> Iterator[str]:
    """The name of a provider with a list; no longer offered when other tests look at the composer."""
    name = f"Account {uuid4().hex[:6]}"
    site.python(ADD.format(name=name, url=f"http://127.0.0.1:{site.sandbox_port}"))
    yield name
    site.python(OFF.format(name=name))


def case_of(page: Page, key: str) -> Locator:
    return page.locator(f"#unknown-{key}")


def test_one_of_two_candidates_is_adopted(
    sized: Page, site: Installation, account: str, strict: Strict, tmp_path: Path
) -> None:
    # Chromium logs every 422, and axe puts a style of its own into the page.
    strict.allowed = ("422", "inline style")
    page = sized
    prompt = f"A lighthouse {uuid4().hex[:6]} [sandbox:lost-answer] [sandbox:slow=9]"
    keys = [lose(site, account, "sora-2", prompt) for _ in range(2)]
    site.python(ASK_NOW)
    wait_for(lambda: site.rows(CANDIDATES, keys[0].replace("-", ""))[0][0] == 2, "both candidates")
    page.goto(f"{site.url}/jobs/{keys[0]}/")
    page.get_by_role("link", name="Settle it").click()
    case = case_of(page, keys[0])
    expect(case.locator(".ids li")).to_have_count(2)
    assert fits(page)
    page.screenshot(path=tmp_path / "candidates.png", full_page=True)
    assert complaints(page) == []
    case.get_by_label("Provider’s id of the job").fill("video_that_never_was")
    case.get_by_label("Provider’s id of the job").press("Enter")
    expect(case.get_by_role("alert")).to_contain_text("The provider does not know this job.")
    expect(case.get_by_role("alert")).to_be_focused()
    page.screenshot(path=tmp_path / "not-known.png", full_page=True)
    case.locator(".ids").get_by_role("button").first.press("Enter")
    expect(case.get_by_role("alert")).to_contain_text("Adopted: the provider has it, and it renders again.")
    assert site.state_of(keys[0]) in {"running", "archiving", "done"}


def test_a_lost_job_is_sent_again_by_who_knows_the_price(sized: Page, site: Installation, tmp_path: Path) -> None:
    page = sized
    key = lose(
        site, "Sandbox", "sora2-landscape-4s", "A tram in the rain " + "that never ends " * 40 + "[sandbox:lost-answer]"
    )
    page.goto(f"{site.url}/staff/reconcile/")
    case = case_of(page, key)
    case.get_by_text("Settle it without the provider").click()
    expect(case).to_contain_text("Sending it again may bill twice.")
    assert fits(page)
    case.screenshot(path=tmp_path / "again.png")
    case.get_by_role("button", name="Submit again").click()
    assert site.state_of(key) == "unknown", "the box is not ticked"
    case.get_by_label("I know that it may be billed twice").press("Space")
    case.get_by_role("button", name="Submit again").press("Enter")
    expect(case.get_by_role("alert")).to_contain_text("It waits to be sent again.")
    expect(case.get_by_role("alert")).to_be_focused()
    sent = "SELECT count(*) FROM generations_submission s JOIN generations_job j ON j.id = s.job_id WHERE j.key = ?"
    wait_for(lambda: site.rows(sent, key.replace("-", ""))[0][0] == 2, "the second request")
    remote_id = f"gen_{uuid4().hex}"
    site.python(FOUND.format(key=key, remote_id=remote_id))
    page.reload()
    second = page.locator(".seconds li", has_text=remote_id)
    expect(second).to_contain_text("May have been charged")
    assert fits(page)
    page.locator(".seconds").screenshot(path=tmp_path / "second.png")
    second.get_by_role("button", name="Noted").press("Enter")
    expect(page.get_by_text("Noted.", exact=True)).to_be_visible()
    expect(second).to_have_count(0)


@pytest.mark.matrix
def test_it_works_without_javascript(signed_in: Page, site: Installation) -> None:
    key = lose(site, "Sandbox", "sora2-landscape-4s", "A quiet lake [sandbox:lost-answer]")
    context = signed_in.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site.url}/staff/reconcile/")
    case = case_of(page, key)
    case.get_by_role("button", name="Look again now").click()
    expect(case.get_by_role("alert")).to_contain_text("Nothing to ask")
    case.get_by_text("Settle it without the provider").click()
    case.get_by_role("button", name="It was not made").click()
    expect(page.get_by_text("Settled: it was not made and not charged.")).to_be_visible()
    assert site.state_of(key) == "failed"
    context.close()

"""Approval and permissions in a real browser: rules are made, jobs wait, somebody else decides; desk and phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

SIZES = {"desk": (1280, 900, "light"), "phone": (360, 780, "dark")}
REVIEWER = "noor@example.com"
PEOPLE = f"""
from generations.models import Group, Role, User
from generations.services.members import add_member
if not User.objects.filter(email={REVIEWER!r}).exists():
    add_member({REVIEWER!r}, Role.REVIEWER, {PASSWORD!r}, "Noor Haddad")
    Group.objects.create(name="Night crew")
"""
CLEAR = """
from generations.models import ApprovalRule, Job, Provider, RoleDefault, VideoModel
from generations.services.cancel import cancel
ApprovalRule.objects.all().delete(); RoleDefault.objects.all().delete()
for rows in (Provider, VideoModel): rows.objects.update(is_limited=False)
for job in Job.objects.filter(state="awaiting_approval"): cancel(job, job.author)
"""
ASK = """
from generations.models import Provider, User
from generations.services.compose import Ask, compose
admin, sandbox = User.objects.get(email="admin@localhost"), Provider.objects.get(is_sandbox=True)
print(compose(admin, Ask({text!r}, sandbox.pk, "sora2-landscape-4s", {text!r}[-32:])).job.key)
"""
CHANGE = "UPDATE generations_job SET rev = rev + 1 WHERE key = ?"


@pytest.fixture(params=["desk", pytest.param("phone", marks=pytest.mark.matrix)])
def size(request: pytest.FixtureRequest) -> tuple[int, int, str]:
    return SIZES[request.param]


@pytest.fixture
def boss(signed_in: Page, site: Installation, strict: Strict, size: tuple[int, int, str]) -> Iterator[Page]:
    """The admin's page; no rule is left behind. Chromium logs every 422, and axe brings a style of its own."""
    strict.allowed = ("422", "inline style")
    site.python(PEOPLE)
    width, height, scheme = size
    signed_in.set_viewport_size({"width": width, "height": height})
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    yield signed_in
    site.python(CLEAR)


@pytest.fixture
def noor(chromium: Browser, site: Installation, boss: Page, size: tuple[int, int, str]) -> Iterator[Page]:
    """A reviewer in a browser of her own."""
    width, height, scheme = size
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site.url, REVIEWER)
    yield page
    context.close()


def rule(page: Page, site: Installation, word: str) -> None:
    """Make whatever has this word wait, by the page's own controls."""
    page.goto(f"{site.url}/staff/approvals/")
    page.get_by_role("link", name="Rules", exact=True).click()
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Whose jobs").select_option(label="Everyone’s")
    page.get_by_label("Provider or model").select_option(label="Sandbox, every model")
    page.get_by_label("Words in the prompt").fill(f"{word}\nanother word")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text(word)).to_be_visible()


def waiting(site: Installation, text: str) -> str:
    key = site.python(ASK.format(text=text)).splitlines()[-1]
    assert site.state_of(key) == "awaiting_approval"
    return key


@pytest.mark.smoke
def test_a_rule_holds_a_clip_until_a_reviewer_says_yes(
    boss: Page, noor: Page, site: Installation, tmp_path: Path
) -> None:
    word = f"w{uuid4().hex[:7]}"
    rule(boss, site, word)
    boss.goto(site.url)
    boss.get_by_label("Prompt", exact=True).fill(f"A fox and its {word}")
    boss.get_by_role("button", name="Generate").click()
    card = boss.locator("article", has_text=word)
    expect(card).to_contain_text("Awaiting approval")
    expect(card).to_contain_text("A reviewer decides until")
    key = str(card.get_attribute("data-key"))

    noor.goto(f"{site.url}/staff/approvals/")
    ask = noor.locator(f"#ask-{key}")
    expect(ask).to_contain_text("Its prompt has a word that staff look at first.")
    assert fits(noor)
    assert complaints(noor) == []
    noor.screenshot(path=tmp_path / "asked.png", full_page=True)
    site.rows(CHANGE, key.replace("-", ""))
    ask.get_by_role("button", name="Approve").click()
    expect(noor.get_by_role("alert")).to_contain_text("It changed since you saw it.")
    noor.get_by_role("alert").get_by_role("link").click()
    ask.get_by_label("Note for its author").fill("For the pitch")
    approve = ask.get_by_role("button", name="Approve")
    box = approve.bounding_box()
    assert box
    assert box["height"] >= 44
    approve.click()
    expect(noor.get_by_text("1 clip is approved and waits for its turn.")).to_be_visible()
    expect(ask).to_have_count(0)
    expect(card).to_have_attribute("data-state", "done", timeout=60_000)
    assert len(site.rows("SELECT 1 FROM generations_submission s JOIN generations_job j ON j.id = s.job_id "
                         "WHERE j.key = ?", key.replace("-", ""))) == 1  # fmt: skip


def test_a_no_tells_its_author_why(boss: Page, noor: Page, site: Installation) -> None:
    word = f"w{uuid4().hex[:7]}"
    rule(boss, site, word)
    key = waiting(site, f"A hen and its {word}")
    boss.goto(f"{site.url}/jobs/{key}/")
    noor.goto(f"{site.url}/jobs/{key}/")
    noor.get_by_role("link", name="Decide", exact=True).click()
    ask = noor.locator(f"#ask-{key}")
    ask.get_by_role("button", name="Reject").click()
    expect(noor.get_by_role("alert")).to_contain_text("Say why in a few words")
    ask.get_by_label("Note for its author").fill("Not this quarter")
    ask.get_by_role("button", name="Reject").click()
    expect(noor.get_by_text("1 clip is not approved.")).to_be_visible()
    expect(boss.locator("#job-body")).to_contain_text("Not approved by Noor Haddad: Not this quarter")


def test_many_at_once_are_counted_and_priced_first(boss: Page, noor: Page, site: Installation) -> None:
    word = f"w{uuid4().hex[:7]}"
    rule(boss, site, word)
    keys = [waiting(site, f"Kite {number} and its {word}") for number in range(3)]
    noor.goto(f"{site.url}/staff/approvals/")
    for key in keys:
        noor.locator(f"#ask-{key}-tick").check()
    bar = noor.get_by_role("form", name="Selection")
    bar.get_by_role("button", name="Clear the selection").click()
    expect(bar).to_be_hidden()
    for key in keys[:2]:
        noor.locator(f"#ask-{key}-tick").check()
    bar.get_by_role("button", name="Approve…").click()
    expect(noor.get_by_role("heading", name="2 clips, $0.00")).to_be_visible()
    assert fits(noor)
    assert complaints(noor) == []
    noor.get_by_role("link", name="Not now").click()
    assert {site.state_of(key) for key in keys} == {"awaiting_approval"}
    for key in keys[:2]:
        noor.locator(f"#ask-{key}-tick").check()
    bar.get_by_role("button", name="Approve…").click()
    noor.get_by_label("Note for their authors").fill("Both are fine")
    noor.get_by_role("button", name="Approve 2 clips").click()
    expect(noor.get_by_text("2 clips are approved and wait for their turn.")).to_be_visible()
    noor.locator(f"#ask-{keys[2]}-tick").check()
    bar.get_by_role("button", name="Reject…").click()
    noor.get_by_role("link", name="All that waits").click()
    noor.locator(f"#ask-{keys[2]}-tick").check()
    bar.get_by_role("button", name="Reject…").click()
    noor.get_by_label("Note for their authors").fill("One too many")
    noor.get_by_role("button", name="Reject 1 clip").click()
    expect(noor.get_by_text("1 clip is not approved.")).to_be_visible()
    wait_for(lambda: [site.state_of(key) for key in keys] == ["done", "done", "rejected"], "the two clips", 90)


def test_its_author_takes_it_back(boss: Page, site: Installation) -> None:
    word = f"w{uuid4().hex[:7]}"
    rule(boss, site, word)
    key = waiting(site, f"A crane and its {word}")
    boss.goto(f"{site.url}/jobs/{key}/")
    boss.locator("#cancel").click()
    expect(boss.locator("#job-body")).to_contain_text("Cancelled")
    boss.goto(f"{site.url}/staff/approvals/")
    expect(boss.get_by_role("heading", name="Nothing awaits approval")).to_be_visible()
    boss.get_by_role("link", name="See the rules").click()
    boss.get_by_role("link", name="Change").click()
    boss.get_by_label("Over an amount").fill("2.50")
    boss.get_by_label("First job of a new member only").check()
    boss.get_by_role("button", name="Save").click()
    expect(boss.get_by_text("over $2.50")).to_be_visible()
    boss.get_by_role("link", name="Change").click()
    boss.get_by_role("link", name="All rules").click()
    boss.get_by_role("link", name="Change").click()
    boss.get_by_role("button", name="Remove it").click()
    expect(boss.get_by_text("There is no rule")).to_be_visible()
    boss.get_by_role("link", name="All that waits").click()
    boss.wait_for_url("**/staff/approvals/")


def test_how_long_a_job_waits_is_a_setting(boss: Page, site: Installation) -> None:
    boss.goto(f"{site.url}/staff/settings/")
    panel = boss.get_by_role("form", name="Approval")
    panel.get_by_label("Days until").fill("3")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_label("Days until")).to_have_value("3")
    panel.get_by_label("Days until").fill("7")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_label("Days until")).to_have_value("7")


def test_who_may_use_what(boss: Page, noor: Page, site: Installation, tmp_path: Path) -> None:
    boss.goto(f"{site.url}/staff/permissions/")
    assert fits(boss)
    assert complaints(boss) == []
    boss.screenshot(path=tmp_path / "permissions.png", full_page=True)
    boss.get_by_role("link", name="Change Sandbox", exact=True).click()
    boss.get_by_role("link", name="All permissions").click()
    boss.get_by_role("link", name="Change Sandbox", exact=True).click()
    boss.get_by_label("Only these, and admins").check()
    boss.get_by_label("Night crew").check()
    assert complaints(boss) == []
    boss.get_by_role("button", name="Save").click()
    expect(boss.get_by_text("Night crew", exact=True)).to_be_visible()
    noor.goto(site.url)
    expect(noor.locator("#id_provider option", has_text="Sandbox")).to_have_count(0)
    boss.get_by_role("link", name="Change Sandbox", exact=True).click()
    boss.get_by_label("Night crew").uncheck()
    boss.get_by_label("Noor Haddad").check()
    boss.get_by_role("button", name="Save").click()
    noor.goto(site.url)
    expect(noor.locator("#id_provider option", has_text="Sandbox")).to_have_count(1)
    boss.get_by_role("link", name="Change Sandbox", exact=True).click()
    boss.get_by_label("Everyone who makes clips").check()
    boss.get_by_role("button", name="Save").click()
    boss.get_by_text("models of Sandbox").click()
    boss.get_by_role("link", name="Change Sandbox, ").first.click()
    expect(boss.get_by_text("Of those who may use Sandbox.")).to_be_visible()
    boss.get_by_label("Only these, and admins").check()
    boss.get_by_role("button", name="Save").click()
    boss.get_by_text("models of Sandbox").click()
    expect(boss.get_by_text("Admins only").first).to_be_visible()


def test_what_a_role_begins_with(boss: Page, noor: Page, site: Installation) -> None:
    boss.goto(f"{site.url}/staff/permissions/")
    boss.get_by_role("link", name="Change Reviewer").click()
    boss.get_by_label("Takes at once, at most").select_option("2")
    boss.get_by_label("The composer begins with").select_option(label="Sandbox, every model")
    boss.get_by_label("Every job needs approval").check()
    assert fits(boss)
    boss.get_by_role("button", name="Save").click()
    expect(boss.get_by_text("up to 2 takes at once · begins with Sandbox")).to_be_visible()
    noor.goto(site.url)
    expect(noor.get_by_text("Needs approval first.")).to_be_visible()
    expect(noor.locator("#id_takes_2")).to_have_count(1)
    expect(noor.locator("#id_takes_3")).to_have_count(0)
    boss.goto(f"{site.url}/staff/approvals/rules/")
    expect(boss.get_by_text("Everybody whose role is Reviewer")).to_be_visible()
    boss.get_by_role("link", name="Change Reviewer").click()
    boss.get_by_label("Every job needs approval").uncheck()
    boss.get_by_role("button", name="Save").click()
    boss.wait_for_url("**/staff/permissions/")


@pytest.mark.matrix
def test_it_works_without_javascript(boss: Page, chromium: Browser, site: Installation) -> None:
    word = f"w{uuid4().hex[:7]}"
    rule(boss, site, word)
    keys = [waiting(site, f"Boat {number} and its {word}") for number in range(2)]
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site.url, REVIEWER)
    page.goto(f"{site.url}/staff/approvals/")
    page.locator(f"#ask-{keys[0]}").get_by_role("button", name="Approve").click()
    page.locator(f"#ask-{keys[1]}-tick").check()
    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Note for their authors").fill("no")
    page.get_by_role("button", name="Reject 1 clip").click()
    expect(page.get_by_role("heading", name="Nothing awaits approval")).to_be_visible()
    assert site.state_of(keys[1]) == "rejected"
    context.close()

"""The whole way of money: over a rule, approved on a phone, rejected at 2.5 s, an amber budget, the same in CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import choose_provider, complaints, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

PHONE = {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark", "has_touch": True}
BEGIN = """
from decimal import Decimal
from pathlib import Path
from django.conf import settings
from generations.models import ApprovalRule, ModelCombination, Role, User, VideoModel
from generations.services.budget_settings import add_budget
from generations.services.members import add_member
from generations.services.providers import add_provider
key = (Path(settings.DATA_DIR) / "sandbox.key").read_text().strip()
studio = add_provider("Studio {word}", "uniall", {url!r}, key, allow_private=True, poll_interval=0.5)
VideoModel.objects.filter(provider=studio).update(currency="USD")
ModelCombination.objects.filter(model__provider=studio).update(price=Decimal("4.20"))
member = add_member("mia.{word}@example.com", Role.MEMBER, {password!r}, "Mia {word}")
add_member("ravi.{word}@example.com", Role.REVIEWER, {password!r}, "Ravi {word}")
add_budget({{"member_id": member.pk}}, Decimal(5), True, User.objects.get(email="admin@localhost"))
ApprovalRule.objects.create(member=member, amount=Decimal(3))
print(member.pk)
"""
END = """
from generations.models import ApprovalRule, Job, Provider
from generations.services.cancel import cancel
ApprovalRule.objects.all().delete()
for job in Job.objects.filter(state="awaiting_approval"): cancel(job, job.author)
Provider.objects.filter(name="Studio {word}").update(enabled=False)
"""
SENT = "SELECT COUNT(*) FROM generations_submission s JOIN generations_job j ON j.id = s.job_id WHERE j.key = ?"


@pytest.fixture
def word() -> str:
    return f"w{uuid4().hex[:7]}"


@pytest.fixture
def member(site: Installation, word: str) -> Iterator[str]:
    """Mia's row: a rule over three dollars and a budget of five are about her."""
    url = f"http://127.0.0.1:{site.sandbox_port}/v1"
    yield site.python(BEGIN.format(word=word, url=url, password=PASSWORD)).splitlines()[-1]
    site.python(END.format(word=word))


@pytest.fixture
def mia(page: Page, strict: Strict, site: Installation, member: str, word: str) -> Page:
    """At her desk. Chromium logs each 422, and axe brings a style of its own."""
    strict.allowed = ("422", "inline style")
    sign_in(page, site.url, f"mia.{word}@example.com")
    return page


@pytest.fixture
def ravi(chromium: Browser, site: Installation, mia: Page, word: str) -> Iterator[Page]:
    """The reviewer, on a phone in the dark."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site.url, f"ravi.{word}@example.com")
    yield page
    context.close()


@pytest.fixture
def admin(chromium: Browser, site: Installation, mia: Page) -> Iterator[Page]:
    page = chromium.new_context().new_page()
    sign_in(page, site.url)
    yield page
    page.context.close()


def ask(page: Page, site: Installation, word: str, text: str) -> str:
    """Ask for a clip at the studio; the job's key."""
    page.goto(site.url)
    choose_provider(page, f"Studio {word}")
    expect(page.get_by_text("Needs approval first.")).to_be_visible()
    page.get_by_label("Prompt", exact=True).fill(text)
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text=text)
    expect(card).to_contain_text("It costs more than $3.00.")
    return str(card.get_attribute("data-key"))


def test_from_the_limit_to_the_last_cent(
    mia: Page, ravi: Page, admin: Page, site: Installation, member: str, word: str
) -> None:
    first, second = (ask(mia, site, word, f"A {animal} and its {word}") for animal in ("heron", "crane"))
    is_approved_once(ravi, site, first)
    wait_for(lambda: site.state_of(first) == "done", "the clip", 90)
    is_over_the_budget(ravi, site, second)
    is_rejected_at_its_moment(ravi, site, first)

    mia.goto(site.url)
    expect(mia.locator("#bill-help .budget-left.amber")).to_contain_text("Nearly used up: $0.80 of $5.00 left")
    mia.goto(f"{site.url}/jobs/{first}/")
    expect(mia.locator("#review")).to_contain_text("The cut comes too early")
    the_budget_is_amber(admin, site, word)
    the_files_say_what_the_pages_say(admin, site, member, word)


def is_approved_once(ravi: Page, site: Installation, key: str) -> None:
    ravi.goto(f"{site.url}/staff/approvals/")
    waits = ravi.locator(f"#ask-{key}")
    expect(waits).to_contain_text("$4.20")
    assert fits(ravi)
    assert complaints(ravi) == []
    waits.get_by_role("button", name="Approve").click()
    expect(ravi.get_by_text("1 clip is approved and waits for its turn.")).to_be_visible()
    wait_for(lambda: site.rows(SENT, key.replace("-", "")) == [(1,)], "the sending")


def is_over_the_budget(ravi: Page, site: Installation, key: str) -> None:
    """What is left is not enough: it stays where it is, and nothing is sent."""
    ravi.goto(f"{site.url}/staff/approvals/")
    ravi.locator(f"#ask-{key}").get_by_role("button", name="Approve").click()
    expect(ravi.get_by_role("alert")).to_contain_text("It would cost $4.20, and $0.80")
    assert (site.state_of(key), site.rows(SENT, key.replace("-", ""))) == ("awaiting_approval", [(0,)])


def is_rejected_at_its_moment(ravi: Page, site: Installation, key: str) -> None:
    ravi.goto(f"{site.url}/jobs/{key}/")
    panel = ravi.locator("#review")
    ravi.evaluate("document.querySelector('#player video').currentTime = 2.5")
    panel.get_by_label("at 0:02.5").check()
    panel.get_by_label("Note for its author").fill("The cut comes too early")
    panel.get_by_role("button", name="Reject").click()
    expect(panel.get_by_role("link", name="0:02.5")).to_be_visible()


def the_budget_is_amber(admin: Page, site: Installation, word: str) -> None:
    admin.goto(f"{site.url}/staff/budgets/")
    line = admin.get_by_role("listitem", name=f"Mia {word}")
    expect(line).to_contain_text("Nearly used up")
    expect(line).to_contain_text("84 % taken")
    expect(line.get_by_role("img")).to_have_class("meter amber")


def the_files_say_what_the_pages_say(admin: Page, site: Installation, member: str, word: str) -> None:
    admin.goto(f"{site.url}/staff/usage/?by=provider&member={member}")
    lines = admin.get_by_role("region", name="Numbers, line by line")
    row = lines.get_by_role("row", name=f"Studio {word}")
    expect(row).to_contain_text("$4.20")
    with admin.expect_download() as download:
        admin.get_by_role("link", name="Lines as CSV").click()
    (line,) = csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines())
    assert (line["done"], line["jobs"], float(line["spent"])) == ("1", "2", 4.2)  # the other one still waits
    cells = dict(zip(lines.locator("thead th").all_inner_texts(), row.locator("th, td").all_inner_texts(), strict=True))
    assert (cells["Done"], cells["Jobs"], cells["Spent"]) == ("1", "2", "$4.20")

"""Usage, prices and the ledger in a real browser: every control of the pages, at a desk and on a phone in the dark."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]

PRICED = """
from generations.models import Provider
from generations.services.providers import add_provider
if not Provider.objects.filter(name="Priced").exists():
    add_provider("Priced", "openai_videos", "https://priced.example.com", "sk-nobody")
    Provider.objects.filter(name="Priced").update(enabled=False)
"""
HELD = """
from decimal import Decimal
from generations.models import Charged, Job, State, Submission
from generations.services import ledger
from generations.services.months import this_month
job = Job.objects.get(key={key!r})
price = {{"list_price": Decimal("1.5"), "estimate": Decimal("1.5"), "currency": "USD", "rate": 1}}
Job.objects.filter(pk=job.pk).update(state="failed", attempt=2, month=this_month(), **price)
job.refresh_from_db()
ledger.reserve([job])
when = {{"lease_until": job.created_at, "sent_at": job.created_at}}
Submission.objects.create(job=job, number=2, outcome="never_heard", charged=Charged.UNKNOWN, **when)
ledger.square(job, 2, State.FAILED)
"""


@pytest.fixture(params=["desk", pytest.param("phone", marks=pytest.mark.matrix)])
def sized(request: pytest.FixtureRequest, signed_in: Page, strict: Strict) -> Page:
    """Chromium logs every 422: a form that is answered with what is wrong."""
    strict.allowed = ("422",)
    if request.param == "phone":
        signed_in.set_viewport_size({"width": 360, "height": 780})
        signed_in.emulate_media(color_scheme="dark")
    return signed_in


def made(site: Installation) -> str:
    key = site.generate(f"A heron {uuid4().hex[:6]}")
    wait_for(lambda: site.state_of(key) == "done", "the clip", 60)
    return key


def good(page: Page) -> None:
    assert fits(page)
    assert complaints(page) == []


def test_usage_is_narrowed_read_and_taken_home(sized: Page, site: Installation) -> None:
    page = sized
    made(site)
    page.goto(f"{site.url}/staff/usage/")
    good(page)
    for name in ("7 days", "Last month", "90 days", "A year", "This month"):
        page.get_by_role("navigation", name="Period").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "true")
    lines = page.get_by_role("region", name="Numbers, line by line")
    for name in ("Model", "Member", "Day", "Provider"):
        page.get_by_role("navigation", name="Lines by").get_by_role("link", name=name, exact=True).click()
        expect(lines.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    page.get_by_text("The numbers of the bars").click()
    expect(page.get_by_role("region", name="What was spent, as a table")).to_be_visible()
    page.get_by_label("Provider", exact=True).select_option(label="Sandbox")
    page.wait_for_url("**provider=**")
    expect(lines.get_by_role("rowheader", name="Sandbox")).to_be_visible()
    lines.get_by_role("link", name="Sandbox").click()
    expect(lines.get_by_role("columnheader", name="Model", exact=True)).to_be_visible()
    page.get_by_label("Member", exact=True).select_option(index=1)
    page.wait_for_url("**member=**")
    page.get_by_label("Model", exact=True).select_option(label="sora2-landscape-4s")
    page.wait_for_url("**model=sora2**")
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("From day").fill("2020-01-01")
    page.wait_for_url("**since=2020-01-01**")
    expect(page.get_by_text("At most 800 days are shown.")).to_be_visible()
    page.get_by_label("To day").fill("2020-01-31")
    expect(page.get_by_text("Nothing in these days")).to_be_visible()
    good(page)
    page.get_by_role("link", name="This month, everything").click()
    made_here = page.locator("dl.kpis dd").nth(2).inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Lines as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert sum(int(row["done"]) for row in rows) == int(made_here)
    with page.expect_download() as download:
        page.get_by_role("link", name="Each day as CSV").click()
    assert download.value.suggested_filename.startswith("usage-days-")


def test_ones_own_usage(sized: Page, site: Installation) -> None:
    page = sized
    made(site)
    page.goto(site.url)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="My usage").click()
    expect(page.get_by_role("heading", name="My usage")).to_be_visible()
    expect(page.get_by_label("Member", exact=True)).to_have_count(0)
    good(page)


def test_a_price_is_set_changed_and_removed(sized: Page, site: Installation) -> None:
    page = sized
    site.python(PRICED)
    page.goto(f"{site.url}/staff/prices/")
    good(page)
    page.locator(".provider-list h2 a").first.click()
    page.get_by_label("Amount").fill("")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Give an amount")).to_be_visible()
    good(page)
    page.get_by_label("From day").fill("2099-01-01")
    page.get_by_label("Price of").select_option(label="Each clip")
    page.get_by_label("Amount").fill("0.75")
    page.get_by_label("In", exact=True).fill("points")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The rule is added.")).to_be_visible()
    rule = page.locator("li", has_text="0.75 points each clip")
    rule.get_by_role("link", name="Change").click()
    page.get_by_label("Quality").select_option(label="Every quality")
    page.get_by_label("Amount").fill("0.85")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The rule is changed.")).to_be_visible()
    good(page)
    page.locator("li", has_text="0.85 points").get_by_role("link", name="Change").click()
    page.get_by_role("link", name="Cancel").click()
    page.locator("li", has_text="0.85 points").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The rule is removed.")).to_be_visible()
    page.get_by_role("link", name="All prices").click()
    expect(page.get_by_role("heading", name="Prices", exact=True)).to_be_visible()


def test_the_book_is_read_and_corrected(sized: Page, site: Installation) -> None:
    page, word = sized, uuid4().hex[:6]
    key = made(site)
    site.python(HELD.format(key=key))
    page.goto(f"{site.url}/staff/ledger/")
    good(page)
    held = page.locator(".share-row", has_text="$1.50").first
    held.get_by_role("link", name="Its ledger").click()
    page.get_by_role("button", name="It was charged").click()
    expect(page.get_by_text("The correction is in the book.")).to_be_visible()
    page.get_by_label("Amount").fill("-9")
    page.get_by_label("Reason").fill(word)
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("no job costs less than nothing")).to_be_visible()
    good(page)
    page.get_by_label("Amount").fill("-0.25")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_role("region", name="Entries of this job").get_by_text(word)).to_be_visible()
    expect(page.locator("tfoot strong")).to_have_text("$1.25")
    page.get_by_role("link", name="The job").click()
    page.get_by_role("link", name="Its ledger").click()
    page.locator(".crumb").get_by_role("link", name="Ledger", exact=True).click()
    page.get_by_label("Kind").select_option(label="Corrected")
    page.wait_for_url("**kind=correction**")
    expect(page.get_by_text(word)).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="Correct the book").click()
    page.get_by_label("Member").select_option(index=1)
    page.get_by_label("Month").select_option(index=1)
    page.get_by_label("Amount").fill("2")
    page.get_by_label("Reason").fill(f"bill {word}")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text(f"bill {word}")).to_be_visible()
    good(page)

"""A group, its budget and an exchange rate, made, changed and taken away by hand."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits, to_staff
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

DESK = pytest.param((1280, 900), marks=pytest.mark.matrix)


@pytest.mark.parametrize("size", [(360, 740), DESK], ids=["phone", "desk"])
def test_a_group_gets_a_budget_and_gives_it_back(signed_in: Page, site: Installation, size: tuple[int, int]) -> None:
    page, name = signed_in, f"Crew {uuid4().hex[:6]}"
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{site.url}/staff/budgets/")
    page.get_by_role("link", name="Add a group").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("group", name="Members").get_by_role("checkbox", name="Admin", exact=True).check()
    page.get_by_role("button", name="Add it").click()

    page.get_by_role("link", name="Add a budget").click()
    page.get_by_label("Whose").select_option(label=name)
    page.get_by_label("Amount a month").fill("80")
    page.get_by_label("Stop at the limit").uncheck()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The budget is set.")).to_be_visible()
    assert fits(page)

    page.goto(site.url)
    expect(page.locator("#bill-help")).to_contain_text("left this month")
    page.goto(f"{site.url}/staff/budgets/")
    row = page.get_by_role("listitem", name=name)
    expect(row).to_contain_text("Only warns")
    row.get_by_role("link", name=name).click()
    page.get_by_label("Amount a month").fill("90")
    page.get_by_label("Stop at the limit").check()
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("left of $90")
    expect(row).to_contain_text("Stops at the limit")

    row.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Remove it").click()
    expect(row).to_have_count(0)
    page.get_by_role("link", name=name).click()
    page.get_by_label("Name").fill(f"{name} again")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=f"{name} again").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text(name)).to_have_count(0)


def test_a_rate_and_the_currency(strict: Strict, signed_in: Page, site: Installation) -> None:
    strict.allowed = ("422",)  # what is wrong is said in the form
    page, unit = signed_in, uuid4().hex[:6].upper()
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to content").press("Enter")
    expect(page.locator("#main")).to_be_focused()
    to_staff(page, "Money", "Budgets")
    page.get_by_label("Unit").fill("usd")
    page.get_by_label("Is worth").fill("0.14")
    page.get_by_role("button", name="Set the rate").click()
    expect(page.get_by_text("That is the portal’s own currency")).to_be_visible()
    page.get_by_label("Unit").fill(unit)
    page.get_by_label("From day").fill("2026-01-01")
    page.get_by_role("button", name="Set the rate").press("Enter")
    expect(page.get_by_text(f"1 {unit} = 0.14 USD")).to_be_visible()
    page.get_by_role("button", name=f"Remove {unit}, 1 Jan 2026").click()
    expect(page.get_by_text(f"1 {unit} =")).to_have_count(0)

    page.goto(f"{site.url}/staff/settings/")
    money = page.get_by_role("form", name="Money")
    money.get_by_label("Currency of budgets and usage").fill("usd")
    money.get_by_role("button", name="Save").click()
    expect(money.get_by_text("Give three capital letters")).to_be_visible()
    money.get_by_label("Currency of budgets and usage").fill("USD")
    money.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert complaints(page) == []

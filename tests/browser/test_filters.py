"""Every filter of the library and the prompt history, by hand: each is kept in the address and can be taken off."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import fits
from tests.processes.harness import Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.matrix]

GATHERED = """
from generations.models import Job, User
from generations.services import collections, notes, prompts
mara, job = User.objects.order_by("pk").first(), Job.objects.get(key={key!r})
notes.add_tag(job, mara, {word!r}); notes.add_tag(job.prompt, mara, {word!r})
collections.put(collections.make(mara, "Reel {word}", "team"), [job], mara)
prompts.save(mara, "Template {word}", "A {{animal}} wakes {word}", "team")
"""
MADE = "SELECT provider_id, model, orientation, seconds FROM generations_job WHERE key = ?"


@pytest.fixture
def clip(signed_in: Page, site: Installation) -> tuple[str, str]:
    """The key of a finished clip, and the word that its prompt, its tag, its collection and a template share."""
    word = uuid4().hex[:6]
    key = site.generate(f"A heron lands {word}")
    wait_for(lambda: site.state_of(key) == "done", "the clip", 60)
    site.python(GATHERED.format(key=key, word=word))
    return key, word


def is_found(page: Page, key: str, *, named: str) -> None:
    """The address names the filter, and the clip is listed."""
    page.wait_for_url(re.compile(rf"[?&]{named}="))
    expect(page.locator(f"#job-{key}")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_each_filter_of_the_library(signed_in: Page, site: Installation, clip: tuple[str, str], width: int) -> None:
    page, (key, word) = signed_in, clip
    page.set_viewport_size({"width": width, "height": 800})
    today = datetime.now(UTC).date().isoformat()
    columns = ("provider", "model", "orientation", "seconds")
    made = site.rows(MADE, key.replace("-", ""))[0]
    held = site.rows("SELECT id FROM generations_collection WHERE name = ?", f"Reel {word}")[0]
    for name, value in zip((*columns, "collection"), (*made, *held), strict=True):
        unfold(page, site)
        page.locator(f".more-filters [name={name}]").select_option(str(value))
        is_found(page, key, named=name)
    for name, value in (("tag", word), ("since", today), ("until", today)):
        unfold(page, site)
        page.locator(f"#id_{name}").fill(value)
        page.locator(f"#id_{name}").press("Enter")
        is_found(page, key, named=name)
    assert fits(page)
    page.goto(f"{site.url}/library/?q={word}")
    page.get_by_label("Favourites").check()
    page.wait_for_url("**favourite=1**")
    expect(page.get_by_role("heading", name=f"No clip matches “{word}”")).to_be_visible()


def unfold(page: Page, site: Installation) -> None:
    page.goto(f"{site.url}/library/")
    page.get_by_text("More filters").press("Enter")


def test_the_list_is_a_matter_of_taste(signed_in: Page, site: Installation, clip: tuple[str, str]) -> None:
    page = signed_in
    page.goto(f"{site.url}/library/?q={clip[1]}")
    page.get_by_role("group", name="Layout").get_by_label("List").check()
    page.wait_for_url("**view=list**")
    expect(page.get_by_role("table")).to_contain_text(clip[1])
    page.get_by_role("group", name="Layout").get_by_label("Grid").check()
    expect(page.locator("article")).to_have_count(1)


def test_each_filter_of_the_prompts(signed_in: Page, site: Installation, clip: tuple[str, str]) -> None:
    page, (_, word) = signed_in, clip
    page.goto(f"{site.url}/prompts/")
    page.locator("#id_tag").select_option(label=word)
    page.wait_for_url("**tag=**")
    expect(page.locator("li.asked")).to_have_count(1)
    page.goto(f"{site.url}/prompts/?q={word}")
    page.locator("#id_author").select_option(index=1)
    page.wait_for_url("**author=**")
    expect(page.locator("li.asked")).to_have_count(2)
    page.get_by_role("group", name="Only these").get_by_label("Pinned").check()
    page.wait_for_url("**pinned=1**")
    expect(page.get_by_role("heading", name="No prompt matches")).to_be_visible()
    page.goto(f"{site.url}/prompts/?q={word}")
    page.locator("li.asked", has_text=f"Template {word}").locator("a[href$='/fill/']").press("Enter")
    expect(page.get_by_label("animal", exact=True)).to_be_visible()


def test_what_is_mine_alone_can_be_chosen_by_key(signed_in: Page, site: Installation, clip: tuple[str, str]) -> None:
    page, (key, word) = signed_in, clip
    for address, label, button in (
        ("/collections/", "Name", "Make it"),
        ("/prompts/new/", "Prompt", "Save"),
    ):
        page.goto(f"{site.url}{address}")
        page.get_by_label(label, exact=True).fill(f"Secret {word}")
        page.get_by_label("Only me").press("Space")
        page.get_by_role("button", name=button, exact=True).press("Enter")
        expect(page.get_by_text("Only me").first).to_be_visible()
    page.goto(f"{site.url}/jobs/{key}/")
    page.get_by_role("button", name=f"Secret {word}", exact=True).press("Enter")
    expect(page.get_by_role("button", name=f"Take it out of Secret {word}")).to_be_visible()


def test_a_winner_is_picked_and_not_any_more(signed_in: Page, site: Installation, clip: tuple[str, str]) -> None:
    page, (key, _) = signed_in, clip
    page.goto(f"{site.url}/jobs/{key}/")
    for said in ("Winner, picked by", ""):
        page.get_by_role("button", name="More actions").press("Enter")
        page.locator(f"#job-{key}-winner").press("Enter")
        expect(page.locator("#job-body .pill", has_text="Winner, picked by")).to_have_count(1 if said else 0)


def test_a_link_lasts_until_the_day_that_is_chosen(
    strict: Strict, signed_in: Page, site: Installation, clip: tuple[str, str]
) -> None:
    strict.allowed = ("422",)  # a day too far away
    page, (key, _) = signed_in, clip
    page.goto(f"{site.url}/jobs/{key}/share/")
    page.get_by_label("Works for").select_option(label="until a date")
    page.locator("#id_day").fill("2999-01-01")
    page.get_by_role("button", name="Make the link").press("Enter")
    expect(page.locator("#id_day_error")).to_be_visible()

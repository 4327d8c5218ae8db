"""Many clips at once in a real browser: chosen by pointer and keys, tagged, taken away, thrown away, taken back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import complaints, fits, sign_in
from tests.processes.harness import PASSWORD, Installation, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process]
OF_AXE = ("inline style",)  # it puts a style of its own into the page
SOMEBODY = """
from generations.models import Provider, User
from generations.services.compose import Ask, compose
import json
who = User.objects.create_user({email!r}, {password!r}, name="Mara Lindqvist")
sandbox = Provider.objects.get(is_sandbox=True)
asked = [Ask(f"Boat {{n}} {word}", sandbox.pk, "sora2-landscape-4s", f"{word}{{n}}") for n in range(6)]
print(json.dumps([str(compose(who, ask).job.key) for ask in asked]))
"""
ANEW = """id => {
  const card = document.getElementById(id);
  card.classList.add("anew");
  return htmx.ajax("GET", `/jobs/${card.dataset.key}/card/`, { target: card, swap: "outerHTML" });
}"""
HASHES = "SELECT sha256 FROM generations_output WHERE sha256 <> ''"


@pytest.fixture(scope="module")
def six(site: Installation) -> tuple[str, str]:
    """Somebody with six finished clips: the e-mail, and a word that all their prompts hold."""
    word = uuid4().hex[:6]
    email = f"mara-{word}@example.org"
    keys = json.loads(site.python(SOMEBODY.format(email=email, password=PASSWORD, word=word)).splitlines()[-1])
    wait_for(lambda: all(site.state_of(key) == "done" for key in keys), "six clips", 120)
    return email, word


@pytest.fixture
def library(page: Page, site: Installation, six: tuple[str, str], strict: Strict) -> Page:
    """That person's own clips, newest first: boat 5 to boat 0, three or more a row."""
    strict.allowed = (*OF_AXE, "422")
    sign_in(page, site.url, six[0])
    page.goto(f"{site.url}/library/?whose=mine")
    expect(page.locator("article")).to_have_count(6)
    return page


def boat(page: Page, number: int) -> Locator:
    return page.locator("article", has_text=f"Boat {number} ")


def chosen(page: Page) -> list[int]:
    texts = page.locator("article:has(.select:checked) .prompt").all_inner_texts()
    return [int(text.split()[1]) for text in texts]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.split(' ').slice(0, 2).join(' ')"))


def file_behind(page: Page, link: str) -> str:
    """What a link downloads, as text."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    return Path(download.value.path()).read_text("utf-8-sig")


def test_choosing_by_pointer_and_by_keys(library: Page) -> None:
    page, bar = library, library.locator("#bulk")
    expect(bar).to_be_hidden()
    boat(page, 4).hover()
    boat(page, 4).get_by_role("checkbox").check()
    expect(bar).to_contain_text("1 selected")
    boat(page, 1).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    assert chosen(page) == [4, 3, 2, 1]
    assert complaints(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert chosen(page) == []

    page.keyboard.press("Escape")
    boat(page, 5).locator(".prompt").focus()
    page.keyboard.press("x")
    page.evaluate(ANEW, boat(page, 5).get_attribute("id"))  # a refresh draws the card again
    expect(page.locator("article.anew")).to_have_count(0)
    assert chosen(page) == [5]
    boat(page, 5).locator(".prompt").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Boat 4"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(bar).to_contain_text("3 selected")
    assert chosen(page) == [5, 4, 3]
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("6 selected")
    bar.get_by_role("button", name="Clear the selection").click()
    expect(bar).to_be_hidden()


@pytest.mark.matrix
def test_arrows_know_rows_and_columns(library: Page) -> None:
    page = library
    tops = page.locator("article").evaluate_all("all => all.map(one => Math.round(one.getBoundingClientRect().top))")
    across = tops.count(tops[0])
    assert 1 < across < 6
    boat(page, 5).locator(".prompt").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == f"Boat {5 - across}"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Boat 5"
    page.keyboard.press("ArrowUp")  # the edge: the page's own
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "Boat 5"
    page.keyboard.press("p")
    wait_for(lambda: boat(page, 5).locator("video").count() == 1, "the clip under the focus")
    page.keyboard.press("f")
    expect(boat(page, 5).get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    for words in ("To the clip beside, above or below", "Select up to here", "Move to trash"):
        expect(page.locator("#keys")).to_contain_text(words)
    page.get_by_role("switch", name="Single keys").uncheck()
    page.keyboard.press("Escape")
    boat(page, 5).locator(".prompt").focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    assert (chosen(page), focused(page)) == ([], "Boat 5")
    page.keyboard.press("?")
    page.keyboard.press("r")
    assert "/library/" in page.url


def test_tag_zip_favourite(library: Page, site: Installation, six: tuple[str, str], tmp_path: Path) -> None:
    page, bar, said = library, library.locator("#bulk"), library.locator("#bulk-said")
    for number in (0, 2, 3):
        boat(page, number).get_by_role("checkbox").check()
    bar.get_by_label("Tag").fill("Harbour")
    bar.get_by_label("Tag").press("Enter")
    expect(said).to_contain_text("3 clips tagged “harbour”.")
    expect(bar).to_be_hidden()
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Tag “harbour” taken off 3 clips.")

    boat(page, 0).get_by_role("checkbox").check()
    expect(said).to_be_empty()
    bar.get_by_role("button", name="Add").click()
    expect(said).to_contain_text("1 clip tagged “harbour”.")
    boat(page, 0).get_by_role("checkbox").check()
    bar.get_by_label("Tag").fill("")
    bar.get_by_role("button", name="Remove").click()
    expect(said).to_contain_text("Write a tag first.")
    bar.get_by_role("button", name="Favourite").click()
    expect(said).to_contain_text("1 clip marked as favourite.")
    expect(boat(page, 0).get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")

    for number in (1, 2, 3):
        boat(page, number).get_by_role("checkbox").check()
    with page.expect_download() as download:
        bar.get_by_role("button", name="Zip").click()
    download.value.save_as(tmp_path / "clips.zip")
    with ZipFile(tmp_path / "clips.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".mp4")]
        listed = list(csv.DictReader(io.StringIO(archive.read("clips.csv").decode("utf-8-sig"), newline="")))
        hashes = {hashlib.sha256(archive.read(name)).hexdigest() for name in names}
    assert len(names) == 3
    assert [row["prompt"] for row in listed] == [f"Boat {number} {six[1]}" for number in (3, 2, 1)]
    assert hashes <= {row[0] for row in site.rows(HASHES)}


def test_into_the_trash_and_back(library: Page, site: Installation) -> None:
    page, bar, said = library, library.locator("#bulk"), library.locator("#bulk-said")
    boat(page, 5).locator(".prompt").focus()
    page.keyboard.press("Delete")
    expect(page.locator("article")).to_have_count(5)
    expect(said).to_contain_text("1 clip moved to the trash.")
    assert focused(page) == "Boat 4"
    said.get_by_role("button", name="Undo").click()
    expect(page.locator("article")).to_have_count(6)
    assert page.url.endswith("/library/?whose=mine")

    boat(page, 5).get_by_role("checkbox").check()
    boat(page, 3).get_by_role("checkbox").click(modifiers=["Shift"])
    bar.get_by_role("button", name="Move to trash").click()
    expect(page.locator("article")).to_have_count(3)
    expect(said).to_contain_text("3 clips moved to the trash.")

    page.goto(f"{site.url}/library/trash/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    rows.first.get_by_role("checkbox").check()
    rows.nth(1).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(bar).to_contain_text("2 selected")
    assert complaints(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    bar.get_by_role("button", name="Restore").click()
    expect(rows).to_have_count(1)
    expect(said).to_contain_text("2 clips taken out of the trash.")
    rows.first.get_by_role("button", name="Restore").click()
    expect(rows).to_have_count(0)
    expect(page.get_by_text("Nothing is left in this list")).to_be_visible()
    page.goto(f"{site.url}/library/?whose=mine")
    expect(page.locator("article")).to_have_count(6)


@pytest.mark.matrix
def test_the_list_view_by_keys_and_into_a_new_collection(
    library: Page, site: Installation, six: tuple[str, str]
) -> None:
    page, bar, said, film = library, library.locator("#bulk"), library.locator("#bulk-said"), f"Film {six[1]}"
    page.goto(f"{site.url}/library/?whose=mine&view=list")
    rows = page.locator("tbody tr[data-key]")
    expect(rows).to_have_count(6)
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1).get_by_role("link", name="Boat 4")).to_be_focused()
    page.keyboard.press("f")
    expect(rows.nth(1).get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    expect(rows.nth(1).get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Delete")
    expect(rows).to_have_count(5)
    expect(rows.nth(1).get_by_role("link", name="Boat 3")).to_be_focused()
    said.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(6)

    for number in (0, 1):
        rows.nth(number).get_by_role("checkbox").check()
    expect(bar.get_by_label("Name of the new collection")).to_be_hidden()
    bar.get_by_label("Collection", exact=True).select_option("new")
    bar.get_by_label("Name of the new collection").fill(film)
    bar.get_by_role("button", name="Put in").click()
    expect(page.get_by_text(f"2 clips put into “{film}”.")).to_be_visible()
    page.get_by_role("link", name="All collections").click()
    page.get_by_role("link", name=film).click()
    boat(page, 5).get_by_role("checkbox").check()
    bar.get_by_role("button", name="Take out of the collection").click()
    expect(page.locator("article")).to_have_count(1)
    said.get_by_role("button", name="Undo").click()
    expect(page.locator("article")).to_have_count(2)

    page.goto(f"{site.url}/library/?whose=mine&view=list")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url("**reuse=**")
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/**")


@pytest.mark.matrix
def test_a_phone_without_scripts(chromium: Browser, site: Installation, six: tuple[str, str]) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site.url, six[0])
    page.goto(f"{site.url}/library/?whose=mine")
    bar = page.locator("#bulk")
    boat(page, 2).get_by_role("checkbox").check()
    bar.get_by_label("Collection", exact=True).select_option("new")
    bar.get_by_label("Name of the new collection").fill(f"Plain {six[1]}")
    bar.get_by_role("button", name="Put in").click()
    expect(page.get_by_text(f"1 clip put into “Plain {six[1]}”.")).to_be_visible()
    for number in (0, 1):
        expect(boat(page, number).get_by_role("checkbox")).to_be_visible()
        boat(page, number).get_by_role("checkbox").check()
    bar.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_text("2 clips moved to the trash.")).to_be_visible()
    assert page.url.endswith("/library/?whose=mine")
    expect(page.locator("article")).to_have_count(4)
    page.goto(f"{site.url}/library/trash/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("#bulk").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("2 clips taken out of the trash.")).to_be_visible()
    context.close()


@pytest.mark.matrix
def test_lists_as_files_and_prompts_from_one(library: Page, site: Installation, six: tuple[str, str]) -> None:
    page, word = library, uuid4().hex[:6]
    rows = list(csv.DictReader(io.StringIO(file_behind(page, "CSV"), newline="")))
    assert [row["prompt"].split()[1] for row in rows] == ["5", "4", "3", "2", "1", "0"]
    assert [row["key"] for row in json.loads(file_behind(page, "JSON"))] == [row["key"] for row in rows]
    page.goto(f"{site.url}/prompts/")
    assert any(six[1] in row["text"] for row in json.loads(file_behind(page, "JSON")))
    assert file_behind(page, "CSV").startswith("text,title,tags,")

    page.get_by_role("link", name="Import prompts").click()
    text = f"text,visibility\n=Sails {word},team\nBoat 5 {six[1]},team\n,team\n"
    file = FilePayload(name="prompts.csv", mimeType="text/csv", buffer=text.encode())
    page.get_by_label("CSV or JSON file").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="1 new prompt, 1 there already, 1 wrong")).to_be_visible()
    assert complaints(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    page.get_by_label("Seen by, where a row leaves it open").select_option(label="Only me")
    page.get_by_label("Or its text").fill(f"{text}Oars {word},\n")
    page.get_by_role("button", name="Preview again").click()
    page.get_by_role("button", name="Import the 2 good ones").click()
    expect(page.get_by_text("2 prompts imported.")).to_be_visible()
    expect(page.locator(".asked", has_text=f"Oars {word}")).to_contain_text("Only me")
    expect(page.get_by_text(f"=Sails {word}")).to_be_visible()

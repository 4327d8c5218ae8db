"""Every field of every settings form takes another value, is sent by the keyboard, and is found again as it was set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Strict
from tests.browser.helpers import fits
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

ADD = """
from generations.models import User, VideoModel, Webhook
from generations.services.hooks import save_hook
from generations.services.providers import add_provider
address, sent = "https://videos.example.com/v1", '{{"X-Team": "a"}}'
added = add_provider({name!r}, "openai_videos", address, "sk-nobody", headers_json=sent)
hook = Webhook()
told = {{"name": {name!r}, "url": "https://hooks.example.com/told", "done": True, "enabled": True}}
save_hook(hook, told, User.objects.first())
print(added.pk, VideoModel.objects.filter(provider=added).first().pk, hook.pk)
"""
OFF = "UPDATE generations_provider SET enabled = 0 WHERE name = ?"
GONE = "DELETE FROM generations_webhook WHERE name = ?"
# What cannot be guessed from the kind of field. None leaves it: it would clear what another field sets.
VALUES: Mapping[str, str | None] = {
    "key": "sk-another", "headers": "X-Desk: 7", "webhook_secret": "whsec_" + "A" * 32, "clear_key": None,
    "clear_headers": None, "clear_webhook_secret": None, "create_path": "/clips", "query_path": "/clips/{id}",
    "aspect_ratio": "3:4", "currency": "EUR", "price": "2.75", "quiet_from": "22:15", "quiet_until": "06:45",
    "url": "https://hooks.example.com/other", "unknown": "true",
}  # fmt: skip
SECRET = ("key", "headers", "webhook_secret")
KIND = "element => element.type"
NOW = "element => element.type === 'checkbox' ? String(element.checked) : element.value"


@pytest.fixture
def told(signed_in: Page, site: Installation, strict: Strict) -> Iterator[dict[str, str]]:
    """The forms, and on which pages they stand; on a phone, in the dark."""
    strict.allowed = ("422",)
    signed_in.set_viewport_size({"width": 360, "height": 740})
    signed_in.emulate_media(color_scheme="dark")
    name = f"Fields {uuid4().hex[:6]}"
    provider, model, hook = site.python(ADD.format(name=name)).splitlines()[-1].split()
    yield {
        "provider": f"/staff/providers/{provider}/",
        "model": f"/staff/models/{model}/",
        "new model": f"/staff/providers/{provider}/models/add/",
        "webhook": f"/staff/webhooks/{hook}/",
    }
    site.rows(OFF, name)
    site.rows(GONE, name)


LATER = pytest.mark.matrix  # long; one of the forms stands for all in `make test`


@pytest.mark.parametrize("name", ["provider", pytest.param("model", marks=LATER), pytest.param("webhook", marks=LATER)])
def test_what_is_set_is_kept(signed_in: Page, site: Installation, told: dict[str, str], name: str) -> None:
    page = signed_in
    page.goto(site.url + told[name])
    wanted = fill(form_of(page), rows=1)
    form_of(page).get_by_role("button", name="Save").press("Enter")
    page.wait_for_load_state()
    assert page.locator(".invalid-feedback").all_inner_texts() == []
    page.goto(site.url + told[name])
    assert fits(page)
    assert {field: values(form_of(page))[field] for field in wanted} == wanted


@pytest.mark.matrix
def test_a_key_is_cleared(signed_in: Page, site: Installation, told: dict[str, str]) -> None:
    page = signed_in
    page.goto(site.url + told["provider"])
    page.get_by_label("Clear the key").press("Space")
    form_of(page).get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_label("Clear the key")).to_have_count(0)
    expect(page.get_by_text("key: set → cleared")).to_be_visible()


@pytest.mark.matrix
def test_a_model_is_added_by_hand_and_a_row_is_struck_out(
    signed_in: Page, site: Installation, told: dict[str, str]
) -> None:
    page, slug = signed_in, f"by-hand-{uuid4().hex[:6]}"
    page.goto(site.url + told["provider"])
    page.get_by_role("link", name="By hand").press("Enter")
    wanted = fill(form_of(page), {"slug": slug, "name": slug}, rows=2) | {"c-1-seconds": "7"}
    page.locator("[name=c-1-seconds]").fill("7")
    page.get_by_label("Remove, row 3").press("Space")
    form_of(page).get_by_role("button", name="Save").press("Enter")
    page.get_by_role("link", name=f"Edit {slug}").press("Enter")
    found = values(form_of(page))
    assert {field: found[field] for field in wanted} == wanted
    page.get_by_label("Remove, row 1").press("Space")
    form_of(page).get_by_role("button", name="Save").press("Enter")
    page.get_by_role("link", name=f"Edit {slug}").press("Enter")
    expect(page.locator("[name=c-0-seconds]")).to_have_value("7")
    expect(page.locator("[name=c-1-seconds]")).to_have_value("")
    page.get_by_role("link", name="Cancel").press("Enter")
    page.wait_for_url(site.url + told["provider"])


@pytest.mark.matrix
def test_every_notification_is_kept(signed_in: Page, site: Installation, told: dict[str, str]) -> None:
    page = signed_in
    page.goto(f"{site.url}/account/notifications/")
    before = values(form_of(page))
    wanted = fill(form_of(page))
    form_of(page).get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.").first).to_be_visible()
    assert {field: values(form_of(page))[field] for field in wanted} == wanted
    mine = page.locator("#webhook form").first
    asked = fill(mine)
    mine.get_by_role("button", name="Set it up").press("Enter")
    expect(page.get_by_role("button", name="Remove it")).to_be_visible()
    assert {field: values(mine)[field] for field in asked} == asked
    page.get_by_role("button", name="Remove it").press("Enter")
    expect(page.get_by_role("button", name="Remove it")).to_have_count(0)
    for name, value in before.items():
        put(form_of(page).locator(f"[name={name}]"), value)
    form_of(page).get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.").first).to_be_visible()


@pytest.mark.matrix
def test_a_webhook_of_the_team_starts_as_it_was_asked_for(
    signed_in: Page, site: Installation, told: dict[str, str]
) -> None:
    page, name = signed_in, f"Told {uuid4().hex[:6]}"
    page.goto(f"{site.url}/staff/webhooks/add/")
    wanted = fill(form_of(page), {"name": name})
    form_of(page).get_by_role("button", name="Add it").press("Enter")
    expect(page.get_by_role("button", name="Remove it")).to_be_visible()
    page.goto(f"{site.url}/staff/webhooks/")
    page.get_by_role("link", name=name).press("Enter")
    assert {field: values(form_of(page))[field] for field in wanted} == wanted
    page.get_by_role("button", name="Remove it").press("Enter")
    expect(page.get_by_role("link", name=name)).to_have_count(0)


def form_of(page: Page) -> Locator:
    """The page's form with the settings."""
    return page.locator("main form").filter(has=page.locator("[name=name], [name=slug], [name=mail_done]")).first


def fields(form: Locator, rows: int = 0) -> dict[str, Locator]:
    """The fields by name; of the rows of a table only the first."""
    shown = form.locator("input:visible:enabled, select:visible:enabled, textarea:visible:enabled").all()
    named = {str(each.get_attribute("name")): each for each in shown}
    return {name: each for name, each in named.items() if not name.startswith("c-") or int(name.split("-")[1]) < rows}


def values(form: Locator) -> dict[str, str]:
    return {name: str(field.evaluate(NOW)) for name, field in fields(form, rows=9).items()}


def fill(form: Locator, given: Mapping[str, str] | None = None, rows: int = 0) -> dict[str, str]:
    """Give every field another value than it has; what they should hold after saving, by name."""
    wanted = {}
    for name, field in fields(form, rows).items():
        bare = name.rsplit("-", 1)[-1]
        value = {**VALUES, **(given or {})}.get(bare, another(field))
        if value is not None and bare != "DELETE":
            put(field, value)
            wanted[name] = "" if bare in SECRET else value
    return wanted


def another(field: Locator) -> str:
    """A legal value that the field does not have."""
    now, kind = str(field.evaluate(NOW)), field.evaluate(KIND)
    if kind == "checkbox":
        return "false" if now == "true" else "true"
    if kind == "select-one":
        choices = field.locator("option").evaluate_all("options => options.map(each => each.value)")
        return str(next(choice for choice in choices if choice != now))
    if kind == "number":
        return str(int(float(now or 2)) + 1)
    return f"{now}-other".lstrip("-")


def put(field: Locator, value: str) -> None:
    """As somebody does who has a keyboard only."""
    if field.evaluate(KIND) == "checkbox":
        field.press("Space")
        if field.evaluate(NOW) != value:
            field.press("Space")
    elif field.evaluate(KIND) == "select-one":
        field.select_option(value)
    else:
        field.fill(value)

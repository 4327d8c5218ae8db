"""A reference image in a real browser: choose, paste, fit, remove, send."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Strict
from tests.processes.harness import Installation

pytestmark = [pytest.mark.browser, pytest.mark.process]

ADD = """
from generations.models import Provider
from generations.services.providers import add_provider
from pathlib import Path
from django.conf import settings
key = (Path(settings.DATA_DIR) / "sandbox.key").read_text().strip()
add_provider("Pictures", "openai_videos", {url!r}, key, allow_private=True, poll_interval=0.5)
"""
NONE = """
from generations.models import VideoModel
VideoModel.objects.filter(provider__name="Pictures", slug="sora-2-2025-10-06").update(references=0)
"""
PASTE = """(area, data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


def picture(width: int = 900, height: int = 600, kind: str = "PNG", seed: int = 0) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 7))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.fixture(scope="module")
def pictures(site: Installation) -> None:
    """A provider that takes images by upload and wants exact pixels; one of its models takes none."""
    site.python(ADD.format(url=f"http://127.0.0.1:{site.sandbox_port}/v1") + NONE)


@pytest.fixture
def composer(signed_in: Page, site: Installation, pictures: None) -> Page:
    """The composer with that provider chosen."""
    (found,) = site.rows("SELECT id FROM generations_provider WHERE name = 'Pictures'")[0]
    signed_in.goto(f"{site.url}/?provider={found}&model=sora-2&aspect_ratio=9:16")
    expect(signed_in.get_by_label("Model")).to_have_value("sora-2")
    expect(signed_in.get_by_text("Choose an image")).to_be_visible()
    return signed_in


def upload(page: Page, content: bytes, name: str = "still.png") -> None:
    page.set_input_files("#id_reference_file", {"name": name, "mimeType": "image/png", "buffer": content})


def preview(page: Page) -> str:
    source = page.get_by_alt_text("The reference image as the provider gets it").get_attribute("src")
    return str(source)


def test_it_is_chosen_fitted_and_sent_in_exact_pixels(composer: Page, site: Installation) -> None:
    page, prompt = composer, f"She turns around {uuid4().hex[:6]}"
    upload(page, picture(seed=1))
    expect(page.get_by_text("900 × 600")).to_be_visible()
    assert "fit=crop" in preview(page)
    page.get_by_text("Pad", exact=True).click()
    expect(page.get_by_text("fitted into 720 × 1280")).to_be_visible()
    assert "fit=pad" in preview(page)
    page.get_by_text("16:9", exact=True).first.click()
    expect(page.get_by_text("fitted into 1280 × 720")).to_be_visible()

    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Generate").click()
    card = page.locator("article", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=60_000)
    with urlopen(f"http://127.0.0.1:{site.sandbox_port}/sandbox/stats", timeout=10) as answer:
        last = json.load(answer)["references"][-1]
    assert (last["width"], last["height"]) == (1280, 720)
    card.get_by_role("link", name=prompt).click()
    expect(page.get_by_alt_text("The image the clip started from")).to_be_visible()


def test_it_is_kept_when_the_options_change_while_the_file_dialog_is_open(composer: Page) -> None:
    with composer.expect_file_chooser() as dialog:
        composer.get_by_text("Choose an image").click()
    with composer.expect_response(lambda answer: "/compose/options/" in answer.url):
        composer.get_by_text("16:9", exact=True).first.click()
    expect(composer.locator("#compose-options.htmx-request")).to_have_count(0)
    dialog.value.set_files({"name": "still.png", "mimeType": "image/png", "buffer": picture(seed=5)})
    expect(composer.get_by_text("cut to 1280 × 720")).to_be_visible()


def test_it_is_pasted_into_the_prompt_and_removed_again(composer: Page) -> None:
    data = base64.b64encode(picture(seed=2)).decode()
    composer.get_by_label("Prompt").evaluate(PASTE, data)
    expect(composer.get_by_text("900 × 600")).to_be_visible()
    composer.get_by_role("button", name="Remove").click()
    expect(composer.get_by_text("Choose an image")).to_be_visible()
    composer.get_by_role("button", name="Use this image again").first.click()
    expect(composer.get_by_text("900 × 600")).to_be_visible()


def test_what_is_no_image_is_refused_with_the_cure(composer: Page, strict: Strict) -> None:
    strict.allowed = ("422",)
    upload(composer, b"GIF89a and nothing else")
    expect(composer.get_by_role("alert")).to_contain_text("This is no JPEG, PNG or WebP image.")
    upload(composer, picture()[:400])
    expect(composer.get_by_role("alert")).to_contain_text("damaged or incomplete")
    composer.get_by_label("Address of an image").fill("http://10.0.0.1/x.png")
    composer.get_by_role("button", name="Fetch").click()
    expect(composer.get_by_role("alert")).to_contain_text("begins with https://")


def test_a_model_that_takes_none_says_so_and_nothing_is_sent(
    composer: Page, site: Installation, strict: Strict
) -> None:
    strict.allowed = ("422",)
    upload(composer, picture(seed=3))
    expect(composer.get_by_text("900 × 600")).to_be_visible()
    composer.get_by_label("Model").select_option("sora-2-2025-10-06")
    expect(composer.get_by_text("This image cannot be sent.")).to_be_visible()
    composer.get_by_label("Prompt").fill("It must not leave")
    composer.get_by_role("button", name="Generate").click()
    expect(composer.get_by_role("alert")).to_contain_text("takes no reference image")


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.matrix)])
def test_it_fits_on_the_screen(composer: Page, width: int, tmp_path: Path) -> None:
    composer.set_viewport_size({"width": width, "height": 900})
    upload(composer, picture(seed=4))
    expect(composer.get_by_text("900 × 600")).to_be_visible()
    assert composer.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""A real Chromium on the pages: what only a browser can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from generations.models import Job, Provider, State, User, VideoModel, Watch
from tests.browser.helpers import CHROMIUM, HOW_TO_GET, QUIET
from tests.conftest import PASSWORD, needs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MakeJob = Callable[..., Job]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Playwright keeps an event loop in this thread; the tests meet the database between its turns, never inside."""
    needs(CHROMIUM, HOW_TO_GET)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def heard(page: Page, live_server: Any) -> Iterator[list[str]]:
    """Console errors and requests to other hosts; a test ends with none it did not expect."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((live_server.url, "data:")) else said.append(r.url))
    yield said
    assert said == []


@pytest.fixture
def at(page: Page, live_server: Any, heard: list[str]) -> Callable[[User, str], Page]:
    """The page at an address, signed in as this user."""

    def go(user: User, path: str) -> Page:
        page.goto(f"{live_server.url}/accounts/login/?next={path}")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(live_server.url + path)
        return page

    return go


def serious(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(rule["id"], node["html"]) for rule in found for node in rule["nodes"] if rule["impact"] != "minor"]


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1280),
        ("dark", 360),
        *(pytest.param(*look, marks=pytest.mark.matrix) for look in [("dark", 1280), ("light", 900), ("dark", 900)]),
        pytest.param("light", 360, marks=pytest.mark.matrix),
    ],
)
def test_every_page_reads_well_on_every_screen(
    page: Page,
    at: Callable[[User, str], Page],
    live_server: Any,
    heard: list[str],
    make_job: MakeJob,
    make_clip: MakeJob,
    admin: User,
    theme: Any,
    width: int,
) -> None:
    for state in State:
        job = make_job(state, f"A clip that is {state} " + "and a long story " * 20, author=admin)
    make_clip("بازار قديم عند الفجر", author=admin)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    at(admin, "/")
    model = VideoModel.objects.earliest("pk")
    providers = ["/staff/providers/", "/staff/providers/add/", "/staff/providers/add/?preset=openai"]
    providers += [f"/staff/providers/{model.provider_id}/", f"/staff/models/{model.pk}/"]
    pages = ["/", "/library/", "/prompts/", "/staff/jobs/", f"/jobs/{job.key}/", "/accounts/password/change/"]
    for path in pages + providers:
        page.goto(live_server.url + path)
        assert heard == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert serious(page) == [], path
        heard.clear()  # the checker itself tries things the policy forbids


def test_from_the_first_word_to_a_card_without_reloading(
    at: Callable[[User, str], Page], member: User, provider: Provider
) -> None:
    page = at(member, "/")
    expect(page.get_by_text("You have made nothing yet")).to_be_visible()
    page.get_by_label("Prompt").fill("A fox crosses the ice")
    page.reload()
    expect(page.get_by_label("Prompt")).to_have_value("A fox crosses the ice")
    # The send waits for the choices that the model brings, however fast the hand is.
    page.get_by_label("Model").select_option("sora2-portrait-12s")
    page.keyboard.press("Tab")
    page.get_by_label("Prompt").press("Control+Enter")
    card = page.locator("article[data-key]")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("A fox crosses the ice")
    expect(page.get_by_label("Prompt")).to_have_value("")
    expect(page.get_by_label("Prompt")).to_be_focused()
    expect(page.get_by_text("You have made nothing yet")).to_be_hidden()
    job = Job.objects.get()
    assert (job.model, job.seconds, job.aspect_ratio) == ("sora2-portrait-12s", 12, "9:16")


def test_a_double_click_is_one_job(at: Callable[[User, str], Page], member: User, provider: Provider) -> None:
    page = at(member, "/")
    page.get_by_label("Prompt").fill("Twice")
    page.get_by_role("button", name="Generate").dblclick()
    expect(page.locator("article[data-key]")).to_have_count(1)
    page.wait_for_timeout(300)
    assert Job.objects.count() == 1


def test_a_refused_form_takes_the_eye_to_the_control(
    at: Callable[[User, str], Page], heard: list[str], member: User, provider: Provider
) -> None:
    page = at(member, "/")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Write a prompt first.")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_be_focused()
    heard[:] = [line for line in heard if "422" not in line]


def test_a_running_card_moves_and_keeps_the_focus(
    at: Callable[[User, str], Page], make_job: MakeJob, member: User
) -> None:
    job = make_job(State.RUNNING)
    page = at(member, "/")
    reuse = page.locator(f"#job-{job.key}-reuse")
    reuse.focus()
    Watch.objects.filter(job=job).update(progress=77, rev=1)
    expect(page.locator(f"#job-{job.key}")).to_contain_text("77 %")
    expect(reuse).to_be_focused()
    Watch.objects.filter(job=job).delete()
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, rev=9)
    expect(page.locator(f"#job-{job.key}")).to_have_attribute("data-state", "failed")
    expect(page.get_by_role("status").filter(has_text="Failed: A fox wakes")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2600)
    assert asked == []


def test_the_end_of_a_session_is_said_and_nothing_more_is_asked(
    at: Callable[[User, str], Page], context: BrowserContext, heard: list[str], make_job: MakeJob, member: User
) -> None:
    make_job(State.RUNNING)
    page = at(member, "/")
    page.get_by_label("Prompt").fill("Half a thought")
    context.clear_cookies()
    expect(page.get_by_text("Your session ended.")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_have_value("Half a thought")
    assert page.locator("#signed-out a").get_attribute("href") == "/accounts/login/?next=%2F"
    heard[:] = [line for line in heard if "401" not in line]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2600)
    assert asked == []

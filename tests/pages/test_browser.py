"""A real Chromium on the pages: what only a browser can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from generations.models import Job, Provider, State, User, VideoModel, Watch
from tests.browser.controls import record
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
    record(context)
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


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("theme", "width"),
    [
        *(("dark", 360), ("light", 360), ("dark", 1280), ("light", 1280)),
        *((theme, 900) for theme in ("light", "dark")),
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
    pages += ["/queue/", "/queue/?by=member", "/account/notifications/", "/staff/webhooks/", "/staff/webhooks/add/"]
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


def look_away(page: Page, *, hidden: bool) -> None:
    """As if another tab came to the front, or ours did again: a browser without a screen hides none."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_a_hidden_tab_counts_what_ended_and_forgets_it_when_seen(
    at: Callable[[User, str], Page], context: BrowserContext, live_server: Any, make_job: MakeJob, member: User
) -> None:
    jobs = [make_job(State.RUNNING, f"Clip {number}") for number in (1, 2)]
    context.grant_permissions(["notifications"], origin=live_server.url)
    page = at(member, "/")
    page.evaluate(
        """() => {
            window.shown = [];
            window.Notification = class {
                static permission = "granted";
                constructor(word, more) { shown.push([word, more.body]); }
            };
            localStorage.setItem("notice-show", "on");
        }"""
    )
    look_away(page, hidden=True)
    Watch.objects.all().delete()
    Job.objects.filter(pk=jobs[0].pk).update(state=State.FAILED, rev=9)
    Job.objects.filter(pk=jobs[1].pk).update(state=State.UNKNOWN, rev=9)
    page.evaluate("htmx.trigger('#poller', 'refresh')")
    expect(page).to_have_title("(2) Create · Sora Portal")
    expect(page.get_by_role("status").filter(has_text="Failed: Clip 1")).to_be_visible()
    assert "mark-badge" in (page.locator("#mark").get_attribute("href") or "")
    assert sorted(page.evaluate("shown")) == [["Failed", "Clip 1"], ["Outcome unknown", "Clip 2"]]
    look_away(page, hidden=False)
    expect(page).to_have_title("Create · Sora Portal")
    assert "badge" not in (page.locator("#mark").get_attribute("href") or "")


def test_the_browsers_own_switches_are_kept_and_a_denial_is_said(at: Callable[[User, str], Page], member: User) -> None:
    page = at(member, "/account/notifications/")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Both switches are off")).to_be_visible()
    page.get_by_label("Play a sound").check()
    expect(page.locator("#notice-said")).to_be_hidden()
    page.get_by_role("button", name="Try it").click()
    page.evaluate("() => { Object.defineProperty(Notification, 'permission', { get: () => 'denied' }) }")
    page.get_by_label("Show a notification").click()
    expect(page.get_by_text("This browser denies notifications")).to_be_visible()
    expect(page.get_by_label("Show a notification")).not_to_be_checked()
    page.reload()
    expect(page.get_by_label("Play a sound")).to_be_checked()
    expect(page.get_by_label("Show a notification")).not_to_be_checked()


def test_a_language_is_chosen_and_an_open_page_keeps_its_own(
    at: Callable[[User, str], Page], heard: list[str], make_job: MakeJob, member: User
) -> None:
    make_job(State.RUNNING)
    page = at(member, "/library/")
    asked: list[str | None] = []
    page.on("request", lambda r: asked.append(r.headers.get("page-language")) if "/status/" in r.url else None)
    page.get_by_role("button", name="Account of").click()
    assert serious(page) == []
    heard.clear()  # the checker itself tries things the policy forbids
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    asked.clear()
    User.objects.update(language="en")
    page.evaluate("htmx.trigger('#poller', 'refresh')")
    page.wait_for_timeout(500)
    assert set(asked) == {"zh-hans"}
    page.evaluate("document.getElementById('account').showPopover()")
    expect(page.locator("#account [lang=zh-hans]")).to_have_attribute("aria-current", "true")


def asked_by(page: Page) -> list[str]:
    """What the page asks for from now on, without its queries."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0].split("/", 3)[3]))
    return asked


def test_a_page_without_cards_asks_for_the_tray_seldom_and_stops_when_nothing_runs(
    page: Page, at: Callable[[User, str], Page], make_job: MakeJob, member: User
) -> None:
    job = make_job(State.RUNNING)
    page.clock.install()
    pill = at(member, "/prompts/").locator("#tray-pill")
    expect(pill).to_have_text("My jobs: 1 running 1")
    asked = asked_by(page)
    page.clock.run_for(13_000)
    assert asked == []
    look_away(page, hidden=True)
    page.clock.run_for(40_000)
    assert asked == []
    look_away(page, hidden=False)
    Watch.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, rev=9)
    page.clock.run_for(2_000)
    expect(pill).to_have_text("My jobs: Nothing running 0")
    page.clock.run_for(40_000)
    assert asked == ["tray/"]


def test_a_page_with_all_my_cards_asks_for_the_tray_only_when_one_moves(
    page: Page, at: Callable[[User, str], Page], make_job: MakeJob, member: User
) -> None:
    job = make_job(State.RUNNING)
    page.clock.install()
    at(member, "/")
    ring = page.locator("#tray-said .on")
    expect(ring).to_have_attribute("stroke-dasharray", "45 100")
    asked = asked_by(page)
    Watch.objects.filter(job=job).update(progress=80, rev=1)
    page.clock.run_for(20_000)
    expect(ring).to_have_attribute("stroke-dasharray", "80 100")
    assert set(asked) == {"status/"}
    Watch.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, rev=9)
    page.clock.run_for(2_500)
    expect(page.locator("#tray-pill")).to_have_text("My jobs: Nothing running 0")
    assert asked.count("tray/") == 1

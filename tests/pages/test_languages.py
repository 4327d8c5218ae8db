"""The language of a page: the reader's choice, else the browser's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from generations import middleware
from generations.models import Job, News, Notice, State, User
from generations.services import notice_mail
from generations.services.languages import written_to
from generations.templatetags.words import _forms, _shots
from tests.conftest import PASSWORD
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db

CHINESE, ENGLISH = {"Accept-Language": "zh-CN,zh;q=0.9"}, {"Accept-Language": "en-GB,en;q=0.9"}
COOKIE = settings.LANGUAGE_COOKIE_NAME
DOOR = "/accounts/login/"


def choose(client: Client, language: str, **more: str) -> Any:
    return client.post(reverse("language"), {"language": language, **more})


def spoken(client: Client, path: str = "/library/", headers: dict[str, str] | None = None) -> str:
    """What the page says of itself."""
    found = re.search(r'<html lang="([^"]+)"', client.get(path, headers=headers or {}).content.decode())
    return found[1] if found else ""


def test_a_choice_is_kept_and_the_same_page_shown_again(mara: Client, member: User, stranger: User) -> None:
    answer = choose(mara, "zh-hans", next="/library/?whose=mine")
    assert (answer.status_code, answer["Location"]) == (303, "/library/?whose=mine")
    member.refresh_from_db()
    stranger.refresh_from_db()
    assert (member.language, stranger.language) == ("zh-hans", "")
    assert spoken(mara) == "zh-hans"
    assert spoken(mara, headers=ENGLISH) == "zh-hans", "it wins over the browser"


def test_who_never_chose_reads_what_the_browser_asks_for(mara: Client) -> None:
    assert [spoken(mara, headers=headers) for headers in (CHINESE, ENGLISH, {})] == ["zh-hans", "en", "en"]
    assert spoken(mara, headers={"Accept-Language": "tlh, xx;q=0.5"}) == "en"


def test_english_is_a_choice_too_and_can_be_taken_back(mara: Client, member: User) -> None:
    choose(mara, "en")
    assert spoken(mara, headers=CHINESE) == "en"
    choose(mara, "")
    member.refresh_from_db()
    assert (member.language, mara.cookies[COOKIE].value) == ("", "")
    assert spoken(mara, headers=CHINESE) == "zh-hans"


@pytest.mark.parametrize("language", ["fr", "zh", "EN", "../en", "<b>", "x" * 999])
def test_a_language_that_the_portal_does_not_speak_is_refused(mara: Client, member: User, language: str) -> None:
    answer = choose(mara, language)
    assert answer.status_code == 400
    assert "could not read this request" in answer.content.decode()
    assert COOKIE not in mara.cookies
    member.refresh_from_db()
    assert member.language == ""


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(mara: Client, address: str) -> None:
    assert choose(mara, "en", next=address)["Location"] == "/"


def test_it_takes_a_post_with_a_token(member: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.get(reverse("language")).status_code == 405
    assert choose(browser, "zh-hans").status_code == 403
    browser.force_login(member, settings.AUTHENTICATION_BACKENDS[0])
    assert choose(browser, "zh-hans").status_code == 403
    member.refresh_from_db()
    assert member.language == ""


def test_the_page_of_signing_in_remembers_in_the_browser_only(member: User) -> None:
    browser = Client()
    assert choose(browser, "zh-hans", next=DOOR)["Location"] == DOOR
    cookie = browser.cookies[COOKIE]
    assert (cookie.value, bool(cookie["httponly"]), cookie["samesite"]) == ("zh-hans", True, "Lax")
    assert spoken(browser, DOOR, ENGLISH) == "zh-hans"
    browser.post(DOOR, {"login": member.email, "password": PASSWORD})
    assert spoken(browser, headers=ENGLISH) == "zh-hans", "as long as nothing else was chosen"
    member.refresh_from_db()
    assert member.language == ""
    User.objects.update(language="en")
    assert spoken(browser, headers=CHINESE) == "en"
    browser.post(reverse("account_logout"))
    assert spoken(browser, DOOR, ENGLISH) == "zh-hans"


def test_what_is_chosen_inside_holds_for_signing_in_again(mara: Client) -> None:
    choose(mara, "zh-hans")
    mara.post(reverse("account_logout"))
    assert spoken(mara, DOOR, ENGLISH) == "zh-hans"


def test_each_language_is_offered_in_its_own_words(mara: Client) -> None:
    for client, path in ((mara, "/library/?whose=mine"), (Client(), DOOR)):
        for headers in (ENGLISH, CHINESE):
            body = client.get(path, headers=headers).content.decode()
            assert re.search(r'name="language" value="en" lang="en"[^>]*>English<', body)
            assert re.search(r'name="language" value="zh-hans" lang="zh-hans"[^>]*>简体中文<', body)
            assert f'name="next" value="{path}"' in body
    assert re.search(r'value="" aria-current="true">As the browser<', mara.get("/library/").content.decode())


def test_a_page_that_answers_a_post_leads_to_no_address_that_takes_only_posts(mara: Client) -> None:
    body = mara.post(reverse("notifications"), {"quiet_from": "soon"}).content.decode()
    assert 'name="next" value=""' in body


@pytest.mark.parametrize("path", ["/library/", "/", "/account/notifications/"])
def test_a_language_costs_no_query(mara: Client, path: str) -> None:
    mara.get(path)  # what is remembered for a minute is not counted
    counts = set()
    for language in ("", "en", "zh-hans"):
        User.objects.update(language=language)
        with CaptureQueriesContext(connection) as seen:
            mara.get(path, headers=CHINESE)
        counts.add(len(seen))
    assert len(counts) == 1


def test_a_language_that_was_spoken_once_is_passed_over(mara: Client, member: User) -> None:
    member.language = "fr"
    member.save()
    assert spoken(mara, headers=CHINESE) == "zh-hans"
    assert written_to(member) == "en"


def test_an_answer_into_an_open_page_speaks_its_language(mara: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str | None] = []

    def nothing_changed(*_: object) -> list[Job]:
        heard.append(translation.get_language())
        return []

    monkeypatch.setattr("generations.views.status.changed", nothing_changed)
    for language in ("", "zh-hans"):
        User.objects.update(language=language)
        for page in ("en", "zh-hans", "xx"):
            mara.get("/status/", headers=HTMX | {"Page-Language": page})
    assert heard == ["en", "zh-hans", "en", "en", "zh-hans", "zh-hans"]


def test_no_cache_mixes_languages_and_no_request_hands_its_own_on(mara: Client) -> None:
    for path in ("/library/", "/status/", DOOR, "/nowhere/"):
        answer = mara.get(path, headers=CHINESE)
        assert {"HX-Request", "Accept-Language", "Page-Language"} <= set(answer["Vary"].split(", "))
        assert "no-store" in answer["Cache-Control"]
        assert translation.get_language() == "en"


def test_what_django_says_is_in_the_language_too(mara: Client) -> None:
    User.objects.update(language="zh-hans")
    answer = mara.post(reverse("notifications-hook"), {"done": "on"})
    assert "这个字段是必填项。" in answer.content.decode()


def test_error_pages_have_a_language(mara: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.update(language="zh-hans")
    assert spoken(mara, "/nowhere/") == "zh-hans"

    def gone(request: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(middleware, "_zone_of", gone)
    away = Client(raise_request_exception=False)
    assert [spoken(away, "/", headers) for headers in (CHINESE, ENGLISH)] == ["zh-hans", "en"]
    away.cookies[COOKIE] = "zh-hans"
    answer = away.get("/", headers=ENGLISH)
    assert (answer.status_code, answer["Refresh"]) == (503, "5")
    assert 'lang="zh-hans"' in answer.content.decode()


@pytest.mark.parametrize(("language", "expected"), [("", "en"), ("zh-hans", "zh-hans"), ("fr", "en")])
def test_mails_are_written_in_their_readers_language(
    make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, language: str, expected: str
) -> None:
    job = make_job(State.DONE)
    heard: list[str | None] = []
    User.objects.update(language=language)
    notice = Notice.objects.create(job=job, news=News.DONE, reason="", made_at=job.created_at)
    notice = Notice.objects.select_related("job__author").get(pk=notice.pk)
    write = notice_mail._message

    def written(notices: Sequence[Notice], to: User) -> EmailMessage:
        heard.append(translation.get_language())
        return write(notices, to)

    monkeypatch.setattr(notice_mail, "_message", written)
    assert notice_mail.send_mail([notice], notice.job.author) == ""
    assert (heard, translation.get_language()) == ([expected], "en")


@pytest.mark.parametrize(("language", "expected"), [("", "zh-hans"), ("en", "en")])
def test_a_link_to_set_a_password_comes_in_its_receivers_language(
    member: User, monkeypatch: pytest.MonkeyPatch, language: str, expected: str
) -> None:
    heard: list[str | None] = []
    User.objects.update(language=language)
    monkeypatch.setattr(DefaultAccountAdapter, "send_mail", lambda *_: heard.append(translation.get_language()))
    Client().post(reverse("account_reset_password"), {"email": member.email}, headers=CHINESE)
    assert heard == [expected]


SCRIPTS = {"/": ("composer", "prompting", "reference"), "/account/notifications/": ("notices",), "/library/": ("pick",)}


@pytest.mark.parametrize("path", SCRIPTS)
def test_each_page_brings_the_words_of_its_scripts_and_no_more(mara: Client, path: str) -> None:
    found = re.search(r'<script id="words" type="application/json">(.*?)</script>', mara.get(path).content.decode())
    assert found
    used = set()
    for name in ("portal", "refresh", "choose", *SCRIPTS[path]):
        script = (Path(settings.BASE_DIR) / f"static/js/{name}.js").read_text()
        for call in re.findall(r"wording(?:\.counted)?\(([^)]*)\)", script) + re.findall(r"const why = .*;", script):
            used |= set(re.findall(r'"([a-z-]+)"', call))
    words = json.loads(found[1])
    assert set(words) == used
    assert words["end-done"] == "Clip ready"


def test_a_number_has_as_many_forms_as_its_language() -> None:
    assert _forms(_shots) == {1: "{count} shot, {used} of {whole} s", 2: "{count} shots, {used} of {whole} s"}
    assert _forms(lambda n: "the only one") == {1: "the only one"}
    assert _forms(lambda n: {1: "one", 2: "few"}.get(n, "many")) == {1: "one", 2: "few", 5: "many"}

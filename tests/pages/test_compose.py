"""The composer: what it sends, what it refuses, and that it never sends twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import Job, ModelCombination, Prompt, Provider, User, VideoModel, Visibility
from tests.pages.conftest import HTMX

Ask = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.django_db
HOME = "/"


def test_a_plain_form_makes_one_job_and_comes_home(mara: Client, ask: Ask, member: User) -> None:
    answer = mara.post(HOME, ask(text="  Two boats race\r\n"))
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    job = Job.objects.get()
    assert (job.prompt.text, job.author, job.seconds, job.visibility) == ("Two boats race", member, 8, Visibility.TEAM)
    assert f"job-{job.key}" in mara.get(HOME).content.decode()


def test_htmx_gets_a_fresh_composer_and_the_new_card_on_top(mara: Client, ask: Ask) -> None:
    sent = ask(text="Two boats race", visibility="me")
    answer = mara.post(HOME, sent, headers=HTMX)
    body, job = answer.content.decode(), Job.objects.get()
    assert answer.status_code == 200
    assert 'data-hx-swap-oob="afterbegin:#feed"' in body
    assert f'id="job-{job.key}"' in body
    assert sent["compose_token"] not in body
    assert body.count("Two boats race") == 1  # in the card, not in the composer
    assert 'value="me" checked' in body
    assert "composed" in answer["HX-Trigger"]
    assert "say" in answer["HX-Trigger"]


def test_each_take_is_a_card_of_its_own(mara: Client, ask: Ask) -> None:
    answer = mara.post(HOME, ask(takes=3), headers=HTMX)
    body = answer.content.decode()
    assert Job.objects.count() == 3
    assert all(f'id="job-{job.key}"' in body for job in Job.objects.all())
    assert 'name="takes" value="3" checked' in body
    assert "3 takes go to" in answer["HX-Trigger"]


def test_the_button_says_what_it_costs_and_follows_the_choice(mara: Client, provider: Provider) -> None:
    VideoModel.objects.update(currency="USD")
    ModelCombination.objects.update(price=Decimal("0.64"))
    assert '<span>Generate</span> <span class="price">$0.64</span>' in mara.get(HOME).content.decode()
    body = mara.get("/compose/options/?takes=2").content.decode()
    assert 'id="bill" data-hx-swap-oob="true"><span>Generate 2 takes</span> <span class="price">$1.28</span>' in body
    ModelCombination.objects.update(price=None)
    body = mara.get("/compose/options/?takes=2").content.decode()
    assert '<span class="price">price unknown</span>' in body
    assert "names no price" in body


def test_the_models_of_a_provider_are_told_side_by_side(mara: Client, provider: Provider) -> None:
    body = mara.get(HOME).content.decode()
    assert f"Compare {provider.models.count()} models" in body
    assert body.count('aria-current="true"><strong>') == 1


def test_earlier_prompts_are_ones_own_the_latest_first_and_each_once(
    mara: Client, ask: Ask, make_job: Callable[..., Job], stranger: User
) -> None:
    make_job(author=stranger, text="Not mine")
    for text in ("First", "Second", "First"):
        mara.post(HOME, ask(text=text))
    body = mara.get("/compose/earlier/").content.decode()
    assert body.count("data-earlier") == 2
    assert body.index("First") < body.index("Second")
    assert "Not mine" not in body


BAD = [
    ("no text", {"text": ""}, "text", "Write a prompt first."),
    ("only spaces", {"text": " \n\t "}, "text", "Write a prompt first."),
    ("too long", {"text": "x" * 4001}, "text", "4001 characters"),
    ("no text field", {"text": None}, "text", "Write a prompt first."),
    ("unknown provider", {"provider": 999999}, "provider", "switched off"),
    ("no provider", {"provider": None}, "provider", "switched off"),
    ("provider is no number", {"provider": "uniall"}, "provider", "Choose a provider."),
    ("unknown model", {"model": "sora-9"}, "model", "does not offer sora-9"),
    ("no model", {"model": None}, "model", "does not offer"),
    ("wrong shape", {"aspect_ratio": "9:16"}, "aspect_ratio", "9:16 is not offered"),
    ("wrong length", {"seconds": 12}, "seconds", "12 s is not offered"),
    ("length is no number", {"seconds": "long"}, "seconds", "Choose a length."),
    ("negative length", {"seconds": -8}, "seconds", "is not offered"),
    ("quality it has not", {"quality": "1080p"}, "quality", "1080p is not offered"),
    ("no takes", {"takes": 0}, "takes", "Choose 1 to 4"),
    ("too many takes", {"takes": 5}, "takes", "Choose 1 to 4"),
    ("takes are no number", {"takes": "many"}, "takes", "Choose how many takes."),
    ("no token", {"compose_token": None}, "compose_token", "fresh one"),
    ("garbled token", {"compose_token": "../../etc"}, "compose_token", "fresh one"),
]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("changes", "field", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_comes_back_with_its_reason_and_costs_nothing(
    mara: Client, ask: Ask, changes: dict[str, Any], field: str, reason: str, headers: dict[str, str]
) -> None:
    sent = ask(**changes)
    answer = mara.post(HOME, sent, headers=headers)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert reason in body
    assert answer.context["form"].errors.keys() == {field}
    assert (sent.get("text") or "").strip() in body
    assert not Job.objects.exists()
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("field", ["text", "provider", "model", "aspect_ratio", "seconds"])
def test_the_wrong_control_is_marked_and_focused(mara: Client, ask: Ask, field: str) -> None:
    wrong = {"text": "", "provider": 9999, "model": "x", "aspect_ratio": "9:16", "seconds": 20}
    body = mara.post(HOME, ask(**{field: wrong[field]}), headers=HTMX).content.decode()
    assert body.count("autofocus") == 1
    assert f'id="{field}-error"' in body
    assert f"{field}-error" in body.split("aria-describedby=")[1] or f'aria-describedby="{field}-error"' in body


def test_a_switched_off_model_or_provider_is_refused(mara: Client, ask: Ask, provider: Provider) -> None:
    VideoModel.objects.filter(slug="sora2-landscape-8s").update(enabled=False)
    assert mara.post(HOME, ask()).status_code == 422
    Provider.objects.update(enabled=False)
    assert mara.post(HOME, ask()).status_code == 422
    assert not Job.objects.exists()


def test_the_same_form_twice_is_one_job(mara: Client, ask: Ask) -> None:
    sent = ask()
    assert mara.post(HOME, sent).status_code == 303
    assert mara.post(HOME, sent).status_code == 303
    again = mara.post(HOME, sent, headers=HTMX)
    assert (again.status_code, again["HX-Redirect"]) == (200, HOME)
    assert Job.objects.count() == 1


def test_a_resend_is_never_told_that_nothing_was_sent(mara: Client, ask: Ask) -> None:
    sent = ask()
    mara.post(HOME, sent)
    Provider.objects.update(enabled=False)
    assert mara.post(HOME, sent).status_code == 303
    assert Job.objects.count() == 1


def test_the_same_token_of_two_people_is_two_jobs(
    mara: Client, ask: Ask, as_user: Callable[[User], Client], stranger: User
) -> None:
    sent = ask()
    mara.post(HOME, sent)
    as_user(stranger).post(HOME, sent)
    assert Job.objects.count() == 2


def test_viewers_have_no_composer_and_cannot_post(as_user: Callable[[User], Client], viewer: User, ask: Ask) -> None:
    client = as_user(viewer)
    assert "reading along" in client.get(HOME).content.decode()
    assert client.post(HOME, ask()).status_code == 403
    assert not Job.objects.exists()


def test_a_form_without_its_csrf_token_is_refused(member: User, ask: Ask) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    answer = client.post(HOME, ask())
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()


def test_reuse_brings_text_and_settings_of_a_visible_job(
    mara: Client, make_job: Callable[..., Job], stranger: User
) -> None:
    theirs = make_job(
        text="Frost on a leaf", author=stranger, model="sora2-portrait-12s", aspect_ratio="9:16", seconds=12
    )
    body = mara.get(f"/?reuse={theirs.key}").content.decode()
    assert ">Frost on a leaf</textarea>" in body
    assert 'value="sora2-portrait-12s" selected' in body
    assert 'value="12" checked' in body
    secret = make_job(text="A private birthday", author=stranger, visibility="me")
    for query in (f"reuse={secret.key}", f"prompt={secret.prompt_id}", "reuse=x", "prompt=x", f"reuse={uuid4()}"):
        assert mara.get(f"/?{query}").status_code == 404


def test_a_prompt_brings_its_newest_settings_and_stays_private(mara: Client, make_job: Callable[..., Job]) -> None:
    job = make_job(text="A private birthday", visibility="me", model="sora2-landscape-12s", seconds=12)
    body = mara.get(f"/?prompt={job.prompt_id}").content.decode()
    assert ">A private birthday</textarea>" in body
    assert 'value="me" checked' in body
    assert 'value="12" checked' in body


def options(mara: Client, **chosen: Any) -> str:
    return mara.get(reverse("compose-options"), chosen, headers=HTMX).content.decode()


def test_impossible_choices_say_which_model_has_them(mara: Client, provider: Provider) -> None:
    body = options(mara, provider=provider.pk, model="sora2-landscape-8s")
    assert "12 s needs" in body
    assert "Sora 2 landscape, 12 s" in body
    assert "9:16 needs" in body
    assert "Sora 2 portrait, 8 s" in body
    assert 'value="8" checked' in body


def test_a_choice_that_became_impossible_moves_to_the_nearest(mara: Client, provider: Provider) -> None:
    body = options(mara, provider=provider.pk, model="sora2-portrait-12s", aspect_ratio="16:9", seconds=20)
    assert 'value="9:16" checked' in body
    assert 'value="12" checked' in body
    body = options(mara, provider=provider.pk, model="sora2-pro-720p", aspect_ratio="9:16", seconds=11)
    assert 'value="9:16" checked' in body
    assert 'value="12" checked' in body
    assert ">Quality</legend>" in body


def test_what_makes_no_sense_is_the_first_offer(mara: Client, provider: Provider) -> None:
    body = options(mara, provider="x", model="'", seconds="long", aspect_ratio="<b>")
    assert f'value="{provider.pk}" selected' in body
    assert "<b>" not in body


def test_a_paused_provider_says_that_jobs_wait(mara: Client, provider: Provider) -> None:
    Provider.objects.update(paused_reason="The key was refused.")
    body = options(mara)
    assert "UniAll studio (paused)" in body
    assert "needs an admin first" in body
    assert "refused" not in body


def test_without_a_provider_there_is_a_way_on(
    as_user: Callable[[User], Client], member: User, admin: User, ask: Ask, provider: Provider
) -> None:
    provider.delete()
    assert "Ask an admin" in as_user(member).get(HOME).content.decode()
    assert "manage.py" in as_user(admin).get(HOME).content.decode()
    assert as_user(member).post(HOME, ask()).status_code == 422

"""Clips from a CSV file: nothing is spent by looking, what was shown is what is made, and each clip is made once."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from generations.models import Job, Provider, User, VideoModel
from generations.models.provider import ModelCombination
from tests.services.helpers import queued

pytestmark = pytest.mark.django_db
URL = "/create/batch/"
TWO = "prompt,model,seconds,takes\r\nA fox wakes,sora2-pro-720p,8,2\r\nTwo boats race,,,\r\n"
ONE_BAD = TWO + "A hen,sora9,,\r\n"


def page(answer: Any) -> str:
    return str(answer.content.decode())


def hidden(body: str) -> dict[str, str]:
    """What the preview's form carries on, besides the text."""
    return dict(re.findall(r'name="(key|digest)" value="([0-9a-f]+)"', body))


def shown(client: Client, text: str = TWO, **more: Any) -> dict[str, Any]:
    """The form a browser would send from the preview of this text."""
    answer = client.post(URL, {"text": text} | more)
    assert answer.status_code == 200
    return {"text": text} | more | hidden(page(answer))


@pytest.fixture
def priced(provider: Provider) -> Provider:
    ModelCombination.objects.filter(model__slug="sora2-pro-720p").update(price=Decimal("0.64"))
    VideoModel.objects.update(currency="USD")
    return provider


def test_the_empty_page_offers_file_text_template_and_what_holds_for_all(mara: Client, provider: Provider) -> None:
    body = page(mara.get(URL))
    assert 'enctype="multipart/form-data"' in body
    assert 'type="file"' in body
    assert reverse("batch-template") in body
    assert f'<option value="{provider.pk}:sora2-pro-720p">' in body
    assert 'name="make"' not in body
    assert URL in page(mara.get("/"))


def test_a_preview_shows_every_row_its_cost_and_makes_nothing(mara: Client, priced: Provider) -> None:
    body = page(mara.post(URL, {"text": TWO}))
    for words in ("A fox wakes", "Line 2", "16:9 · 8 s · 720p · 2 takes", "$1.28", "Two boats race", "not known"):
        assert words in body
    assert "3 clips, from $1.28; 1 without a known price" in body
    assert re.search(r'name="make" value="all">Generate 3 clips<span class="price">from \$1.28</span>', body)
    assert hidden(body).keys() == {"key", "digest"}
    assert (Job.objects.count(), queued()) == (0, [])


def test_a_file_wins_over_the_text_and_comes_back_as_text(mara: Client, provider: Provider) -> None:
    file = SimpleUploadedFile("clips.csv", "prompt;takes\nFüchse, zwei;4\n".encode("utf-16"))
    body = page(mara.post(URL, {"file": file, "text": "prompt\nOld"}))
    assert "Füchse, zwei" in body
    assert "prompt;takes\nFüchse, zwei;4" in body
    assert "Old" not in body


def test_saying_yes_makes_what_was_shown_and_goes_home(mara: Client, member: User, priced: Provider) -> None:
    answer = mara.post(URL, shown(mara) | {"make": "all"})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert "3 clips of your file are on the way." in page(mara.get("/"))
    jobs = Job.objects.order_by("pk")
    assert [job.prompt.text for job in jobs] == ["A fox wakes", "A fox wakes", "Two boats race"]
    assert {job.author for job in jobs} == {member}


def test_sent_again_it_makes_nothing_more(mara: Client, priced: Provider) -> None:
    form = shown(mara) | {"make": "all"}
    answers = [mara.post(URL, form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert Job.objects.count() == 3


@pytest.mark.parametrize("gone", ["price", "model", "provider"])
def test_sent_again_after_the_offer_changed_it_is_not_told_not_made(mara: Client, priced: Provider, gone: str) -> None:
    form = shown(mara) | {"make": "all"}
    mara.post(URL, form)
    if gone == "price":
        ModelCombination.objects.update(price=Decimal(9))
    elif gone == "model":
        VideoModel.objects.filter(slug="sora2-pro-720p").update(enabled=False)
    else:
        Provider.objects.update(enabled=False)
    assert mara.post(URL, form).status_code == 303
    assert Job.objects.count() == 3


def test_what_was_chosen_for_all_is_carried_on(mara: Client, provider: Provider) -> None:
    chosen = {"destination": f"{provider.pk}:sora2-pro-720p", "aspect_ratio": "9:16", "seconds": "12"}
    form = shown(mara, "prompt\nA", visibility="me", **chosen)
    mara.post(URL, form | {"make": "all"})
    job = Job.objects.get()
    assert (job.model, job.aspect_ratio, job.seconds, job.visibility) == ("sora2-pro-720p", "9:16", 12, "me")


CHANGES: dict[str, Callable[[], Any]] = {
    "price": lambda: ModelCombination.objects.filter(seconds=8).update(price=Decimal("0.80")),
    "price gone": lambda: ModelCombination.objects.update(price=None),
    "model off": lambda: VideoModel.objects.filter(slug="sora2-pro-720p").update(enabled=False),
    "provider off": lambda: Provider.objects.update(enabled=False),
}


@pytest.mark.parametrize("wants", ["all", "good"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_since_the_preview_is_shown_first(mara: Client, priced: Provider, change: str, wants: str) -> None:
    form = shown(mara)
    CHANGES[change]()
    answer = mara.post(URL, form | {"make": wants})
    if change == "provider off":
        assert answer.status_code == 422
        return
    assert answer.status_code == 422
    body = page(answer)
    assert "Nothing was made." in body
    assert "Something changed since the preview" in body
    assert not Job.objects.exists()
    if change == "price":
        assert "$1.60" in body
        assert mara.post(URL, form | hidden(body) | {"make": "all"}).status_code == 303
        assert Job.objects.count() == 3


@pytest.mark.parametrize(
    "edit",
    [{"text": TWO + "More,,,\r\n"}, {"digest": "0" * 64}, {"digest": ""}, {"seconds": "8"}, {"visibility": "me"}],
    ids=["text", "digest", "no digest", "length", "visibility"],
)
def test_what_was_not_shown_is_not_made(mara: Client, priced: Provider, edit: dict[str, str]) -> None:
    answer = mara.post(URL, shown(mara) | edit | {"make": "all"})
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_with_a_wrong_row_only_the_good_ones_can_be_made(mara: Client, priced: Provider) -> None:
    body = page(mara.post(URL, {"text": ONE_BAD}))
    assert "does not offer sora9 now" in body
    assert re.search(r'value="all" disabled', body)
    assert "Generate the 3 good ones" in body
    form = {"text": ONE_BAD} | hidden(body)
    assert mara.post(URL, form | {"make": "all"}).status_code == 422
    assert not Job.objects.exists()
    assert mara.post(URL, form | {"make": "good"}).status_code == 303
    assert Job.objects.count() == 3


def test_mended_under_the_same_key_only_the_rest_is_made(mara: Client, priced: Provider) -> None:
    form = shown(mara, ONE_BAD)
    mara.post(URL, form | {"make": "good"})
    mended = form | {"text": ONE_BAD.replace("sora9", "")}
    answer = mara.post(URL, mended | {"make": "all"})
    body = page(answer)
    assert answer.status_code == 422
    assert "3 clips of this file were made already" in body
    assert "Generate 1 clip<" in body
    assert mara.post(URL, mended | hidden(body) | {"make": "all"}).status_code == 303
    assert Job.objects.count() == 4


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "There is nothing in it."),
        ({"text": "A fox wakes"}, "Unknown: “A fox wakes”"),
        ({"text": "prompt\nA\x00"}, "no text in UTF-8"),
        ({"file": b"PK\x03\x04\xff\xfe"}, "no text in UTF-8"),
        ({"file": b"prompt\n" + b"A" * (1 << 20)}, "more than 1 MB"),
        ({"file": b"", "text": "prompt\nA"}, "There is nothing in it."),
        ({"text": "prompt\n<script>alert(1)</script>,,x"}, "more cells than there are columns"),
    ],
    ids=["nothing", "no header", "NUL", "a workbook", "large", "an empty file", "markup"],
)
@pytest.mark.parametrize("make", [None, "all"], ids=["preview", "make"])
def test_a_bad_file_comes_back_with_its_reason(
    mara: Client, provider: Provider, sent: dict[str, Any], sentence: str, make: str | None
) -> None:
    form = {n: SimpleUploadedFile("a.csv", v) if isinstance(v, bytes) else v for n, v in sent.items()}
    answer = mara.post(URL, form | ({"make": make} if make else {}))
    body = page(answer)
    assert answer.status_code == (200 if "cells" in sentence and not make else 422)
    assert sentence in body
    assert "<script>alert" not in body
    assert not Job.objects.exists()


@pytest.mark.parametrize("key", ["", "../../etc", "K" * 32])
def test_a_garbled_key_makes_nothing(mara: Client, priced: Provider, key: str) -> None:
    assert mara.post(URL, shown(mara) | {"key": key, "make": "all"}).status_code == 422
    assert not Job.objects.exists()


def test_viewers_are_told_no(as_user: Callable[[User], Client], viewer: User, provider: Provider) -> None:
    browser = as_user(viewer)
    assert browser.post(URL, {"text": TWO, "make": "all"}).status_code == 403
    assert URL not in page(browser.get("/"))


def test_without_a_provider_the_page_still_stands(mara: Client) -> None:
    assert mara.get(URL).status_code == 200
    assert "There are: none." in page(mara.post(URL, {"text": "prompt\nA"}))


def test_the_template_opens_in_a_spreadsheet_and_can_be_sent(mara: Client, provider: Provider) -> None:
    answer = mara.get(reverse("batch-template"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="batch.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfprompt,provider,model,")
    body = page(mara.post(URL, {"file": SimpleUploadedFile("batch.csv", answer.content)}))
    assert "Generate 2 clips" in body

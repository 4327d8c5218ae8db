"""Prompts from a file: every row is shown, nothing is written before somebody says so, and no text twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from generations.models import Job, Prompt, Provider, State, User
from generations.services.intake import plan

pytestmark = pytest.mark.django_db
URL = "/prompts/import/"
MakeJob = Callable[..., Job]
TWO = "text,visibility\nA fox wakes,team\nOnly for me,me\n"


def page(answer: Any) -> str:
    return str(answer.content.decode())


def shown(client: Client, text: str, **more: Any) -> dict[str, Any]:
    """The form a browser would send from the preview of this text."""
    answer = client.post(URL, {"text": text} | more)
    assert answer.status_code == 200, page(answer)
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', page(answer))
    return {"text": text, "digest": digest[1] if digest else ""} | more


def test_a_preview_judges_every_row_and_writes_nothing(mara: Client, make_job: MakeJob) -> None:
    make_job(State.DONE, "Known")
    text = f"text,visibility\nNew one,\nKnown,team\nNew one,team\n,team\n{'x' * 4001},\nWho,everybody\n"
    body = page(mara.post(URL, {"text": text}))
    for words in (
        "1 new prompt, 2 there already, 3 wrong",
        "exists already",
        "the same as line 2",
        "There is no text. Write one, or delete the row.",
        "4001 characters are too many",
        "“everybody” is not known. Write team or me.",
        "Import the 1 good one",
    ):
        assert words in body
    assert Prompt.objects.count() == 1
    assert 'value="all"' not in body


def test_saying_yes_writes_what_was_shown_and_leads_to_it(
    mara: Client, member: User, stranger: User, as_user: Callable[[User], Client], provider: Provider
) -> None:
    answer = mara.post(URL, shown(mara, TWO) | {"make": "all"})
    assert (answer.status_code, answer["Location"]) == (303, "/prompts/")
    body = page(mara.get("/prompts/"))
    assert "2 prompts imported." in body
    assert "A fox wakes" in body
    assert "not run yet" in body
    assert set(Prompt.objects.values_list("text", "owner", "author")) == {
        ("A fox wakes", None, member.pk),
        ("Only for me", member.pk, member.pk),
    }
    theirs = page(as_user(stranger).get("/prompts/"))
    assert "A fox wakes" in theirs
    assert "Only for me" not in theirs
    pk = Prompt.objects.get(owner=None).pk
    assert f'href="/?prompt={pk}"' in theirs
    assert "A fox wakes" in page(mara.get(f"/?prompt={pk}"))


def test_the_same_file_again_is_all_there_already(mara: Client) -> None:
    form = shown(mara, TWO) | {"make": "all"}
    mara.post(URL, form)
    answer = mara.post(URL, form)
    assert answer.status_code == 422, "it is not what was shown any more"
    assert "0 new prompts, 2 there already, 0 wrong" in page(answer)
    assert Prompt.objects.count() == 2


def test_what_was_not_shown_is_not_written(mara: Client) -> None:
    form = shown(mara, TWO)
    answer = mara.post(URL, form | {"text": TWO + "A third,team\n", "make": "all"})
    assert answer.status_code == 422
    assert "Something changed since the preview." in page(answer)
    answer = mara.post(URL, form | {"visibility": "me", "text": "text\nA\n", "make": "all"})
    assert answer.status_code == 422
    assert not Prompt.objects.exists()


def test_wrong_rows_are_left_out_only_by_word(mara: Client) -> None:
    form = shown(mara, TWO + ",team\n")
    assert mara.post(URL, form | {"make": "all"}).status_code == 422
    assert not Prompt.objects.exists()
    assert mara.post(URL, form | {"make": "good"}).status_code == 303
    assert Prompt.objects.count() == 2


def test_json_and_files(mara: Client) -> None:
    rows = [{"text": "=1+1", "visibility": "team", "runs": 3}, {"text": "B", "title": "A title", "tags": "x, y"}]
    file = SimpleUploadedFile("prompts.json", json.dumps(rows).encode())
    body = page(mara.post(URL, {"file": file, "visibility": "me"}))
    assert "2 new prompts" in body
    assert "=1+1" in body
    assert "title, tags" in body
    assert "Only me" in body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "There is nothing in it."),
        ("text\n", "There is a header, but no row below it."),
        ("prompt\nA\n", "Unknown: “prompt”."),
        ("visibility\nme\n", "The column text is missing."),
        ('{"text": "A"}', "This JSON is no list of prompts"),
        ("[1, 2]", "This JSON is no list of prompts"),
        ("[{]", "This is no JSON that can be read."),
        ("[" * 100_000, "This is no JSON that can be read."),
        ("[]", "There is no prompt in it."),
        ("text\n" + "A\n" * 1001, "There are more than 1000 rows."),
        (json.dumps([{"text": "A"}] * 1001), "There are more than 1000 rows."),
        ("text\n" + "x" * (1 << 20), "The file has more than 1 MB."),
    ],
)
def test_a_file_that_is_no_good_says_the_cure(mara: Client, text: str, told: str) -> None:
    answer = mara.post(URL, {"text": text})
    assert answer.status_code == 422
    assert told in page(answer)


def test_more_than_the_limit_of_bytes(mara: Client) -> None:
    file = SimpleUploadedFile("a.csv", b"text\n" + b"x" * (1 << 20))
    assert "The file has more than 1 MB." in page(mara.post(URL, {"file": file}))
    assert "This is no text in UTF-8" in page(mara.post(URL, {"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11")}))


def test_hostile_texts_are_shown_as_text(mara: Client) -> None:
    body = page(mara.post(URL, {"text": 'text\n"<script>alert(1)</script>"\n'}))
    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


def test_what_json_can_hold_and_texts_cannot(member: User) -> None:
    found = plan(member, '[{"text": "a\\ud800b"}, {"text": 5}, {"text": "a\\u0000b"}, {"text": ["x"]}]')
    assert [draft.text for draft in found.drafts] == ["a?b", "", "ab", ""]
    assert len(found.bad) == 2


def test_a_private_prompt_of_somebody_else_is_nobodys_business(stranger: User, member: User, make_job: MakeJob) -> None:
    make_job(State.DONE, "A birthday", visibility="me")
    assert [draft.is_new for draft in plan(stranger, "text,visibility\nA birthday,me\nA birthday,team\n").drafts] == [
        True, True,
    ]  # fmt: skip
    assert [draft.is_new for draft in plan(member, "text,visibility\nA birthday,me\n").drafts] == [False]


def test_viewers_import_nothing(as_user: Callable[[User], Client], viewer: User) -> None:
    vera = as_user(viewer)
    assert vera.post(URL, {"text": TWO, "make": "all"}).status_code == 403
    assert URL not in page(vera.get("/prompts/"))

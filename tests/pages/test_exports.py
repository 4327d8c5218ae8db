"""The library and the prompts as files: whose rows, in which words, and never all of them in memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import Job, Prompt, State, User, Visibility
from generations.services import export
from generations.services.collections import make, put
from generations.services.intake import plan, save
from generations.services.notes import add_tag
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
HOSTILE = ["=1+1", "+49 ", "-2+3", "@SUM(A1)", "'=quoted", 'He said "no",\ntwice; then left', "بازار ＝ قديم", "＝x"]


def text(answer: Any) -> str:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def pieces(answer: Any) -> Iterator[bytes]:
    return iter(answer.streaming_content)


def rows(client: Client, url: str) -> list[dict[str, Any]]:
    body = text(client.get(url))
    if ".json" in url:
        return list(json.loads(body))
    return list(csv.DictReader(io.StringIO(body, newline="")))


def test_the_library_says_what_it_shows(mara: Client, member: User, make_job: MakeJob) -> None:
    job = make_job(State.DONE, "A fox wakes", list_price="0.640000", currency="USD")
    add_tag(job, member, "dusk")
    add_tag(job, member, "harbour")
    for kind in ("csv", "json"):
        (row,) = rows(mara, f"/library/export.{kind}")
        assert list(row) == list(export.JOB_COLUMNS)
        assert (row["prompt"], row["author"], row["state"], row["tags"]) == (
            "A fox wakes", "Mara Lindqvist", "done", "dusk, harbour",
        )  # fmt: skip
        assert (row["price"], row["currency"], str(row["seconds"])) == ("0.64", "USD", "8")
        assert row["link"].endswith(f"/jobs/{job.key}/")
        assert row["created"].endswith("Z")


def test_the_filters_of_the_list_hold(mara: Client, stranger: User, make_job: MakeJob) -> None:
    make_job(State.DONE, "Mine")
    make_job(State.FAILED, "Mine, failed")
    make_job(State.DONE, "Theirs", author=stranger)
    Job.objects.filter(pk=make_job(State.DONE, "Gone").pk).update(trashed_at=timezone.now())
    assert [row["prompt"] for row in rows(mara, "/library/export.csv?whose=mine&state=done")] == ["Mine"]
    assert len(rows(mara, "/library/export.json")) == 3


def test_a_collection_is_a_list_too(as_user: AsUser, member: User, stranger: User, make_job: MakeJob) -> None:
    film, own = make(stranger, "Harbour film", Visibility.TEAM), make(stranger, "Surprise", Visibility.ME)
    inside, secret = make_job(text="Inside"), make_job(text="Secret", author=stranger, visibility="me")
    make_job(text="Outside")
    for collection in (film, own):
        put(collection, [inside, secret], stranger)
    for user, named, expected in (
        (member, film, {"Inside"}),
        (stranger, film, {"Inside", "Secret"}),
        (stranger, own, {"Inside", "Secret"}),
        (member, own, set()),
    ):
        found = rows(as_user(user), f"/library/export.csv?collection={named.pk}")
        assert {row["prompt"] for row in found} == expected


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_private_rows_of_others_never_leave(
    as_user: AsUser, viewer: User, member: User, stranger: User, reviewer: User, admin: User, make_job: MakeJob,
    kind: str,
) -> None:  # fmt: skip
    make_job(State.DONE, "A team dream")
    make_job(State.DONE, "A birthday", visibility="me")
    for user, seen in ((member, 2), (viewer, 1), (stranger, 1), (reviewer, 1), (admin, 1)):
        for page in ("library", "prompts"):
            body = text(as_user(user).get(f"/{page}/export.{kind}"))
            assert ("birthday" in body) == (seen == 2), (user, page)
            assert len(rows(as_user(user), f"/{page}/export.{kind}")) == seen


def test_a_private_run_of_a_shared_text_counts_for_nobody_else(
    as_user: AsUser, stranger: User, mara: Client, make_job: MakeJob
) -> None:
    shared = make_job(State.DONE, "A fox")
    make_job(State.DONE, "A fox", visibility="me")
    (row,) = rows(as_user(stranger), "/prompts/export.json")
    assert (row["text"], row["runs"], row["visibility"]) == ("A fox", 1, "team")
    assert shared.prompt.text == row["text"]
    assert {row["visibility"] for row in rows(mara, "/prompts/export.json")} == {"team", "me"}


def test_an_empty_list_is_an_empty_file(mara: Client) -> None:
    assert rows(mara, "/library/export.json") == []
    assert text(mara.get("/library/export.csv")).strip() == ",".join(export.JOB_COLUMNS)


def test_a_spreadsheet_runs_nothing_of_it(mara: Client, make_job: MakeJob) -> None:
    for prompt in HOSTILE:
        make_job(State.DONE, prompt, reason="=1")
    for page in ("library", "prompts"):
        for row in rows(mara, f"/{page}/export.csv"):
            assert all(cell[:1] not in set("=+-@\t\r＝") for cell in row.values())


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_an_export_read_again_is_the_same_prompts(mara: Client, stranger: User, make_job: MakeJob, kind: str) -> None:
    for prompt in HOSTILE:
        make_job(State.DONE, prompt.strip())
    make_job(State.DONE, "Only mine", visibility="me")
    body = text(mara.get(f"/prompts/export.{kind}"))
    before = {(p.text, p.owner_id) for p in Prompt.objects.all()}
    assert len(plan(Job.objects.all()[0].author, body).known) == len(before)

    Job.objects.all().delete()
    Prompt.objects.all().delete()
    found = plan(stranger, body)
    assert (len(found.new), found.bad) == (len(before), [])
    assert save(stranger, found.new) == len(before)
    assert {(p.text, p.owner_id is not None) for p in Prompt.objects.all()} == {(t, o is not None) for t, o in before}


def test_it_comes_row_by_row_and_by_short_queries(
    mara: Client, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 4)
    for number in range(10):
        make_job(State.DONE, f"Prompt {number}")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        stream = pieces(mara.get("/library/export.csv"))
        begun = len(asked)
        got = [next(stream) for _ in range(4)]
        early = [query["sql"] for query in asked.captured_queries[begun:] if "LIMIT 5" in query["sql"]]
        rest = list(stream)
        late = [query["sql"] for query in asked.captured_queries[begun:] if "LIMIT 5" in query["sql"]]
    assert (len(early), len(late)) == (1, 3)
    assert len(got) + len(rest) == 11, "a piece for each row and one for the header"


def test_rows_of_one_moment_and_rows_that_come_meanwhile(
    mara: Client, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 3)
    keys = {str(make_job(State.DONE, f"Prompt {number}").key) for number in range(8)}
    Job.objects.update(created_at=timezone.now() - timedelta(hours=1))
    stream = pieces(mara.get("/library/export.csv"))
    got = [next(stream) for _ in range(3)]
    make_job(State.DONE, "Late")
    found = [line.split(b",")[0].decode() for line in [*got, *stream]][1:]
    assert sorted(found) == sorted(keys)

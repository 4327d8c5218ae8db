"""The staff's table of all jobs: what each filter, queue and order finds, what stays private, and what it costs."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import Charged, Job, JobEvent, Output, Provider, State, Submission, User
from generations.services import job_table, ledger, notes, ways
from generations.services.months import this_month
from generations.services.providers import add_provider
from tests.pages.conftest import HTMX
from tests.pages.test_lists import keys_in, queries, walk

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
URL = "/staff/jobs/"
CSV = "/staff/jobs/export.csv"
PRICED = {"list_price": Decimal("0.8"), "estimate": Decimal("0.8"), "rate": Decimal(1), "currency": "USD"}


@pytest.fixture
def noor(as_user: AsUser, reviewer: User) -> Client:
    return as_user(reviewer)


def booked(job: Job, charged: Charged) -> Job:
    """With its money in the book."""
    job.month = this_month()
    job.save()
    ledger.reserve([job])
    if Submission.objects.filter(job=job).update(charged=charged):
        ledger.square(job, 1, State(job.state))
    return job


@pytest.fixture
def jobs(make_job: MakeJob, make_clip: MakeJob, stranger: User) -> dict[str, Job]:
    """What tells them apart is in their names."""
    other = add_provider("Second", "uniall", "https://second.example.com", "sk-2")
    made = {
        "asks": make_job(State.AWAITING_APPROVAL, "A fox asks", **PRICED),
        "old": make_job(State.QUEUED, "An old fox"),
        "lost": booked(make_job(State.UNKNOWN, "A lost fox", **PRICED), Charged.UNKNOWN),
        "failed": make_job(State.FAILED, "A failed heron", cause="content"),
        "gone": make_job(State.FAILED, "A gone heron", trashed_at=timezone.now()),
        "done": booked(make_clip("A done fox", **PRICED | {"estimate": Decimal("0.7")}, rendered_in=50.5), Charged.YES),
        "judged": make_clip("A judged fox", author=stranger, verdict="approved", seconds=12, rendered_in=80.0),
        "link": make_job(State.DONE, "A linked fox", provider=other, provider_name=other.name, model="other"),
        "secret": make_clip("A secret fox", author=stranger, visibility="me", rendered_in=9.0),
    }
    Output.objects.filter(job=made["link"]).update(stored_at=None, abandoned_at=timezone.now())
    Submission.objects.filter(job__in=[made["judged"], made["secret"]]).update(charged=Charged.YES)
    Submission.objects.filter(job=made["link"]).update(charged=Charged.NO)
    Job.objects.filter(pk=made["old"].pk).update(created_at=datetime(2026, 3, 14, 12, tzinfo=UTC))
    return made


EVERYTHING = {"asks", "old", "lost", "failed", "gone", "done", "judged", "link", "secret"}


@pytest.mark.parametrize("few", [3000, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", EVERYTHING),
        ("state=failed", {"failed", "gone"}),
        ("state=failed&state=unknown", {"failed", "gone", "lost"}),
        ("author=stranger", {"judged", "secret"}),
        ("provider=second", {"link"}),
        ("model=other", EVERYTHING),  # no model that is known
        ("model=sora2-portrait-12s", set()),
        ("seconds=12", {"judged"}),
        ("charged=yes", {"done", "judged", "secret"}),
        ("charged=unknown", {"lost"}),
        ("charged=no", {"asks", "old", "failed", "gone", "link"}),
        ("verdict=approved", {"judged"}),
        ("verdict=none", {"done", "link", "secret"}),
        ("since=2026-03-15", EVERYTHING - {"old"}),
        ("until=2026-03-14", {"old"}),
        ("q=fox", {"asks", "old", "lost", "done", "judged", "link"}),
        ("q=secret", set()),
        ("q=%21%21", set()),
        ("q=heron&state=failed", {"failed", "gone"}),
        ("queue=approval", {"asks"}),
        ("queue=unknown", {"lost"}),
        ("queue=failed", {"failed"}),
        ("queue=archive", {"link"}),
        ("queue=verdict", {"done"}),
        ("queue=verdict&q=fox", {"done"}),
        ("queue=verdict&provider=second", set()),
        ("sort=waiting", {"asks", "old", "lost"}),
        ("sort=dearest", {"asks", "lost", "done"}),
        ("sort=slowest", {"done", "judged", "secret"}),
        ("sort=slowest&q=fox", {"done", "judged"}),
        ("sort=oldest&q=fox&state=done", {"done", "judged", "link"}),
        ("state=x&provider=x&author=x&model=x&seconds=x&charged=x&verdict=x&queue=x&sort=x&since=x", EVERYTHING),
        ("provider=99999999999999999999999&author=-1&seconds=-8&model=%00&q=%00", EVERYTHING),
    ],
)
def test_filters(
    noor: Client, jobs: dict[str, Job], stranger: User, monkeypatch: pytest.MonkeyPatch,
    query: str, expected: set[str], few: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(ways, "FEW", few)
    other = Provider.objects.get(name="Second")
    query = query.replace("=stranger", f"={stranger.pk}").replace("=second", f"={other.pk}")
    body = noor.get(f"{URL}?{query}").content.decode()
    assert set(keys_in(body)) == {str(jobs[name].key) for name in expected}
    assert "secret fox" not in body


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("oldest", ["old", "asks", "lost", "failed", "gone", "done", "judged", "link", "secret"]),
        ("newest", ["secret", "link", "judged", "done", "gone", "failed", "lost", "asks", "old"]),
        ("waiting", ["old", "asks", "lost"]),
        ("dearest", ["lost", "asks", "done"]),
        ("slowest", ["judged", "done", "secret"]),
    ],
)
def test_orders(noor: Client, jobs: dict[str, Job], sort: str, expected: list[str]) -> None:
    names = {str(job.key): name for name, job in jobs.items()}
    body = noor.get(URL, {"sort": sort}).content.decode()
    assert [names[key] for key in keys_in(body)] == expected


def test_a_job_is_found_by_its_key_a_private_one_too(noor: Client, jobs: dict[str, Job]) -> None:
    for name in ("secret", "lost"):
        key = str(jobs[name].key)
        assert keys_in(noor.get(URL, {"q": key}).content.decode()) == [key]
    assert keys_in(noor.get(URL, {"q": key, "state": "done"}).content.decode()) == []


@pytest.mark.parametrize("few", [3000, 0], ids=["few", "many"])
@pytest.mark.parametrize("sort", job_table.SORTS)
@pytest.mark.parametrize("query", ["", "&state={state}", "&q=fox"])
def test_every_order_pages_without_gap_or_repeat_through_ties(
    noor: Client, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, sort: str, query: str, few: int
) -> None:
    monkeypatch.setattr(ways, "FEW", few)
    monkeypatch.setattr("generations.views.staff.PAGE", 4)
    state = State.DONE if sort == "slowest" else State.QUEUED
    columns = [{"estimate": Decimal("0.1") * (n % 3), "rendered_in": n % 2} for n in range(14)]
    made = [make_job(state, f"Fox {n}", **each) for n, each in enumerate(columns)]
    query = query.format(state=state)
    Job.objects.filter(pk__in=[job.pk for job in made[3:12]]).update(created_at=timezone.now())
    at = {"newest": "-created_at", "dearest": "-estimate", "slowest": "-rendered_in"}.get(sort, "created_at")
    at = "-pk" if "q=" in query and sort == "newest" else at  # the order in which the index of words is kept
    rows = Job.objects.order_by(at, "-pk" if at.startswith("-") else "pk")
    expected = [str(key) for key in rows.values_list("key", flat=True)]
    for headers in ({}, HTMX):
        assert walk(noor, f"{URL}?sort={sort}{query}", keys_in, headers) == expected


@pytest.mark.parametrize("sort", job_table.SORTS)
@pytest.mark.parametrize("cursor", ["x", "_", "NaN_1", "inf_1", "1e400_x", "1_not-a-key", "9" * 60 + "_1"])
def test_a_broken_cursor_is_no_error(noor: Client, make_job: MakeJob, sort: str, cursor: str) -> None:
    make_job()
    assert noor.get(URL, {"after": cursor, "sort": sort}).status_code == 200


def test_queues_are_counted_and_lead_to_their_desks(noor: Client, jobs: dict[str, Job]) -> None:
    body = noor.get(URL).content.decode()
    lanes = re.findall(r'href="/staff/jobs/\?queue=(\w+)".*?</a>', body)
    counts = dict(re.findall(r'\?queue=(\w+)"[^>]*>(?:(?!</a>).)*?class="count">([^<]+)<', body))
    assert lanes == ["approval", "unknown", "failed", "archive", "verdict"]
    assert counts == {"approval": "1", "unknown": "1", "failed": "1", "archive": "1", "verdict": "1"}
    for queue, desk in (("approval", "approvals"), ("unknown", "reconcile"), ("archive", "archive")):
        page = noor.get(URL, {"queue": queue}).content.decode()
        assert f'<a class="btn push" href="/staff/{desk}/">' in page


def test_a_count_goes_no_further_than_it_must(noor: Client, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_table, "COUNTED", 3)
    monkeypatch.setattr("generations.templatetags.job_table.COUNTED", 3)
    for n in range(4):
        make_job(State.FAILED, f"Fox {n}")
    assert 'class="count">2+</span>' in noor.get(URL).content.decode()


@pytest.mark.parametrize(
    "query", ["", "?queue=verdict", "?state=done&sort=oldest", "?q=fox", "?sort=dearest&charged=unknown"]
)
def test_the_number_of_queries_does_not_grow(noor: Client, make_clip: MakeJob, make_job: MakeJob, query: str) -> None:
    for n in range(3):
        booked(make_clip(f"Fox {n}", **PRICED), Charged.UNKNOWN)
    few = queries(noor, URL + query)
    for n in range(12):
        booked(make_clip(f"Fox {n}", **PRICED), Charged.UNKNOWN)
        make_job(State.FAILED, f"Other fox {n}")
    assert queries(noor, URL + query) == few


# --- money -----------------------------------------------------------------------------------------------------


def costs(body: str) -> dict[str, str]:
    """By key, what the cost cell says."""
    rows = re.findall(r'<tr class="review-row" data-key="([^"]+)".*?<td class="num c-cost">(.*?)</td>', body, re.DOTALL)
    return {key: " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for key, cell in rows}


def test_the_cost_is_what_the_book_says(noor: Client, jobs: dict[str, Job], make_job: MakeJob) -> None:
    jobs["waits"] = booked(make_job(State.QUEUED, "A fox waits", **PRICED), Charged.NO)
    jobs["free"] = booked(make_job(State.RUNNING, "A free fox", **PRICED), Charged.NO)
    said = costs(noor.get(URL).content.decode())
    assert {name: said[str(job.key)] for name, job in jobs.items()} == {
        "asks": "$0.80 expected", "old": "price unknown", "lost": "$0.80 held", "failed": "price unknown",
        "gone": "price unknown", "done": "$0.80 charged", "judged": "price unknown", "link": "price unknown",
        "secret": "price unknown", "waits": "$0.80 reserved", "free": "$0.00",
    }  # fmt: skip


# --- whose eyes ------------------------------------------------------------------------------------------------


def test_the_drawer_of_a_private_job_holds_its_state_people_and_money_only(
    noor: Client, as_user: AsUser, admin: User, stranger: User, make_clip: MakeJob
) -> None:
    job = make_clip("A private birthday", visibility="me", reason="It said birthday", **PRICED)
    notes.comment(job, job.author, "The birthday cake")
    JobEvent.objects.update(note="birthday", detail="HTTP 200: birthday")
    Submission.objects.update(detail="HTTP 200: birthday", remote_id="gen_birthday")
    booked(job, Charged.YES)
    for client in (noor, as_user(admin)):
        for headers in ({}, HTMX):
            body = client.get(f"{URL}{job.key}/", headers=headers).content.decode()
            assert "birthday" not in body
            assert "/poster/" not in body
            assert f'href="{job.get_absolute_url()}"' not in body
            assert "Private prompt" in body
            assert "Mara Lindqvist" in body
            assert "$0.80" in body
    assert as_user(stranger).get(f"{URL}{job.key}/").status_code == 404
    assert "birthday" not in noor.get(URL).content.decode()


def test_a_private_job_is_read_in_the_drawer_while_it_awaits_approval(noor: Client, make_job: MakeJob) -> None:
    job = make_job(State.AWAITING_APPROVAL, "A private birthday", visibility="me")
    assert "A private birthday" in noor.get(f"{URL}{job.key}/", headers=HTMX).content.decode()
    for url in (URL, f"{URL}?queue=approval", f"{URL}?q=birthday"):
        assert "A private birthday" not in noor.get(url).content.decode()
    Job.objects.update(state=State.REJECTED)
    assert "birthday" not in noor.get(f"{URL}{job.key}/", headers=HTMX).content.decode()


def test_the_drawer_tells_request_timeline_answers_money_and_comments(
    noor: Client, member: User, make_clip: MakeJob
) -> None:
    job = booked(make_clip("A <b>fox</b> wakes", **PRICED), Charged.YES)
    notes.comment(job, member, "Keep the <i>tail</i>")
    JobEvent.objects.filter(job=job).update(detail="HTTP 200 for staff")
    Submission.objects.filter(job=job).update(detail="{'status': 'ok'}")
    body = noor.get(f"{URL}{job.key}/", headers=HTMX).content.decode()
    assert "<html" not in body
    for said in ("A &lt;b&gt;fox&lt;/b&gt; wakes", "HTTP 200 for staff", "&#x27;status&#x27;", "$0.80 charged"):
        assert said in body
    for said in ("Keep the &lt;i&gt;tail&lt;/i&gt;", job.get_absolute_url(), f"{URL}{job.key}/ledger/"):
        assert said in body
    assert "<html" in noor.get(f"{URL}{job.key}/").content.decode()


# --- the file --------------------------------------------------------------------------------------------------


def rows(client: Client, query: str) -> list[dict[str, Any]]:
    answer: Any = client.get(CSV + query)
    assert answer.streaming
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body, newline="")))


MONEY = {"charged": "charged", "held": "held", "reserved": "reserved", "expected": "expected"}


@pytest.mark.parametrize(
    "query", ["", "?queue=verdict", "?state=failed&state=unknown", "?sort=oldest", "?q=fox", "?sort=dearest"]
)
def test_the_file_says_what_the_table_says(
    noor: Client, jobs: dict[str, Job], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("generations.services.export.AT_ONCE", 2)
    body, found = noor.get(URL + query).content.decode(), rows(noor, query)
    assert [row["key"] for row in found] == keys_in(body)
    said = costs(body)
    for row in found:
        told = re.match(r"\$([\d.]+) (\w+)", said[row["key"]])
        amounts = {word: Decimal(row[column]) for column, word in MONEY.items() if row[column]}
        assert row["currency"] == "USD"
        if told:
            assert amounts[told[2]] == Decimal(told[1])
        else:
            assert not row["expected"]
        assert (row["prompt"] in body) == bool(row["prompt"]) or not row["prompt"]
    assert "secret" not in str(found)


def test_a_prompt_of_the_file_is_no_formula(noor: Client, make_job: MakeJob) -> None:
    make_job(text="=HYPERLINK(1)")
    (row,) = rows(noor, "")
    assert row["prompt"] == "'=HYPERLINK(1)"


def test_the_file_is_for_staff_and_nobody_keeps_it(noor: Client, mara: Client, jobs: dict[str, Job]) -> None:
    assert mara.get(CSV).status_code == 404
    answer = noor.get(CSV)
    assert answer["Cache-Control"] == "private, no-store"
    assert re.fullmatch(r'attachment; filename="jobs-[\d-]+\.csv"', answer["Content-Disposition"])


def test_the_file_brings_all_rows_a_few_at_a_time(
    noor: Client, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generations.services.export.AT_ONCE", 5)
    for n in range(12):
        make_job(text=f"Fox {n}")
    with CaptureQueriesContext(connection) as seen:
        answer: Any = noor.get(CSV)
        before = len(seen)
        assert len(list(answer.streaming_content)) == 13
    assert len(seen) - before == 2 * 3  # the rows and their money, three times

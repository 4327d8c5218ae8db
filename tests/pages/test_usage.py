"""Usage as people see it: the team's for staff, one's own for everybody; its charts, tables and files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generations.contract import Cause
from generations.models import Charged, Job, Provider, State, Submission, User
from generations.services import ledger
from generations.services.months import this_month, today
from generations.services.usage import marks, roll

pytestmark = pytest.mark.django_db
STAFF, MINE = "/staff/usage/", "/usage/"
MakeJob = Callable[..., Job]


@pytest.fixture
def noor(as_user: Callable[[User], Client], reviewer: User) -> Client:
    return as_user(reviewer)


@pytest.fixture
def made(make_job: MakeJob) -> MakeJob:
    """A job with its place in the book."""

    def make(state: State = State.DONE, price: str = "0.8", **extra: Any) -> Job:
        charged = Charged.YES if state == State.DONE else Charged.NO
        money = {"list_price": Decimal(price), "currency": "USD", "rate": 1, "estimate": Decimal(price)}
        job = make_job(state, month=this_month(), **money, **extra)
        ledger.reserve([job])
        Submission.objects.update_or_create(
            job=job, number=1, defaults={"lease_until": job.created_at, "sent_at": job.created_at, "charged": charged}
        )
        ledger.square(job, 1, state)
        marks.changed(job)
        return job

    return make


def shown(client: Client, url: str = STAFF) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def rows(client: Client, url: str) -> list[dict[str, str]]:
    answer = client.get(url)
    assert answer.streaming
    text = b"".join(answer).decode()
    assert text[0] == "\ufeff"
    return list(csv.DictReader(io.StringIO(text[1:])))


class TestThePage:
    def test_it_is_empty_at_first(self, noor: Client) -> None:
        page = shown(noor)
        assert "Nothing in these days" in page
        assert "Nobody asked for a clip" in page
        assert "fits these filters" in shown(noor, f"{STAFF}?model=none")

    def test_one_job(self, noor: Client, made: MakeJob) -> None:
        made(rendered_in=100.0)
        page = shown(noor)
        assert "<dt>Spent</dt><dd>$0.80</dd>" in page
        assert "of one job" in page
        assert "<dt>Success</dt><dd>100 %</dd>" in page
        assert "UniAll studio" in page
        assert "$0.10 for a second that was made" in page
        assert re.search(r"<dt>Typical rendering</dt><dd>1:(3[6-9]|4[0-4])</dd>", page)

    def test_what_failed_says_why(self, noor: Client, made: MakeJob) -> None:
        made(State.FAILED, cause=Cause.CONTENT)
        made(State.FAILED, cause=Cause.CONTENT)
        made(State.FAILED, cause=Cause.LATE)
        page = shown(noor)
        assert "content rules (2), not in time (1)" in page
        assert "<dt>Success</dt><dd>0 %</dd>" in page

    def test_a_bar_has_its_number_in_the_table(self, noor: Client, made: MakeJob) -> None:
        made()
        page = shown(noor, f"{STAFF}?by=model")
        assert page.count('<rect class="k1"') == 1
        assert '<td class="num">$0.80</td>' in page
        assert "style=" not in page

    @pytest.mark.parametrize("days", [1, 7, 62, 63, 400, 800])
    def test_periods_of_any_length(self, noor: Client, made: MakeJob, days: int) -> None:
        made()
        since = today() - timedelta(days=days - 1)
        page = shown(noor, f"{STAFF}?since={since}&until={today()}&by=day")
        assert page.count('<rect class="k1"') == 1
        drawn = page.partition("The numbers of the bars")[2].partition("</table>")[0].count('<th scope="row">')
        assert drawn <= 62
        assert "Not quite as asked" not in page

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("since=2026-11-20&until=2026-11-01", "the other way round"),
            ("since=2001-01-01&until=2026-11-01", "At most 800 days are shown"),
            ("since=yesterday", "Enter a valid date."),
            ("since=0000-00-00", "Enter a valid date."),
            ("until=9999-12-31", "less than or equal to"),
        ],
    )
    def test_a_period_that_makes_no_sense_says_so(self, noor: Client, query: str, told: str) -> None:
        assert told in shown(noor, f"{STAFF}?{query}")

    @pytest.mark.parametrize(
        "query", ["by=nonsense", "member=999", "provider=x", "member=-1", "by=member&provider=0", "model=%00"]
    )
    def test_a_filter_that_makes_no_sense_filters_nothing(self, noor: Client, made: MakeJob, query: str) -> None:
        made()
        assert "<dd>$0.80</dd>" in shown(noor, f"{STAFF}?{query}")

    def test_filters_narrow_it_and_stay_in_its_links(
        self, noor: Client, made: MakeJob, member: User, stranger: User, provider: Provider
    ) -> None:
        made(price="1", model="a")
        made(price="2", model="b", author=stranger)
        for query, spent in (
            (f"member={member.pk}", "$1.00"), ("model=b", "$2.00"), (f"provider={provider.pk}", "$3.00"),
            (f"member={member.pk}&model=b", ""),
        ):  # fmt: skip
            page = shown(noor, f"{STAFF}?{query}&by=member")
            assert f"<dt>Spent</dt><dd>{spent}" in page if spent else "fits these filters" in page
        page = shown(noor, f"{STAFF}?model=b&by=member")
        assert f"?model=b&amp;by=model&amp;member={stranger.pk}" in page
        assert "/staff/usage/days.csv?model=b&amp;by=member" in page

    def test_long_names_are_shown_whole(self, noor: Client, made: MakeJob, member: User) -> None:
        name = "Wolfeschlegelsteinhausenbergerdorff " * 3
        User.objects.filter(pk=member.pk).update(name=name[:100].strip())
        made()
        assert name[:100].strip() in shown(noor, f"{STAFF}?by=member")

    def test_as_many_queries_for_many_members_and_days(
        self, noor: Client, made: MakeJob, make_user: Callable[..., User]
    ) -> None:
        counts = []
        for _ in range(2):
            for n in range(5):
                job = made(author=make_user())
                Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=n))
            roll.mark_all()
            with CaptureQueriesContext(connection) as seen:
                shown(noor, f"{STAFF}?by=member&since={today() - timedelta(days=300)}")
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestMine:
    def test_it_shows_ones_own_only(self, mara: Client, made: MakeJob, stranger: User) -> None:
        made(price="1")
        made(price="2", author=stranger)
        for query in ("", f"?member={stranger.pk}", "?by=member", f"?by=member&member={stranger.pk}"):
            page = shown(mara, MINE + query)
            assert "<dt>Spent</dt><dd>$1.00</dd>" in page
            assert "Jonas" not in page
            assert 'name="member"' not in page

    def test_so_do_its_files(self, mara: Client, made: MakeJob, stranger: User) -> None:
        made(price="1")
        made(price="2", author=stranger)
        for what in ("lines", "days"):
            found = rows(mara, f"{MINE}{what}.csv?by=member&member={stranger.pk}")
            assert [row["spent"] for row in found] == ["1"]

    def test_the_menu_leads_there(self, mara: Client) -> None:
        assert f'href="{MINE}"' in shown(mara, "/")
        assert STAFF not in shown(mara, "/")


class TestFiles:
    def test_the_lines_are_those_of_the_page(self, noor: Client, made: MakeJob, stranger: User) -> None:
        made(price="0.123456", rendered_in=50.0)
        made(State.FAILED, cause=Cause.BUSY, author=stranger)
        found = {row["member"]: row for row in rows(noor, f"{STAFF}lines.csv?by=member")}
        mara, jonas = found["Mara Lindqvist"], found["Jonas Okafor"]
        assert (mara["jobs"], mara["done"], mara["spent"], mara["currency"]) == ("1", "1", "0.123456", "USD")
        assert (mara["success"], mara["good_seconds"], mara["spent_per_good_second"]) == ("1.0000", "8", "0.015432")
        assert float(mara["render_p50"]) == pytest.approx(50, rel=0.045)
        assert (jonas["failures"], jonas["success"], jonas["render_p50"]) == ("busy: 1", "0.0000", "")

    def test_the_days_are_every_day_of_a_long_period(self, noor: Client, made: MakeJob) -> None:
        for n in (0, 40, 100):
            job = made()
            then = timezone.now() - timedelta(days=n)
            Job.objects.filter(pk=job.pk).update(created_at=then)
        roll.mark_all()
        found = rows(noor, f"{STAFF}days.csv?by=day&since={today() - timedelta(days=120)}")
        assert [row["day"] for row in found if row["jobs"] == "1"] == [
            f"{today() - timedelta(days=n)}" for n in (100, 40, 0)
        ]

    def test_a_cell_is_no_formula(self, noor: Client, made: MakeJob, member: User) -> None:
        User.objects.filter(pk=member.pk).update(name="=cmd()")
        made()
        assert [row["member"] for row in rows(noor, f"{STAFF}lines.csv?by=member")] == ["'=cmd()"]

    def test_no_other_file(self, noor: Client) -> None:
        for url in (f"{STAFF}nothing.csv", f"{MINE}nothing.csv"):
            assert noor.get(url).status_code == 404

    def test_the_address_of_a_file(self, noor: Client) -> None:
        answer = noor.get(reverse("staff-usage-export", args=["days"]))
        assert 'attachment; filename="usage-days-' in answer["Content-Disposition"]
        assert answer["Cache-Control"] == "private, no-store"

"""The book on pages: every entry of a job, what is held, corrections; staff read, admins correct, once each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import AuditEntry, Charged, Job, LedgerEntry, MonthTotal, State, Submission, User
from generations.services import ledger
from generations.services.months import this_month
from tests.pages.conftest import HTMX
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, STAFF, browsers, checked  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
PAGE = "/staff/ledger/"


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def booked(make_job: Callable[..., Job]) -> Callable[..., Job]:
    def make(state: State = State.DONE, charged: Charged = Charged.YES, price: str | None = "0.8", **extra: Any) -> Job:
        of = price and Decimal(price)
        job = make_job(state, month=this_month(), list_price=of, currency="USD", rate=1, estimate=of, **extra)
        ledger.reserve([job])
        now = job.created_at
        sent = {"lease_until": now, "sent_at": now, "charged": charged}
        Submission.objects.update_or_create(job=job, number=1, defaults=sent)
        ledger.square(job, 1, state)
        return job

    return make


def shown(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def page_of(job: Job) -> str:
    return reverse("job-ledger", args=[job.key])


def correct(client: Client, job: Job, **changes: str) -> Any:
    after = client.get(page_of(job)).context["form"]["after"].value()
    return client.post(page_of(job), {"after": after, "amount": "0.05", "reason": "on the bill"} | changes)


class TestOfAJob:
    def test_every_entry_is_shown(self, boss: Client, booked: Callable[..., Job]) -> None:
        page = shown(boss, page_of(booked()))
        for words in ("Reserved", "Charged", "+$0.80", "−$0.80", "<strong>$0.80</strong>", "submission 1"):
            assert words in page

    def test_a_private_job_shows_money_and_no_text(self, boss: Client, booked: Callable[..., Job]) -> None:
        job = booked(text="A secret birthday", visibility="me")
        page = shown(boss, page_of(job))
        assert "+$0.80" in page
        assert "birthday" not in page
        assert f'href="{job.get_absolute_url()}"' not in page

    def test_the_job_page_leads_staff_there(self, boss: Client, mara: Client, booked: Callable[..., Job]) -> None:
        job = booked()
        assert page_of(job) in shown(boss, job.get_absolute_url())
        assert page_of(job) not in shown(mara, job.get_absolute_url())

    def test_a_correction_is_one_more_entry(self, boss: Client, admin: User, booked: Callable[..., Job]) -> None:
        job = booked()
        assert correct(boss, job).status_code == 303
        page = shown(boss, page_of(job))
        assert "on the bill" in page
        assert "<strong>$0.85</strong>" in page
        assert MonthTotal.objects.get().spent == Decimal("0.85")
        entry = AuditEntry.objects.get(action="ledger corrected")
        assert (entry.actor, entry.subject) == (admin, f"Job {job.key}")
        assert entry.changes == {"spent": ["0.80", "0.85"], "reason": [None, "on the bill"]}

    def test_sent_twice_it_is_booked_once(self, boss: Client, booked: Callable[..., Job]) -> None:
        job = booked()
        form = {"after": boss.get(page_of(job)).context["form"]["after"].value(), "amount": "0.05", "reason": "bill"}
        first, again = [boss.post(page_of(job), form) for _ in range(2)]
        assert (first.status_code, again.status_code) == (303, 422)
        assert "perhaps this very one" in again.content.decode()
        assert LedgerEntry.objects.filter(kind="correction").count() == 1

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"amount": ""}, "This field is required."),
            ({"amount": "0"}, "Give another amount than 0."),
            ({"amount": "-0.81"}, "no job costs less than nothing"),
            ({"amount": "NaN"}, "Enter a number."),
            ({"amount": "1.0000001"}, "no more than 6 decimal places"),
            ({"reason": ""}, "This field is required."),
            ({"reason": "x" * 301}, "at most 300 characters"),
            ({"after": "x"}, "Not saved."),
        ],
    )
    def test_a_bad_one_answers_with_itself(
        self, boss: Client, booked: Callable[..., Job], changes: dict[str, str], told: str
    ) -> None:
        answer = correct(boss, booked(), **changes)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert not LedgerEntry.objects.filter(kind="correction").exists()
        assert not AuditEntry.objects.filter(action="ledger corrected").exists()

    def test_all_of_it_may_be_taken_off(self, boss: Client, booked: Callable[..., Job]) -> None:
        job = booked()
        assert correct(boss, job, amount="-0.8").status_code == 303
        assert MonthTotal.objects.get().spent == 0

    def test_a_job_without_entries(self, boss: Client, make_job: Callable[..., Job]) -> None:
        assert "before there was a book" in shown(boss, page_of(make_job()))


class TestHeld:
    def test_it_is_listed_with_age_amount_and_a_way_to_settle_it(
        self, boss: Client, booked: Callable[..., Job]
    ) -> None:
        assert "Nothing is held" in shown(boss)
        job = booked(State.UNKNOWN, Charged.UNKNOWN, price="1.25")
        booked(State.UNKNOWN, Charged.UNKNOWN, price=None)
        booked(State.DONE)
        page = shown(boss).partition("Entries</h2>")[0]
        assert "<strong>$1.25</strong>" in page
        assert "price unknown" in page
        assert page.count("held for now") == 2
        assert f"/staff/reconcile/#unknown-{job.key}" in page

    @pytest.mark.parametrize(("act", "charged", "spent"), [("charged", "yes", "0.8"), ("not-charged", "no", "0")])
    def test_an_admin_says_what_the_bill_says(
        self, boss: Client, booked: Callable[..., Job], act: str, charged: str, spent: str
    ) -> None:
        job = booked(State.FAILED, Charged.UNKNOWN)
        assert "Held for submission 1" in shown(boss, page_of(job))
        say = reverse("job-ledger-say", args=[job.key, 1, act])
        assert boss.post(say).status_code == 303
        total = MonthTotal.objects.get()
        assert (Submission.objects.get().charged, total.spent, total.held) == (charged, Decimal(spent), Decimal(0))
        assert "Nothing is held" in shown(boss)
        again = boss.post(say)
        assert again.status_code == 422
        assert "not held any more" in again.content.decode()
        assert AuditEntry.objects.filter(action="held money settled").count() == 1

    def test_what_has_no_row_is_booked_as_a_correction(self, boss: Client, booked: Callable[..., Job]) -> None:
        job = booked(State.FAILED, Charged.UNKNOWN)
        Submission.objects.all().delete()  # as after a restore
        page = shown(boss, page_of(job))
        assert "book it as a correction" in page
        assert ">It was charged<" not in page
        answer = boss.post(reverse("job-ledger-say", args=[job.key, 1, "charged"]))
        assert answer.status_code == 422
        assert "Book what the bill says as a correction." in answer.content.decode()
        assert boss.post(reverse("job-ledger-say", args=[job.key, 1, "not-charged"])).status_code == 303
        assert correct(boss, job, amount="0.8").status_code == 303
        total = MonthTotal.objects.get()
        assert (total.spent, total.held) == (Decimal("0.8"), Decimal(0))

    def test_what_is_on_its_way_is_not_settled_by_hand(self, boss: Client, booked: Callable[..., Job]) -> None:
        job = booked(State.UNKNOWN, Charged.UNKNOWN)
        assert boss.post(reverse("job-ledger-say", args=[job.key, 1, "charged"])).status_code == 422
        assert Submission.objects.get().charged == "unknown"
        assert boss.post(reverse("job-ledger-say", args=[job.key, 1, "perhaps"])).status_code == 404


class TestList:
    def test_entries_are_listed_by_kind_and_page(self, boss: Client, booked: Callable[..., Job]) -> None:
        for _ in range(30):
            booked()
        answer = boss.get(PAGE)
        rows, after = answer.context["page"].rows, answer.context["page"].after
        more = boss.get(f"{PAGE}?after={after}", headers=HTMX).context["page"].rows
        assert len({row.pk for row in [*rows, *more]}) == len(rows) + len(more) == 60
        settled = boss.get(f"{PAGE}?kind=settle").context["page"].rows
        assert {row.kind for row in settled} == {"settle"}
        assert len(boss.get(f"{PAGE}?kind=nonsense").context["page"].rows) == 50

    def test_as_many_queries_for_many_entries(self, boss: Client, booked: Callable[..., Job]) -> None:
        counts = []
        for _ in range(2):
            booked(State.UNKNOWN, Charged.UNKNOWN)
            booked()
            with CaptureQueriesContext(connection) as seen:
                boss.get(PAGE)
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_bill_about_no_job(self, boss: Client, member: User) -> None:
        url = reverse("ledger-correct")
        form = {"after": 0, "member": member.pk, "month": f"{this_month():%Y-%m}", "amount": "-3.5", "reason": "Refund"}
        assert boss.post(url, form)["Location"] == f"{PAGE}?kind=correction"
        assert boss.post(url, form).status_code == 422  # sent twice
        assert MonthTotal.objects.get().spent == Decimal("-3.5")
        page = shown(boss, f"{PAGE}?kind=correction")
        assert "Refund" in page
        assert "−$3.50" in page
        entry = AuditEntry.objects.get(action="ledger corrected")
        assert (entry.subject, entry.changes["reason"]) == (member.email, [None, "Refund"])

    @pytest.mark.parametrize("changes", [{"member": "999"}, {"month": "1999-01"}, {"month": "x"}, {"amount": "0"}])
    def test_a_bad_one_answers_with_itself(self, boss: Client, member: User, changes: dict[str, str]) -> None:
        form = {"after": "0", "member": str(member.pk), "month": f"{this_month():%Y-%m}", "amount": "1", "reason": "x"}
        assert boss.post(reverse("ledger-correct"), form | changes).status_code == 422
        assert not LedgerEntry.objects.exists()


def test_who_may(browsers: dict[str, Client], booked: Callable[..., Job]) -> None:  # noqa: F811
    for visibility in ("team", "me"):
        job = booked(State.FAILED, Charged.UNKNOWN, visibility=visibility)
        say = reverse("job-ledger-say", args=[job.key, 1, "charged"])
        for role in ROLES:
            checked(browsers[role].get(page_of(job)), STAFF[role], "job-ledger", role)
            bad = browsers[role].post(page_of(job), {})
            checked(bad, 422 if role == "admin" else ADMINS_ONLY[role], "post job-ledger", role)
            checked(browsers[role].get(say), ADMINS_POST[role], "job-ledger-say", role)
            checked(browsers[role].post(say), 303 if role == "admin" else ADMINS_ONLY[role], "post say", role)
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert browsers["admin"].get(reverse("job-ledger", args=[nowhere])).status_code == 404
    assert browsers["admin"].post(reverse("job-ledger-say", args=[nowhere, 1, "charged"])).status_code == 404

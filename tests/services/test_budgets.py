"""Budgets: what is asked for is reserved with the job, and a hard limit is never passed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from generations.contract import NeverHeard
from generations.models import (
    Budget,
    Charged,
    ExchangeRate,
    Group,
    Job,
    Kind,
    LedgerEntry,
    ModelCombination,
    MonthTotal,
    Provider,
    State,
    User,
    VideoModel,
)
from generations.services import budgets, ledger, reconcile
from generations.services.advance import advance
from generations.services.budgets import AMBER, ZERO, lines_over
from generations.services.compose import Ask, NotPossible, compose
from generations.services.corrections import correct_job, seen
from generations.services.months import month_of, this_month
from generations.services.outcomes import settle
from generations.services.submit import intend
from generations.services.totals import rebuild
from tests.services.helpers import race

pytestmark = [pytest.mark.databases]
MODEL = "sora2-landscape-8s"


@pytest.fixture
def priced(provider: Provider) -> Provider:
    """A provider that takes 0.80 dollars for every clip."""
    Provider.objects.update(enabled=True)
    ModelCombination.objects.update(price=Decimal("0.80"))
    VideoModel.objects.update(currency="USD")
    return provider


def ask(by: Provider, key: str, **more: Any) -> Ask:
    return Ask("A fox wakes", by.pk, MODEL, key, **more)


@pytest.mark.django_db
def test_what_is_asked_for_is_reserved_for_each_take(member: User, priced: Provider) -> None:
    jobs = compose(member, ask(priced, "key", takes=3)).jobs
    assert [(job.estimate, job.rate, job.month) for job in jobs] == [(Decimal("0.8"), Decimal(1), this_month())] * 3
    assert [e.kind for e in LedgerEntry.objects.all()] == [Kind.RESERVE] * 3
    assert MonthTotal.objects.get().reserved == Decimal("2.4")


@pytest.mark.django_db
def test_a_price_in_other_money_is_counted_at_the_rate_of_the_day_and_frozen(member: User, priced: Provider) -> None:
    VideoModel.objects.update(currency="CNY")
    assert compose(member, ask(priced, "none")).job.estimate is None
    ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.2"), valid_from=date(2020, 1, 1))
    ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.5"), valid_from=date(2999, 1, 1))
    job = compose(member, ask(priced, "key")).job
    assert (job.list_price, job.currency, job.rate, job.estimate) == (
        Decimal("0.80"), "CNY", Decimal("0.2"), Decimal("0.16"),
    )  # fmt: skip
    ExchangeRate.objects.update(rate=Decimal(9))
    advance(job, State.CANCELLED)
    assert not any(ledger_of(job))


@pytest.mark.django_db
@pytest.mark.parametrize("listed", ["0", None])
def test_a_cost_that_is_told_counts_at_its_rate_whatever_the_list_says(
    member: User, priced: Provider, listed: str | None
) -> None:
    VideoModel.objects.update(currency="CNY")
    ModelCombination.objects.update(price=listed)
    ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.14"), valid_from=date(2020, 1, 1))
    job = compose(member, ask(priced, "key")).job
    intent = intend(job.pk)
    assert intent
    settle(intent.token, "gen_1")
    job.refresh_from_db()
    advance(job, State.FAILED, by=job.submissions.get(), charged=Charged.YES, cost=Decimal(10))
    assert ledger_of(job) == (ZERO, ZERO, Decimal("1.4"))


@pytest.mark.django_db
def test_what_is_free_is_free_without_a_rate(member: User, priced: Provider) -> None:
    VideoModel.objects.update(currency="CNY")
    ModelCombination.objects.update(price=0)
    job = compose(member, ask(priced, "key")).job
    assert (job.currency, job.rate, job.estimate) == ("CNY", None, ZERO)


def ledger_of(job: Job) -> tuple[Decimal, ...]:
    entries = list(LedgerEntry.objects.filter(job=job))
    return tuple(sum((getattr(e, name) for e in entries), Decimal(0)) for name in ("reserved", "held", "spent"))


class TestLimit:
    @pytest.mark.django_db
    @pytest.mark.parametrize("whose", ["everyone", "group", "member"])
    def test_a_hard_budget_refuses_what_would_pass_it_and_saves_nothing(
        self, whose: str, member: User, priced: Provider
    ) -> None:
        group = Group.objects.create(name="Film")
        group.members.add(member)
        targets: dict[str, Any] = {"everyone": {}, "group": {"group": group}, "member": {"member": member}}
        Budget.objects.create(amount=Decimal("1.60"), **targets[whose])
        compose(member, ask(priced, "one"))
        with pytest.raises(NotPossible, match=r"\$1\.60, and \$0\.80 of the budget") as refused:
            compose(member, ask(priced, "two", takes=2))
        assert refused.value.field == "budget"
        compose(member, ask(priced, "three"))
        assert (Job.objects.count(), MonthTotal.objects.get().reserved) == (2, Decimal("1.6"))

    @pytest.mark.django_db
    def test_a_budget_that_is_used_up_leaves_an_amount_not_a_gift(self, member: User, priced: Provider) -> None:
        Budget.objects.create(amount=0)
        with pytest.raises(NotPossible, match=r"\$0\.80, and \$0\.00 of the budget of everyone"):
            compose(member, ask(priced, "key"))

    @pytest.mark.django_db
    def test_one_that_was_passed_refuses_all_but_what_is_free(
        self, member: User, admin: User, priced: Provider
    ) -> None:
        Budget.objects.create(amount=1)
        ledger.correct(member, Decimal("1.1"), "a bill", admin, month=this_month())
        for price, said in ((Decimal("0.01"), r"\$0\.01"), (None, "an unknown price")):
            ModelCombination.objects.update(price=price)
            with pytest.raises(NotPossible, match=f"It would cost {said}, and"):
                compose(member, ask(priced, "key"))
        ModelCombination.objects.update(price=0)
        assert compose(member, ask(priced, "key")).is_new

    @pytest.mark.django_db
    def test_more_budgets_than_one_query_adds_up(
        self, member: User, priced: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "AT_ONCE", 2)
        for name in "ABC":
            Budget.objects.create(amount=1, group=Group.objects.create(name=name))
        Group.objects.get(name="C").members.add(member)
        compose(member, ask(priced, "key"))
        assert [line.taken for line in budgets.all_lines(this_month())] == [Decimal(0), Decimal(0), Decimal("0.8")]

    @pytest.mark.django_db
    def test_a_budget_of_others_binds_nobody_else(self, member: User, stranger: User, priced: Provider) -> None:
        Budget.objects.create(member=stranger, amount=0)
        Budget.objects.create(group=Group.objects.create(name="Film"), amount=0)
        assert compose(member, ask(priced, "key")).jobs

    @pytest.mark.django_db
    def test_one_that_only_warns_lets_it_pass(self, member: User, priced: Provider) -> None:
        Budget.objects.create(amount=Decimal("0.50"), is_hard=False)
        compose(member, ask(priced, "key"))
        (line,) = lines_over(member)
        assert (line.level, line.left, line.taken) == ("over", Decimal(0), Decimal("0.8"))

    @pytest.mark.django_db
    def test_amber_begins_at_four_fifths(self, member: User, priced: Provider) -> None:
        Budget.objects.create(amount=Decimal("1.00"))
        assert lines_over(member)[0].level == "ok"
        compose(member, ask(priced, "key"))
        assert (lines_over(member)[0].share, lines_over(member)[0].level) == (AMBER, "amber")

    @pytest.mark.django_db
    def test_what_was_not_charged_is_there_again(self, member: User, priced: Provider) -> None:
        Budget.objects.create(member=member, amount=Decimal("0.80"))
        advance(compose(member, ask(priced, "one")).job, State.CANCELLED)
        assert compose(member, ask(priced, "two")).is_new

    @pytest.mark.django_db(transaction=True)
    def test_a_hundred_at_once_never_pass_it(self, member: User, stranger: User, priced: Provider) -> None:
        Budget.objects.create(amount=Decimal("4.00"))
        people = [member, stranger]
        calls = [partial(compose, people[n % 2], ask(priced, f"key {n}")) for n in range(100)]
        results = [result for start in range(0, 100, 20) for result in race(*calls[start : start + 20])]
        refused = [result for result in results if isinstance(result, NotPossible)]
        assert len(refused) == 95, [result for result in results if isinstance(result, Exception)][:3]
        assert Job.objects.count() == 5
        assert sum(total.reserved for total in MonthTotal.objects.all()) == Decimal(4)


class TestMonths:
    @pytest.mark.parametrize(
        ("zone", "month"), [("UTC", date(2026, 11, 1)), ("Asia/Shanghai", date(2026, 12, 1))], ids=str
    )
    def test_a_month_begins_at_midnight_in_the_portal_s_zone(self, zone: str, month: date) -> None:
        with override_settings(PORTAL_TIME_ZONE=zone):
            assert month_of(datetime(2026, 11, 30, 20, tzinfo=UTC)) == month

    @pytest.mark.django_db
    def test_what_was_reserved_in_one_month_is_released_in_it(self, member: User, priced: Provider) -> None:
        with time_machine.travel("2026-11-30 23:59:00+00:00", tick=False):
            job = compose(member, ask(priced, "key")).job
        with time_machine.travel("2026-12-01 00:01:00+00:00", tick=False):
            advance(job, State.CANCELLED)
            assert [line.taken for line in budgets.all_lines(this_month())] == []
        assert {entry.month for entry in LedgerEntry.objects.all()} == {date(2026, 11, 1)}

    @pytest.mark.django_db
    def test_what_is_sent_again_is_paid_by_the_month_that_was_asked(
        self, member: User, admin: User, priced: Provider
    ) -> None:
        with time_machine.travel("2026-10-31 12:00:00+00:00", tick=False):
            jobs = [compose(member, ask(priced, key)).job for key in ("one", "two")]
            for job in jobs:
                intent = intend(job.pk)
                assert intent
                settle(intent.token, NeverHeard("lost"))
                job.refresh_from_db()
        with time_machine.travel("2026-11-01 12:00:00+00:00", tick=False):
            Budget.objects.create(amount=1)
            reconcile.submit_again(jobs[0], 1, admin)
            with pytest.raises(budgets.OverBudget, match=r"\$0\.20 of the budget of everyone"):
                reconcile.submit_again(jobs[1], 1, admin)
            assert totals() == [(10, Decimal(0), Decimal("1.6")), (11, Decimal("0.8"), Decimal(0))]
            first = jobs[0].submissions.get()
            reconcile.settle(first.pk, "gen_1", "By hand: {remote_id}")  # a second clip, of October
            reconcile.leave_as_not_created(jobs[1], 1, admin)
            assert totals() == [(10, Decimal(0), Decimal("0.8")), (11, Decimal("0.8"), Decimal(0))]

    @pytest.mark.django_db
    def test_one_that_is_kept_after_all_is_corrected_in_its_own_month(
        self, member: User, admin: User, priced: Provider
    ) -> None:
        with time_machine.travel("2026-10-31 12:00:00+00:00", tick=False):
            job = compose(member, ask(priced, "key")).job
            intent = intend(job.pk)
            assert intent
            settle(intent.token, NeverHeard("lost"))
            job.refresh_from_db()
        with time_machine.travel("2026-11-01 12:00:00+00:00", tick=False):
            reconcile.submit_again(job, 1, admin)
            job.refresh_from_db()
            assert job.month == date(2026, 11, 1)
            advance(job, State.FAILED)
            reconcile.settle(job.submissions.get().pk, "gen_1", "By hand: {remote_id}")
            reconcile.keep_second(job.submissions.get(), admin)
            job.refresh_from_db()
            assert (job.attempt, job.month) == (1, date(2026, 10, 1))
            advance(job, State.ARCHIVING, by=job.submissions.get(), charged=Charged.YES)
            correct_job(job, Decimal("-0.3"), "the bill", admin, after=seen(job))
        assert list(MonthTotal.objects.exclude(spent=0).values_list("month", "spent")) == [
            (date(2026, 10, 1), Decimal("0.5"))
        ]


def totals() -> list[tuple[int, Decimal, Decimal]]:
    """Month, reserved and held."""
    return [(total.month.month, total.reserved, total.held) for total in MonthTotal.objects.order_by("month")]


@pytest.mark.django_db
def test_a_correction_says_what_the_bill_says(member: User, admin: User, priced: Provider) -> None:
    job = compose(member, ask(priced, "key")).job
    ledger.correct(member, Decimal("-0.05"), "credit note 12", admin, month=this_month(), job=job)
    ledger.correct(member, Decimal("0.25"), "bill of November", admin, month=this_month())
    assert MonthTotal.objects.get().spent == Decimal("0.2")
    advance(job, State.CANCELLED)
    assert sum(ledger_of(job)) == Decimal("-0.05")


@pytest.mark.django_db
def test_totals_are_counted_anew_from_the_book(member: User, admin: User, priced: Provider) -> None:
    compose(member, ask(priced, "key", takes=2))
    MonthTotal.objects.update(reserved=99, spent=3)
    MonthTotal.objects.create(month=date(2020, 1, 1), member=admin, held=1)  # of which the book knows nothing
    assert list(rebuild()) == [
        f"2020-01, member {admin.pk}: the total of what is held is mended.",
        f"{this_month():%Y-%m}, member {member.pk}: the total of what is reserved and spent is mended.",
    ]
    assert list(rebuild()) == []
    sums = MonthTotal.objects.order_by("month").values_list("reserved", "held", "spent")
    assert list(sums) == [(ZERO, ZERO, ZERO), (Decimal("1.6"), ZERO, ZERO)]


@pytest.mark.django_db
def test_a_cost_that_is_told_at_a_second_look_takes_the_place_of_the_list_price(member: User, priced: Provider) -> None:
    job = compose(member, ask(priced, "key")).job
    intent = intend(job.pk)
    assert intent
    settle(intent.token, "gen_1")
    told: dict[str, Any] = {"by": job.submissions.get(), "charged": Charged.YES}
    job.refresh_from_db()
    advance(job, State.FAILED, **told)
    assert MonthTotal.objects.get().spent == Decimal("0.8")
    advance(job, State.RUNNING, by=job.submissions.get())
    for _ in range(2):
        ledger.square(job, 1, State.RUNNING)
    advance(job, State.ARCHIVING, **told, cost=Decimal("0.12"))
    ledger.square(job, 1, State.ARCHIVING)
    assert MonthTotal.objects.get().spent == Decimal("0.12")
    assert [(e.kind, e.turn) for e in LedgerEntry.objects.all()] == [
        (Kind.RESERVE, 1), (Kind.SETTLE, 1), (Kind.SETTLE, 2),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_first_submission_that_is_kept_after_all_is_paid_for(member: User, admin: User, priced: Provider) -> None:
    job = compose(member, ask(priced, "key")).job
    assert intend(job.pk)
    job.refresh_from_db()
    advance(job, State.UNKNOWN, charged=Charged.UNKNOWN)
    reconcile.submit_again(job, 1, admin)
    job.refresh_from_db()
    advance(job, State.FAILED)  # it waited in vain to be sent again
    first = job.submissions.get()
    reconcile.settle(first.pk, "gen_1", "By hand: {remote_id}")
    reconcile.keep_second(first, admin)
    job.refresh_from_db()
    advance(job, State.ARCHIVING, by=job.submissions.get(), charged=Charged.YES)
    total = MonthTotal.objects.get()
    assert (total.spent, total.held, total.reserved) == (Decimal("0.8"), Decimal(0), Decimal(0))

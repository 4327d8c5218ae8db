"""Whatever happens, and in whatever order: the book says what the rows say, and no job makes a move that is none."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from generations.contract import (
    Cause,
    DialectError,
    Misconfigured,
    NeverHeard,
    NotTaken,
    Refused,
    RemoteOutput,
    Snapshot,
)
from generations.contract import RemoteState as Remote
from generations.models import (
    MOVES,
    Approval,
    ApprovalRule,
    Charged,
    ExchangeRate,
    Job,
    LedgerEntry,
    ModelCombination,
    MonthTotal,
    Provider,
    Role,
    State,
    Submission,
    User,
    VideoModel,
    Watch,
    exact,
)
from generations.services import approvals, ledger, reconcile
from generations.services.advance import advance
from generations.services.approvals import NotDecided, approve, reject
from generations.services.cancel import cancel
from generations.services.compose import Ask, compose
from generations.services.judge import NO_URL_LOOKS, end, judge
from generations.services.outcomes import settle, unheard
from generations.services.providers import add_provider
from generations.services.submit import intend

ZERO = Decimal(0)
PLACES = ("reserved", "held", "spent")
ANSWERS: list[Any] = [
    "id", NotTaken("busy"), NotTaken("no such model", model_unknown=True), Misconfigured("wrong key"), Refused("no"),
    NeverHeard("lost"), DialectError("unreadable"),
]  # fmt: skip
PRICES = ["0.8", "0.9", "0.7"]
CLIP = (RemoteOutput("https://files.example.com/clip.mp4"),)
LOOKS = [
    Snapshot(Remote.SUCCEEDED, outputs=CLIP),
    Snapshot(Remote.SUCCEEDED, outputs=CLIP, cost=Decimal("0.123456")),
    Snapshot(Remote.SUCCEEDED),
    Snapshot(Remote.FAILED, reason="broken"),
    Snapshot(Remote.CANCELLED),
]

DECISIONS = [reconcile.leave_as_not_created, reconcile.give_up, reconcile.submit_again]


class Money(RuleBasedStateMachine):
    """A team of two, one provider whose models have a price, one in other money, none that is known, and one of 0."""

    def __init__(self) -> None:
        super().__init__()
        self.life = transaction.atomic()
        self.life.__enter__()
        self.travel = time_machine.travel(timezone.now(), tick=True)
        self.clock = self.travel.start()
        people = [("a@example.org", Role.MEMBER), ("b@example.org", Role.ADMIN)]
        self.people = [User.objects.create_user(mail, role=role) for mail, role in people]
        self.provider = add_provider("Studio", "uniall", "https://api.example.com", "sk-test")
        Provider.objects.update(enabled=True, in_flight=1000)
        models = list(VideoModel.objects.filter(provider=self.provider)[:4])
        self.models = [model.slug for model in models]
        prices = [("0.8", "USD"), ("3.333333", "CNY"), (None, "CNY"), ("0", "CNY")]
        for model, (price, unit) in zip(models, prices, strict=True):
            ModelCombination.objects.filter(model=model).update(price=price)
            VideoModel.objects.filter(pk=model.pk).update(currency=unit, enabled=True)
        ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.141592653"), valid_from="2020-01-01")
        ApprovalRule.objects.create(words="vixen")

    def teardown(self) -> None:
        self.travel.stop()
        transaction.set_rollback(True)
        self.life.__exit__(None, None, None)

    # --- what may happen, each only where it can ---
    def any_job(self, *states: State) -> list[Job]:
        return list(Job.objects.filter(state__in=states).order_by("pk"))

    def one_of(self, data: st.DataObject, *states: State) -> Job:
        return data.draw(st.sampled_from(self.any_job(*states)))

    @rule(
        who=st.integers(0, 1),
        model=st.sampled_from([0, 0, 1, 2, 3]),
        takes=st.integers(1, 2),
        text=st.sampled_from(["A fox", "A vixen"]),
    )
    def ask(self, who: int, model: int, takes: int, text: str) -> None:
        compose(self.people[who], Ask(text, self.provider.pk, self.models[model], uuid4().hex, takes=takes))

    @precondition(lambda self: self.any_job(State.AWAITING_APPROVAL))
    @rule(data=st.data(), yes=st.booleans(), again=st.booleans(), stale=st.booleans(), price=st.sampled_from(PRICES))
    def decide_before(self, data: st.DataObject, yes: bool, again: bool, stale: bool, price: str) -> None:
        """By the one admin, once or twice; by a click on what changed since, nothing is decided."""
        self.prices_change(price)
        job = self.one_of(data, State.AWAITING_APPROVAL)
        act: Any = approve if yes else partial(reject, remark="no")
        if stale:
            self.not_decided(lambda: act(job, job.rev + 1, self.people[1]))
            return
        today, before = self.price_of(job), expected(job)
        if yes and today > before:
            self.not_decided(lambda: act(job, job.rev, self.people[1]))
            job.refresh_from_db()
            assert (job.state, expected(job)) == (State.AWAITING_APPROVAL, today)
        act(job, job.rev, self.people[1])
        if again:
            self.not_decided(lambda: act(job, job.rev, self.people[1]))

    def not_decided(self, act: Any) -> None:
        entries = LedgerEntry.objects.count()
        with pytest.raises(NotDecided):
            act()
        assert LedgerEntry.objects.count() == entries

    def price_of(self, job: Job) -> Decimal:
        """What it costs today, in the portal's currency."""
        row = ModelCombination.objects.filter(model__slug=job.model, model__provider=self.provider).first()
        assert row
        return exact(row.price * job.rate) if row.price is not None and job.rate is not None else ZERO

    @precondition(lambda self: self.any_job(State.AWAITING_APPROVAL))
    @rule(data=st.data())
    def nobody_decides(self, data: st.DataObject) -> None:
        job = self.one_of(data, State.AWAITING_APPROVAL)
        Approval.objects.filter(job=job).update(expires_at=job.created_at)
        for _ in range(2):
            approvals.expire_stale()
        job.refresh_from_db()
        assert job.state == State.REJECTED

    def prices_change(self, price: str) -> None:
        ModelCombination.objects.filter(model__slug=self.models[0]).update(price=Decimal(price))

    @precondition(lambda self: self.any_job(State.QUEUED))
    @rule(data=st.data(), price=st.sampled_from(PRICES))
    def send(self, data: st.DataObject, price: str) -> None:
        self.prices_change(price)
        calm = {"paused_reason": "", "cooling_until": None, "quiet_until": None, "submit_failures": 0}
        Provider.objects.update(**calm, failures_in_row=0)
        Job.objects.update(not_before=None)
        job = self.one_of(data, State.QUEUED)
        rose = Approval.objects.filter(job=job).exists() and self.price_of(job) > expected(job)
        assert bool(intend(job.pk)) != rose
        job.refresh_from_db()
        assert job.state == (State.FAILED if rose else State.SUBMITTING)

    @precondition(lambda self: Submission.objects.exists())
    @rule(data=st.data(), answer=st.sampled_from(ANSWERS), again=st.booleans())
    def answer(self, data: st.DataObject, answer: Any, again: bool) -> None:
        """Any submission's, in time or late, once or twice."""
        token = data.draw(st.sampled_from(list(Submission.objects.order_by("pk")))).token
        for _ in range(1 + again):
            settle(token, f"gen_{token}" if answer == "id" else answer)

    @precondition(lambda self: self.any_job(State.SUBMITTING))
    @rule(data=st.data())
    def die_while_sending(self, data: st.DataObject) -> None:
        job = self.one_of(data, State.SUBMITTING)
        unheard(job.submissions.select_related("job").get(token=job.token or ""), "gone")

    @precondition(lambda self: self.any_job(State.RUNNING))
    @rule(data=st.data(), seen=st.sampled_from(LOOKS))
    def look(self, data: st.DataObject, seen: Snapshot) -> None:
        watch = Watch.objects.select_related("job").get(job=self.one_of(data, State.RUNNING))
        watch.no_url = NO_URL_LOOKS
        ending = judge(watch, seen)
        assert ending
        assert end(watch, ending, {})

    @precondition(lambda self: self.any_job(State.ARCHIVING))
    @rule(data=st.data())
    def keep(self, data: st.DataObject) -> None:
        advance(self.one_of(data, State.ARCHIVING), State.DONE)

    @precondition(lambda self: self.any_job(State.AWAITING_APPROVAL, State.QUEUED, State.SUBMITTING))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        job = self.one_of(data, State.AWAITING_APPROVAL, State.QUEUED, State.SUBMITTING)
        cancel(job, job.author)

    @precondition(lambda self: self.any_job(State.QUEUED))
    @rule(data=st.data())
    def wait_too_long(self, data: st.DataObject) -> None:
        advance(self.one_of(data, State.QUEUED), State.FAILED, cause=Cause.LATE)

    @precondition(lambda self: self.any_job(State.QUEUED, State.SUBMITTING))
    @rule(data=st.data())
    def come_back_from_a_backup(self, data: st.DataObject) -> None:
        advance(self.one_of(data, State.QUEUED, State.SUBMITTING), State.UNKNOWN)

    @precondition(lambda self: self.any_job(State.UNKNOWN))
    @rule(data=st.data(), act=st.sampled_from(DECISIONS))
    def decide(self, data: st.DataObject, act: Any) -> None:
        job = self.one_of(data, State.UNKNOWN)
        latest = job.submissions.order_by("number").last()
        act(job, latest.number if latest else 0, self.people[1])

    @precondition(lambda self: Submission.objects.unheard().exists())
    @rule(data=st.data())
    def find(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(list(Submission.objects.unheard().order_by("pk"))))
        reconcile.settle(sent.pk, f"gen_{sent.token}", "by hand: {remote_id}")

    @precondition(lambda self: self.second_clips())
    @rule(data=st.data())
    def keep_a_second(self, data: st.DataObject) -> None:
        reconcile.keep_second(data.draw(st.sampled_from(self.second_clips())), self.people[1])

    def second_clips(self) -> list[Submission]:
        rows = Submission.objects.second_clips().select_related("job").order_by("pk")
        return [sent for sent in rows if reconcile.may_be_kept(sent)]

    @precondition(lambda self: self.ended())
    @rule(data=st.data())
    def look_again(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.ended()))
        advance(sent.job, State.RUNNING, by=sent)

    def ended(self) -> list[Submission]:
        rows = Submission.objects.filter(job__state=State.FAILED, token=F("job__token")).exclude(remote_id="")
        return list(rows.select_related("job").order_by("pk"))

    @precondition(lambda self: Job.objects.exists())
    @rule()
    def a_month_goes_by(self) -> None:
        """What waits for approval waits on."""
        self.clock.shift(timedelta(days=31))
        Approval.objects.update(expires_at=timezone.now() + timedelta(days=1))

    @precondition(lambda self: Job.objects.exists())
    @rule()
    def square_for_nothing(self) -> None:
        before = LedgerEntry.objects.count()
        for job in Job.objects.all():
            for number in range(1, job.attempt + 1):
                ledger.square(job, number, State(job.state))
        assert LedgerEntry.objects.count() == before

    # --- what must hold ---
    @invariant()
    def the_book_says_what_the_provider_took(self) -> None:
        for sent in Submission.objects.select_related("job"):
            reserved, held, spent = stands(sent.job, sent.number)
            assert spent == (worth(sent) if sent.charged == Charged.YES else ZERO)
            assert reserved + held == (expected(sent.job) if sent.charged == Charged.UNKNOWN else ZERO)
            on_its_way = sent.number == sent.job.attempt and sent.job.state in ledger.MAY_BE_SENT
            assert on_its_way or not reserved

    @invariant()
    def what_waits_is_reserved_once_and_what_never_left_costs_nothing(self) -> None:
        for job in Job.objects.all():
            sums = stands(job, job.attempt)
            if job.state == State.QUEUED:
                assert job.month
                assert LedgerEntry.objects.filter(job=job, number=job.attempt, month=job.month).exists()
                assert sums == (expected(job), ZERO, ZERO)
            elif not Submission.objects.filter(job=job, number=job.attempt).exists():
                assert sums[0] == sums[2] == ZERO

    @invariant()
    def nothing_is_reserved_or_sent_before_somebody_said_yes(self) -> None:
        never = Job.objects.filter(state__in=[State.AWAITING_APPROVAL, State.REJECTED])
        assert not LedgerEntry.objects.filter(job__in=never).exists()
        assert not Submission.objects.filter(job__in=never).exists()
        undecided = Submission.objects.filter(job__approval__isnull=False, job__approval__decided_by=None)
        assert not undecided.exists()

    @invariant()
    def nothing_is_below_zero_and_the_totals_are_the_book_s(self) -> None:
        for one in sums_of(LedgerEntry.objects, "job", "number") | sums_of(MonthTotal.objects, "month", "member"):
            assert min(one[2:]) >= 0
        assert sums_of(LedgerEntry.objects, "month", "member") == sums_of(MonthTotal.objects, "month", "member")

    @invariant()
    def each_submission_is_paid_by_one_month(self) -> None:
        months = LedgerEntry.objects.order_by().values("job", "number").annotate(months=Count("month", distinct=True))
        assert not months.filter(months__gt=1).exists()

    @invariant()
    def every_move_is_one_of_the_table(self) -> None:
        for job in Job.objects.prefetch_related("events"):
            states = [State(event.state) for event in job.events.all()]
            assert all(to in MOVES[before] for before, to in pairwise(states)), states


SUMS = {name: Sum(name) for name in PLACES}


def sums_of(rows: Any, *by: str) -> set[tuple[Any, ...]]:
    """Whose, then what is reserved, held and spent; without those that come to nothing."""
    found = rows.order_by().values_list(*by).annotate(*map(Sum, PLACES))
    exactly = ((*row[:2], *map(exact, row[2:])) for row in found)
    return {row for row in exactly if any(row[2:])}


def stands(job: Job, number: int) -> tuple[Decimal, ...]:
    found = LedgerEntry.objects.filter(job=job, number=number).aggregate(**SUMS)
    return tuple(exact(found[name]) for name in PLACES)


def expected(job: Job) -> Decimal:
    return job.estimate or ZERO


def worth(sent: Submission) -> Decimal:
    """What the provider took for it, in the portal's currency."""
    price = sent.cost if sent.cost is not None else sent.job.list_price
    if price is None or sent.job.rate is None:
        return ZERO
    return exact(price * sent.job.rate)


@pytest.mark.parametrize("examples", [8, pytest.param(30, marks=pytest.mark.matrix)])
@pytest.mark.django_db
def test_the_book_is_right_whatever_happens(examples: int) -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

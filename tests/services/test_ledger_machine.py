"""Whatever happens, and in whatever order: the book says what the rows say, and no job makes a move that is none."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from generations.contract import Cause, DialectError, Misconfigured, NeverHeard, NotTaken, Refused, RemoteOutput
from generations.contract import RemoteState as Remote
from generations.contract import Snapshot
from generations.models import (
    MOVES,
    Charged,
    ExchangeRate,
    Job,
    Kind,
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
)
from generations.services import ledger, reconcile
from generations.services.advance import advance
from generations.services.cancel import cancel
from generations.services.compose import Ask, compose
from generations.services.judge import NO_URL_LOOKS, end, judge
from generations.services.months import this_month
from generations.services.outcomes import settle, unheard
from generations.services.providers import add_provider
from generations.services.submit import intend

ZERO = Decimal(0)
PLACES = ("reserved", "held", "spent")
ANSWERS: list[Any] = [
    "id", NotTaken("busy"), NotTaken("no such model", model_unknown=True), Misconfigured("wrong key"), Refused("no"),
    NeverHeard("lost"), DialectError("unreadable"),
]  # fmt: skip
CLIP = (RemoteOutput("https://files.example.com/clip.mp4"),)
LOOKS = [
    Snapshot(Remote.SUCCEEDED, outputs=CLIP),
    Snapshot(Remote.SUCCEEDED, outputs=CLIP, cost=Decimal("0.123456")),
    Snapshot(Remote.SUCCEEDED),
    Snapshot(Remote.FAILED, reason="broken"),
    Snapshot(Remote.CANCELLED),
]


class Money(RuleBasedStateMachine):
    """A team of two, one provider whose models have a price, one in other money, and none at all."""

    jobs: Bundle[int] = Bundle("jobs")
    tokens: Bundle[Any] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.life = transaction.atomic()
        self.life.__enter__()
        people = [("a@example.org", Role.MEMBER), ("b@example.org", Role.ADMIN)]
        self.people = [User.objects.create_user(mail, role=role) for mail, role in people]
        self.provider = add_provider("Studio", "uniall", "https://api.example.com", "sk-test")
        Provider.objects.update(enabled=True, in_flight=1000)
        models = list(VideoModel.objects.filter(provider=self.provider)[:3])
        self.models = [model.slug for model in models]
        for model, price, unit in zip(models, ("0.8", "3.333333", None), ("USD", "CNY", ""), strict=True):
            ModelCombination.objects.filter(model=model).update(price=price)
            VideoModel.objects.filter(pk=model.pk).update(currency=unit, enabled=True)
        ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.141592653"), valid_from="2020-01-01")

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.life.__exit__(None, None, None)

    # --- what may happen ---
    @rule(target=jobs, who=st.integers(0, 1), model=st.integers(0, 2), takes=st.integers(1, 2))
    def ask(self, who: int, model: int, takes: int) -> Any:
        asked = compose(self.people[who], Ask("A fox", self.provider.pk, self.models[model], uuid4().hex, takes=takes))
        return multiple(*(job.pk for job in asked.jobs))

    @rule(target=tokens, pk=jobs)
    def send(self, pk: int) -> Any:
        calm = {"paused_reason": "", "cooling_until": None, "quiet_until": None, "submit_failures": 0}
        Provider.objects.update(**calm, failures_in_row=0)
        Job.objects.update(not_before=None)
        intent = intend(pk)
        return intent.token if intent else multiple()

    @rule(token=tokens, answer=st.sampled_from(ANSWERS), again=st.booleans())
    def answer(self, token: Any, answer: Any, again: bool) -> None:
        result = f"gen_{token}" if answer == "id" else answer
        for _ in range(1 + again):
            settle(token, result)

    @rule(pk=jobs)
    def die_while_sending(self, pk: int) -> None:
        sent = Submission.objects.filter(job=pk, job__state=State.SUBMITTING).order_by("number").last()
        if sent:
            unheard(sent, "gone")

    @rule(pk=jobs, seen=st.sampled_from(LOOKS))
    def look(self, pk: int, seen: Snapshot) -> None:
        watch = Watch.objects.select_related("job").filter(job=pk).first()
        if watch:
            watch.no_url = NO_URL_LOOKS
            ending = judge(watch, seen)
            assert ending
            end(watch, ending, {})
        job = Job.objects.get(pk=pk)
        if job.state == State.ARCHIVING:
            advance(job, State.DONE)

    @rule(pk=jobs)
    def take_back(self, pk: int) -> None:
        job = Job.objects.get(pk=pk)
        cancel(job, job.author)

    @rule(pk=jobs)
    def wait_too_long(self, pk: int) -> None:
        job = Job.objects.get(pk=pk)
        if job.state == State.QUEUED:
            advance(job, State.FAILED, cause=Cause.LATE)

    @rule(pk=jobs)
    def come_back_from_a_backup(self, pk: int) -> None:
        job = Job.objects.get(pk=pk)
        if job.state in (State.QUEUED, State.SUBMITTING):
            advance(job, State.UNKNOWN)

    @rule(pk=jobs, act=st.sampled_from([reconcile.leave_as_not_created, reconcile.give_up, reconcile.submit_again]))
    def decide(self, pk: int, act: Any) -> None:
        job, latest = Job.objects.get(pk=pk), Submission.objects.filter(job=pk).order_by("number").last()
        if job.state == State.UNKNOWN:
            act(job, latest.number if latest else 0, self.people[1])

    @rule(token=tokens)
    def find(self, token: Any) -> None:
        sent = Submission.objects.get(token=token)
        if sent.outcome != "pending" or sent.job.state != State.SUBMITTING:
            reconcile.settle(sent.pk, f"gen_{token}", "by hand: {remote_id}")

    @rule(token=tokens)
    def keep_what_was_found(self, token: Any) -> None:
        sent = Submission.objects.get(token=token)
        if Submission.objects.second_clips().filter(pk=sent.pk).exists() and reconcile.may_be_kept(sent):
            reconcile.keep_second(sent, self.people[1])

    @rule(pk=jobs)
    def look_again(self, pk: int) -> None:
        job, latest = Job.objects.get(pk=pk), Submission.objects.filter(job=pk).order_by("number").last()
        if job.state == State.FAILED and latest and latest.remote_id and latest.token == job.token:
            advance(job, State.RUNNING, by=latest)

    @rule(pk=jobs)
    def square_for_nothing(self, pk: int) -> None:
        job = Job.objects.get(pk=pk)
        before = LedgerEntry.objects.count()
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
                assert sums == (expected(job), ZERO, ZERO)
            elif not Submission.objects.filter(job=job, number=job.attempt).exists():
                assert sums[0] == sums[2] == ZERO

    @invariant()
    def nothing_is_below_zero_and_the_totals_are_the_book_s(self) -> None:
        for one in (*LedgerEntry.objects.values("job", "number").annotate(**SUMS).order_by(), *totals()):
            assert min(one[name] for name in PLACES) >= 0
        from_book = LedgerEntry.objects.values("month", "member").annotate(**SUMS).order_by()
        assert {tuple(row.values()) for row in from_book if any(row[name] for name in PLACES)} == {
            tuple(row.values()) for row in totals() if any(row[name] for name in PLACES)
        }

    @invariant()
    def each_kind_is_there_once_but_for_answers_that_came_late(self) -> None:
        assert not LedgerEntry.objects.exclude(kind=Kind.CORRECTION).filter(month__gt=this_month()).exists()

    @invariant()
    def every_move_is_one_of_the_table(self) -> None:
        for job in Job.objects.prefetch_related("events"):
            states = [State(event.state) for event in job.events.all()]
            assert all(to in MOVES[before] for before, to in pairwise(states)), states


SUMS = {name: Sum(name) for name in PLACES}


def totals() -> Any:
    return MonthTotal.objects.values("month", "member", *PLACES)


def stands(job: Job, number: int) -> tuple[Decimal, ...]:
    found = LedgerEntry.objects.filter(job=job, number=number).aggregate(**SUMS)
    return tuple(found[name] or ZERO for name in PLACES)


def expected(job: Job) -> Decimal:
    return job.estimate or ZERO


def worth(sent: Submission) -> Decimal:
    """What the provider took for it, in the portal's currency."""
    price = sent.cost if sent.cost is not None else sent.job.list_price
    if price is None or sent.job.rate is None:
        return ZERO
    return (price * sent.job.rate).quantize(Decimal("0.000001"))


@pytest.mark.django_db
def test_the_book_is_right_whatever_happens() -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

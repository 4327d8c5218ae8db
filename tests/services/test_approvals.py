"""Approval before money is spent: who is asked about what, who decides, and that each job is decided once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import (
    Approval,
    ApprovalRule,
    AuditEntry,
    Budget,
    Delivery,
    ExchangeRate,
    Group,
    Job,
    LedgerEntry,
    ModelCombination,
    MonthTotal,
    News,
    Notice,
    Provider,
    Role,
    RoleDefault,
    State,
    Submission,
    User,
    VideoModel,
    Visibility,
    Webhook,
)
from generations.models.notice import new_signing_secret
from generations.services import approvals
from generations.services.again import again
from generations.services.approval_ask import digest
from generations.services.approval_rules import has_word
from generations.services.approvals import NotDecided, approve, expire_stale, may_decide, reject
from generations.services.batch.plan import make, plan
from generations.services.batch.rows import Defaults
from generations.services.budgets import OverBudget
from generations.services.cancel import cancel, may_cancel
from generations.services.compose import Ask, compose
from generations.services.erase import erase
from generations.services.months import this_month
from generations.services.notices import spread
from generations.services.portal import choose
from generations.services.submit import intend
from generations.services.sweep import sweep
from tests.services.helpers import race

pytestmark = [pytest.mark.databases]
MODEL, OTHER = "sora2-landscape-8s", "sora2-landscape-4s"


@pytest.fixture
def priced(provider: Provider) -> Provider:
    """A provider that takes 0.80 dollars for every clip."""
    Provider.objects.update(enabled=True, in_flight=1000)
    ModelCombination.objects.update(price=Decimal("0.80"))
    VideoModel.objects.update(currency="USD")
    return provider


@pytest.fixture
def asked(priced: Provider, member: User, admin: User) -> Job:
    """A job that waits, since it costs more than fifty cents."""
    ApprovalRule.objects.create(amount=Decimal("0.50"))
    return compose(member, ask(priced, "key")).job


def ask(by: Provider, key: str, text: str = "A fox wakes", model: str = MODEL, **more: Any) -> Ask:
    return Ask(text, by.pk, model, key, **more)


def fresh(job: Job) -> Job:
    return Job.objects.select_related("author", "prompt", "approval").get(pk=job.pk)


def price(amount: str) -> None:
    ModelCombination.objects.update(price=Decimal(amount))


@pytest.mark.django_db
class TestRules:
    def test_without_one_nobody_is_asked(self, priced: Provider, member: User) -> None:
        job = compose(member, ask(priced, "key")).job
        assert (job.state, job.reason, Approval.objects.count()) == (State.QUEUED, "", 0)

    def test_what_waits_is_bound_to_its_request_and_costs_nothing_yet(self, asked: Job) -> None:
        assert (asked.state, asked.month) == (State.AWAITING_APPROVAL, None)
        assert asked.reason == "It costs more than $0.50."
        assert asked.events.get().note == asked.reason
        approval = Approval.objects.get()
        assert (approval.request, approval.estimate) == (digest(fresh(asked)), Decimal("0.8"))
        assert approval.expires_at == asked.state_since + timedelta(days=7)
        assert (LedgerEntry.objects.count(), MonthTotal.objects.count()) == (0, 0)
        assert intend(asked.pk) is None

    @pytest.mark.parametrize(
        ("amount", "takes", "waits"), [("0.80", 1, False), ("0.79", 1, True), ("1.60", 2, False), ("1.59", 2, True)]
    )
    def test_an_amount_is_of_all_takes_together(
        self, priced: Provider, member: User, amount: str, takes: int, waits: bool
    ) -> None:
        ApprovalRule.objects.create(amount=Decimal(amount))
        jobs = compose(member, ask(priced, "key", takes=takes)).jobs
        assert [job.state == State.AWAITING_APPROVAL for job in jobs] == [waits] * takes
        assert Approval.objects.count() == takes * waits

    def test_a_price_that_nobody_knows_is_over_every_amount(self, priced: Provider, member: User) -> None:
        ApprovalRule.objects.create(amount=1000)
        VideoModel.objects.update(currency="PTS")  # without a rate
        assert compose(member, ask(priced, "key")).job.reason == "Nobody knows what it costs."

    def test_a_model_or_a_whole_provider(self, priced: Provider, member: User) -> None:
        rule = ApprovalRule.objects.create(model=VideoModel.objects.get(slug=MODEL))
        assert compose(member, ask(priced, "one")).job.state == State.AWAITING_APPROVAL
        assert compose(member, ask(priced, "two", model=OTHER)).job.state == State.QUEUED
        ApprovalRule.objects.filter(pk=rule.pk).update(model=None, provider=priced)
        assert compose(member, ask(priced, "three", model=OTHER)).job.reason == "Jobs for UniAll studio need approval."

    @pytest.mark.parametrize("whose", ["member", "group"])
    def test_people(self, priced: Provider, member: User, stranger: User, whose: str) -> None:
        film = Group.objects.create(name="Film")
        film.members.add(member)
        ApprovalRule.objects.create(**{whose: {"member": member, "group": film}[whose]})
        assert "need approval." in compose(member, ask(priced, "one")).job.reason
        assert compose(stranger, ask(priced, "two")).job.state == State.QUEUED

    def test_a_role(self, priced: Provider, member: User, reviewer: User) -> None:
        RoleDefault.objects.create(role=Role.MEMBER, needs_approval=True)
        assert compose(member, ask(priced, "one")).job.reason == "Every job of this role needs approval."
        assert compose(reviewer, ask(priced, "two")).job.state == State.QUEUED

    def test_all_that_a_rule_says_must_fit(self, priced: Provider, member: User) -> None:
        ApprovalRule.objects.create(member=member, amount=Decimal("0.50"), words="fox")
        assert compose(member, ask(priced, "one", "A hen wakes")).job.state == State.QUEUED
        reason = compose(member, ask(priced, "two")).job.reason
        assert reason == (
            "It costs more than $0.50. Its prompt has a word that staff look at first. Jobs of Mara Lindqvist need "
            "approval."
        )

    def test_an_amount_is_of_a_whole_batch(self, priced: Provider, member: User) -> None:
        ApprovalRule.objects.create(amount=Decimal("1.60"))
        lines = [f"Fox number {number},{MODEL}" for number in range(3)]
        for asked, waits in ((2, False), (3, True)):
            batch = plan(member, "\n".join(["prompt,model", *lines[:asked]]), f"{asked}", Defaults(provider=priced.pk))
            assert [row.waits for row in batch.rows] == [waits] * asked
            assert {job.state == State.AWAITING_APPROVAL for job in make(member, batch)} == {waits}

    def test_one_that_says_nothing_is_about_every_job(self, priced: Provider, admin: User) -> None:
        ApprovalRule.objects.create()
        assert compose(admin, ask(priced, "one")).job.reason == "Every job needs approval."

    def test_a_new_member_waits_until_one_job_was_let_through(
        self, priced: Provider, member: User, admin: User
    ) -> None:
        ApprovalRule.objects.create(is_first=True)
        first, second, third = (compose(member, ask(priced, key)).job for key in "abc")
        assert {first.state, second.state, third.state} == {State.AWAITING_APPROVAL}
        reject(fresh(first), first.rev, admin, "no")
        cancel(second, member)
        assert compose(member, ask(priced, "d")).job.reason == "It is the first job of a new member."
        approve(fresh(third), third.rev, admin)
        assert compose(member, ask(priced, "e")).job.state == State.QUEUED

    @pytest.mark.parametrize(
        ("words", "text", "has"),
        [
            ("fox", "A FOX wakes", True),
            ("fox", "Foxes wake", False),
            ("fox", "a-fox!", True),
            ("red fox", "A red\n  fox", True),
            ("Straße", "STRASSE", True),
            ("fox", "A f\u200box wakes", True),
            ("ｆｏｘ", "fox", True),
            ("国旗", "他们升起国旗吧", True),
            ("hen\n\n fox ", "A fox", True),
            ("c++", "some C++ code", True),
            ("a.b", "axb", False),
            ("nsfw", "拍一段nsfw视频", True),
            ("ai", "用AI做视频", True),
            ("ภาพ", "ทำภาพยนตร์", True),
            ("bomb", "a _bomb_ here", True),
            ("fox", "a f\ufe0fo\u034fx", True),
            ("", "A fox", False),
        ],
    )
    def test_words(self, words: str, text: str, has: bool) -> None:
        assert has_word(words, text) is has

    def test_retries_and_batches_are_asked_about_too(self, priced: Provider, member: User) -> None:
        job = compose(member, ask(priced, "one")).job
        ApprovalRule.objects.create()
        assert again(member, fresh(job), "retry", "0" * 32).job.state == State.AWAITING_APPROVAL  # type: ignore[arg-type]


@pytest.mark.django_db
class TestWhoDecides:
    def test_reviewers_and_admins_but_not_about_their_own(
        self, asked: Job, viewer: User, member: User, reviewer: User, admin: User
    ) -> None:
        assert [may_decide(asked, user) for user in (viewer, member, reviewer, admin)] == [False, False, True, True]

    def test_the_only_admin_decides_about_his_own(self, priced: Provider, admin: User, make_user: Any) -> None:
        ApprovalRule.objects.create()
        job = compose(admin, ask(priced, "key")).job
        other = make_user("second@example.org", Role.ADMIN)
        with pytest.raises(NotDecided, match="somebody else decides"):
            approve(job, job.rev, admin)
        User.objects.filter(pk=other.pk).update(is_active=False)
        approve(job, job.rev, admin)
        assert fresh(job).state == State.QUEUED

    def test_a_reviewer_never_decides_about_his_own(self, priced: Provider, reviewer: User) -> None:
        ApprovalRule.objects.create()
        job = compose(reviewer, ask(priced, "key")).job
        for act in (partial(approve, job, job.rev, reviewer), partial(reject, job, job.rev, reviewer, "no")):
            with pytest.raises(NotDecided, match="somebody else decides"):
                act()


@pytest.mark.django_db
class TestApprove:
    def test_it_waits_for_its_turn_and_its_price_is_reserved(self, asked: Job, reviewer: User) -> None:
        approve(asked, asked.rev, reviewer, "For the pitch")
        job = fresh(asked)
        assert (job.state, job.month, job.attempt) == (State.QUEUED, this_month(), 1)
        assert job.reason == "Approved by Noor Haddad: For the pitch"
        assert (job.approval.decided_by, job.approval.decided_at is not None) == (reviewer, True)
        assert MonthTotal.objects.get().reserved == Decimal("0.8")
        assert [(e.action, e.subject, e.actor) for e in AuditEntry.objects.filter(action="job approved")] == [
            ("job approved", f"Job {job.key}", reviewer)
        ]
        assert intend(job.pk)
        assert Submission.objects.count() == 1

    def test_the_month_that_pays_is_that_of_the_yes(self, priced: Provider, member: User, admin: User) -> None:
        ApprovalRule.objects.create()
        with time_machine.travel("2026-11-30 12:00:00+00:00", tick=False):
            job = compose(member, ask(priced, "key")).job
        with time_machine.travel("2026-12-01 12:00:00+00:00", tick=False):
            approve(job, job.rev, admin)
        assert LedgerEntry.objects.get().month == date(2026, 12, 1)

    def test_over_budget_it_waits_on(self, asked: Job, admin: User) -> None:
        Budget.objects.create(amount=Decimal("0.70"))
        with pytest.raises(OverBudget, match=r"\$0\.70 of the budget of everyone"):
            approve(asked, asked.rev, admin)
        assert (fresh(asked).state, LedgerEntry.objects.count()) == (State.AWAITING_APPROVAL, 0)
        Budget.objects.update(amount=1)
        approve(asked, asked.rev, admin)
        assert fresh(asked).state == State.QUEUED

    def test_asking_needs_no_budget(self, priced: Provider, member: User) -> None:
        Budget.objects.create(amount=0)
        ApprovalRule.objects.create()
        assert compose(member, ask(priced, "key")).job.state == State.AWAITING_APPROVAL

    def test_a_dearer_price_asks_again(self, asked: Job, admin: User) -> None:
        price("0.90")
        with pytest.raises(NotDecided, match=r"costs \$0\.90 now, not \$0\.80"):
            approve(asked, asked.rev, admin)
        job = fresh(asked)
        assert (job.state, job.list_price, job.estimate) == (State.AWAITING_APPROVAL, Decimal("0.9"), Decimal("0.9"))
        assert job.approval.estimate == Decimal("0.9")
        with pytest.raises(NotDecided, match="changed since you saw it"):
            approve(job, asked.rev, admin)  # by what was shown before
        approve(job, job.rev, admin)
        assert MonthTotal.objects.get().reserved == Decimal("0.9")

    def test_a_cheaper_one_is_taken(self, asked: Job, admin: User) -> None:
        price("0.60")
        approve(asked, asked.rev, admin)
        job = fresh(asked)
        assert (job.estimate, job.approval.estimate) == (Decimal("0.6"), Decimal("0.6"))
        assert MonthTotal.objects.get().reserved == Decimal("0.6")
        assert intend(job.pk)

    @pytest.mark.parametrize("change", ["price unknown", "unit", "rate", "no rate"])
    def test_a_price_that_cannot_be_compared_asks_again(
        self, priced: Provider, member: User, admin: User, change: str
    ) -> None:
        VideoModel.objects.update(currency="CNY")
        ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.1"), valid_from="2020-01-01")
        ApprovalRule.objects.create()
        job = compose(member, ask(priced, "key")).job
        if change == "price unknown":
            ModelCombination.objects.update(price=None)
        elif change == "unit":
            VideoModel.objects.update(currency="EUR")
        elif change == "rate":
            ExchangeRate.objects.update(rate=Decimal("0.2"))
        else:
            ExchangeRate.objects.all().delete()
        with pytest.raises(NotDecided, match="Look at it again"):
            approve(job, job.rev, admin)
        job = fresh(job)
        approve(job, job.rev, admin)
        assert fresh(job).state == State.QUEUED

    @pytest.mark.parametrize("columns", [{"seconds": 12}, {"options": {"style": "x"}}, {"model": OTHER}])
    def test_an_edited_request_is_not_what_was_asked(self, asked: Job, admin: User, columns: dict[str, Any]) -> None:
        Job.objects.filter(pk=asked.pk).update(**columns)
        with pytest.raises(NotDecided, match="changed since"):
            approve(fresh(asked), asked.rev, admin)

    def test_an_erased_one_is_cancelled(self, asked: Job, member: User, admin: User) -> None:
        assert erase(asked.prompt, member)
        with pytest.raises(NotDecided, match="Cancelled"):
            approve(asked, asked.rev, admin)

    def test_what_is_not_offered_to_its_author_waits_on(self, asked: Job, priced: Provider, admin: User) -> None:
        Provider.objects.update(is_limited=True)
        with pytest.raises(NotDecided, match="UniAll studio does not offer exactly this to Mara Lindqvist now"):
            approve(asked, asked.rev, admin)
        Provider.objects.update(is_limited=False)
        User.objects.filter(pk=asked.author_id).update(role=Role.VIEWER)
        with pytest.raises(NotDecided, match="makes no clips any more"):
            approve(asked, asked.rev, admin)
        assert fresh(asked).state == State.AWAITING_APPROVAL

    def test_a_stale_click_says_what_it_is_by_now(self, asked: Job, admin: User, reviewer: User) -> None:
        approve(asked, asked.rev, reviewer)
        for act in (partial(approve, asked, asked.rev, admin), partial(reject, asked, asked.rev, admin, "no")):
            with pytest.raises(NotDecided, match="is “Waiting”"):
                act()
        assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db
class TestSend:
    def test_where_only_the_rate_changed_it_is_told_in_the_portal_s_money(
        self, priced: Provider, member: User, admin: User
    ) -> None:
        VideoModel.objects.update(currency="CNY")
        ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.14"), valid_from=date(2020, 1, 1))
        ApprovalRule.objects.create()
        job = compose(member, ask(priced, "key")).job
        ExchangeRate.objects.update(rate=Decimal("0.16"))
        with pytest.raises(NotDecided, match=r"costs \$0\.128 now, not \$0\.112"):
            approve(fresh(job), job.rev, admin)
        approve(fresh(job), job.rev + 1, admin)
        ExchangeRate.objects.update(rate=Decimal("0.2"))
        assert intend(job.pk) is None
        assert "from $0.128 to $0.16." in fresh(job).reason

    def test_where_the_rate_is_gone_it_is_unknown(self, priced: Provider, member: User, admin: User) -> None:
        VideoModel.objects.update(currency="CNY")
        ExchangeRate.objects.create(unit="CNY", rate=Decimal("0.14"), valid_from=date(2020, 1, 1))
        ApprovalRule.objects.create()
        job = compose(member, ask(priced, "key")).job
        ExchangeRate.objects.all().delete()
        with pytest.raises(NotDecided, match=r"costs an unknown price now, not \$0\.112"):
            approve(fresh(job), job.rev, admin)

    def test_a_price_that_rose_since_is_not_spent(self, asked: Job, member: User, admin: User) -> None:
        approve(asked, asked.rev, admin)
        price("0.90")
        assert intend(asked.pk) is None
        job = fresh(asked)
        assert (job.state, Submission.objects.count()) == (State.FAILED, 0)
        assert job.reason == "Its price rose after it was approved, from $0.80 to $0.90. It was not sent."
        assert MonthTotal.objects.get().reserved == 0
        price("0.95")
        retried = again(member, job, "retry", "0" * 32).job  # type: ignore[arg-type]
        assert (retried.state, retried.estimate) == (State.AWAITING_APPROVAL, Decimal("0.95"))

    @pytest.mark.parametrize("columns", [{"estimate": 5}, {"aspect_ratio": "9:16"}, {"reference_fit": "pad"}])
    def test_what_was_changed_since_is_not_sent(self, asked: Job, admin: User, columns: dict[str, Any]) -> None:
        approve(asked, asked.rev, admin)
        Job.objects.filter(pk=asked.pk).update(**columns)
        assert intend(asked.pk) is None
        assert fresh(asked).reason == "It is not what was approved any more. It was not sent."

    def test_what_needed_nobody_is_sent_at_any_price(self, priced: Provider, member: User) -> None:
        job = compose(member, ask(priced, "key")).job
        price("9.00")
        assert intend(job.pk)

    def test_one_whose_model_was_switched_off_since_goes_as_approved(self, asked: Job, admin: User) -> None:
        approve(asked, asked.rev, admin)
        VideoModel.objects.update(enabled=False)
        assert intend(asked.pk)


@pytest.mark.django_db
class TestEnds:
    def test_rejected_its_author_is_told_why(self, asked: Job, member: User, reviewer: User) -> None:
        User.objects.filter(pk=member.pk).update(mail_failed=True)
        Webhook.objects.create(owner=member, url="https://hooks.example.com", secret=new_signing_secret(), failed=True)
        reject(asked, asked.rev, reviewer, "Too dear for a test")
        job = fresh(asked)
        assert (job.state, job.reason) == (State.REJECTED, "Not approved by Noor Haddad: Too dear for a test")
        assert (job.finished_at is not None, LedgerEntry.objects.count()) == (True, 0)
        notice = Notice.objects.get()
        assert (notice.news, notice.reason) == (News.REJECTED, job.reason)
        spread(10)
        assert Delivery.objects.count() == 2
        entry = AuditEntry.objects.get(action="job rejected")
        assert entry.changes["note"] == ["", job.reason]

    def test_nobody_is_told_who_does_not_want_it(self, asked: Job, reviewer: User) -> None:
        reject(asked, asked.rev, reviewer, "no")
        assert not Notice.objects.exists()

    def test_its_author_takes_it_back(self, asked: Job, member: User, stranger: User, admin: User) -> None:
        assert [may_cancel(asked, user) for user in (member, stranger, admin)] == [True, False, True]
        assert cancel(asked, member)
        assert (fresh(asked).state, LedgerEntry.objects.count()) == (State.CANCELLED, 0)

    def test_what_nobody_decides_about_is_not_approved(self, asked: Job, admin: User) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=7, minutes=-1), tick=False):
            sweep()
            assert fresh(asked).state == State.AWAITING_APPROVAL
        with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
            with pytest.raises(NotDecided, match="Nobody decided in time"):
                approve(asked, asked.rev, admin)
            sweep()
        job = fresh(asked)
        assert (job.state, job.reason) == (State.REJECTED, "Nobody decided in time.")
        assert job.approval.decided_by is None

    def test_how_long_that_is_admins_choose(self, priced: Provider, member: User, admin: User) -> None:
        ApprovalRule.objects.create()
        choose(admin, approval_days=2)
        job = compose(member, ask(priced, "key")).job
        assert job.approval.expires_at == job.state_since + timedelta(days=2)


@pytest.mark.django_db
def test_private_text_is_open_to_whoever_decides_and_only_so_long(
    priced: Provider, member: User, stranger: User, reviewer: User
) -> None:
    ApprovalRule.objects.create()
    job = compose(member, ask(priced, "key", visibility=Visibility.ME)).job
    assert [Job.objects.to_judge(user).exists() for user in (member, stranger, reviewer)] == [False, False, True]
    approve(job, job.rev, reviewer)
    assert not Job.objects.to_judge(reviewer).exists()


class TestAtOnce:
    """Real threads, each with a connection of its own."""

    ROUNDS = 8

    def raced(self, job: Job, *calls: Callable[[], Any]) -> tuple[list[Any], Job]:
        results = race(*calls)
        unforeseen = [r for r in results if isinstance(r, Exception) and not isinstance(r, NotDecided)]
        assert not unforeseen, unforeseen
        return results, fresh(job)

    def waiting(self, priced: Provider, member: User, turn: int) -> Job:
        return fresh(compose(member, ask(priced, f"key {turn}")).job)

    @pytest.mark.django_db(transaction=True)
    def test_two_who_approve(self, priced: Provider, member: User, admin: User, reviewer: User) -> None:
        ApprovalRule.objects.create()
        Budget.objects.create(amount=100)
        for turn in range(self.ROUNDS):
            job = self.waiting(priced, member, turn)
            results, after = self.raced(job, *(partial(approve, job, job.rev, who) for who in (admin, reviewer) * 2))
            assert (results.count(None), after.state) == (1, State.QUEUED)
            assert LedgerEntry.objects.filter(job=job).count() == 1
            sent = race(*[partial(intend, job.pk)] * 2)
            assert sum(bool(each) and not isinstance(each, Exception) for each in sent) <= 1
            assert Submission.objects.filter(job=job).count() <= 1
        assert AuditEntry.objects.filter(action="job approved").count() == self.ROUNDS

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("rival", ["cancel", "expire", "reject"])
    def test_one_who_approves_and_another_end(
        self, priced: Provider, member: User, admin: User, reviewer: User, rival: str
    ) -> None:
        ApprovalRule.objects.create()
        for turn in range(self.ROUNDS):
            job = self.waiting(priced, member, turn)
            # Late by a hair: whoever approves may still be in time, or not.
            soon = timezone.now() + timedelta(milliseconds=3) if rival == "expire" else job.approval.expires_at
            Approval.objects.filter(job=job).update(expires_at=soon)
            others: dict[str, Callable[[], Any]] = {
                "cancel": partial(cancel, fresh(job), member),
                "expire": expire_until_it_is_over,
                "reject": partial(reject, job, job.rev, reviewer, "no"),
            }
            results, after = self.raced(job, partial(approve, job, job.rev, admin), others[rival])
            ended = {"cancel": State.CANCELLED}.get(rival, State.REJECTED)
            approved = results[0] is None
            # A cancel that comes after the yes takes back what waits.
            allowed = {State.QUEUED, State.CANCELLED} if approved and rival == "cancel" else {State.QUEUED}
            assert after.state in (allowed if approved else {ended})
            intend(job.pk)
            sent = Submission.objects.filter(job=job).count()
            assert sent == (after.state == State.QUEUED)
            assert LedgerEntry.objects.filter(job=job, kind="reserve").count() == approved


def expire_until_it_is_over() -> None:
    for _ in range(3):
        approvals.expire_stale()
        time.sleep(0.003)
    expire_stale()


@pytest.mark.django_db
class TestFiles:
    FILE = "prompt,takes\nA fox,1\nA hen,1\nA fox and a hen,2\n"

    def test_a_preview_says_which_rows_wait(self, priced: Provider, member: User) -> None:
        assert plan(member, self.FILE, "0" * 32, Defaults(model=MODEL)).waiting == 0
        ApprovalRule.objects.create(words="hen")
        found = plan(member, self.FILE, "0" * 32, Defaults(model=MODEL))
        assert ([row.waits for row in found.rows], found.waiting) == ([False, True, True], 3)
        assert [job.state == State.AWAITING_APPROVAL for job in make(member, found)] == [False, True, True, True]

    def test_one_that_came_between_is_seen_first(self, priced: Provider, member: User) -> None:
        before = plan(member, self.FILE, "0" * 32, Defaults(model=MODEL))
        ApprovalRule.objects.create(words="hen")
        after = plan(member, self.FILE, "0" * 32, Defaults(model=MODEL))
        assert [row.waits for row in after.rows] == [False, True, True]
        assert before.digest != after.digest

    def test_any_number_of_rows_is_as_many_queries(self, priced: Provider, member: User) -> None:
        ApprovalRule.objects.create(amount=Decimal("0.50"), is_first=True)
        counts = []
        for rows in (1, 30):
            with CaptureQueriesContext(connection) as queries:
                plan(member, "prompt\n" + "A fox\n" * rows, "0" * 32, Defaults(model=MODEL))
            counts.append(len(queries))
        assert counts[0] == counts[1]

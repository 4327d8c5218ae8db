"""Acts on many jobs of the staff's table: what the confirming page counts and prices, and what a click then does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import (
    ApprovalRule,
    AuditEntry,
    Basis,
    Budget,
    Job,
    Output,
    PriceRule,
    Provider,
    State,
    User,
    VideoModel,
)
from generations.services.compose import Ask, compose
from generations.services.months import today
from generations.services.providers import enable

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
CONFIRM, DO, TABLE = "/staff/jobs/confirm/", "/staff/jobs/do/", "/staff/jobs/"
SLUG = "sora2-landscape-8s"


@pytest.fixture
def noor(as_user: AsUser, reviewer: User) -> Client:
    return as_user(reviewer)


@pytest.fixture
def boss(as_user: AsUser, admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def failed(member: User, provider: Provider, admin: User) -> Callable[..., Job]:
    """A job of the member's that came to nothing and can be had again, at half a dollar."""
    enable(provider)
    model = VideoModel.objects.get(provider=provider, slug=SLUG)
    columns = {"basis": Basis.CLIP, "currency": "USD", "amount": Decimal("0.5"), "added_by": admin}
    PriceRule.objects.create(model=model, valid_from=today(), **columns)

    def make(text: str = "A fox wakes", author: User | None = None, **changes: Any) -> Job:
        visibility = changes.pop("visibility", "team")
        ask = Ask(text, provider.pk, SLUG, uuid4().hex, visibility=visibility)
        job = compose(author or member, ask).job
        Job.objects.filter(pk=job.pk).update(state=State.FAILED, **changes)
        job.refresh_from_db()
        return job

    return make


def confirm(client: Client, act: str, *jobs: Job) -> tuple[str, dict[str, Any]]:
    """The page, and what its button sends."""
    answer = client.post(
        CONFIRM, {"act": act, "job": [str(job.key) for job in jobs], "query": "state=failed&after=1_x"}
    )
    assert answer.status_code == 200
    body = answer.content.decode()
    form = body[body.index('action="/staff/jobs/do/"') :]
    sent = {
        name: re.findall(rf'name="{name}" value="([^"]*)"', html.unescape(form))
        for name in ("act", "token", "query", "job")
    }
    return body, sent | {"act": act}


def done(client: Client, sent: dict[str, Any]) -> str:
    """What is said after the click."""
    answer = client.post(DO, sent)
    assert answer.status_code == 303
    assert answer["Location"] == f"{TABLE}?state=failed"
    return " ".join(str(message) for message in client.get(answer["Location"]).context["messages"])


def test_nothing_is_done_by_looking(boss: Client, failed: Callable[..., Job], make_job: MakeJob) -> None:
    jobs = [failed(), make_job(), make_job(State.DONE)]
    before = list(Job.objects.order_by("pk").values_list("state", "rev", "trashed_at"))
    for act in ("cancel", "retry", "archive", "trash"):
        confirm(boss, act, *jobs)
    assert list(Job.objects.order_by("pk").values_list("state", "rev", "trashed_at")) == before


class TestCancel:
    def test_what_waits_is_cancelled_and_the_rest_is_left_with_its_reason(
        self, boss: Client, make_job: MakeJob
    ) -> None:
        waits, sends = make_job(State.QUEUED, "waits"), make_job(State.SUBMITTING, "sends")
        runs, over, private = make_job(State.RUNNING), make_job(State.DONE), make_job(visibility="me", text="hush")
        body, sent = confirm(boss, "cancel", waits, sends, runs, over, private)
        assert "Cancel 2 jobs" in body
        assert "just being sent" in body
        for reason in ("sent already", "over already", "somebody’s private ones"):
            assert f"<strong>1</strong> {reason}" in body
        assert "hush" not in body
        assert done(boss, sent) == "2 jobs cancelled."
        waits.refresh_from_db()
        sends.refresh_from_db()
        assert (waits.state, sends.state, sends.cancel_asked) == (State.CANCELLED, State.SUBMITTING, True)

    def test_a_second_click_and_a_stale_page_do_nothing(self, boss: Client, make_job: MakeJob) -> None:
        once, moved = make_job(text="once"), make_job(text="moved")
        _, sent = confirm(boss, "cancel", once, moved)
        Job.objects.filter(pk=moved.pk).update(state=State.RUNNING, rev=moved.rev + 1)
        assert done(boss, sent) == "1 job cancelled. Left out: 1 sent already."
        assert done(boss, sent) == "Nothing was done. Left out: 1 sent already, 1 cancelled already."
        assert AuditEntry.objects.filter(action="job cancelled").count() == 1

    def test_whatever_changed_since_it_was_shown_is_left_alone(self, boss: Client, make_job: MakeJob) -> None:
        job = make_job()
        _, sent = confirm(boss, "cancel", job)
        Job.objects.update(rev=job.rev + 1)
        assert done(boss, sent) == "Nothing was done. Left out: 1 changed since you saw them."
        job.refresh_from_db()
        assert job.state == State.QUEUED

    def test_a_reviewer_cancels_his_own_only(self, noor: Client, reviewer: User, make_job: MakeJob) -> None:
        body, sent = confirm(noor, "cancel", make_job(author=reviewer, text="mine"), make_job(text="theirs"))
        assert "<strong>1</strong> somebody else’s" in body
        assert done(noor, sent) == "1 job cancelled."


class TestSendAgain:
    def test_new_jobs_are_counted_priced_and_made_once(
        self, noor: Client, reviewer: User, failed: Callable[..., Job], make_job: MakeJob
    ) -> None:
        jobs = [failed("one"), failed("two"), make_job(State.RUNNING), failed("hush", visibility="me")]
        body, sent = confirm(noor, "retry", *jobs)
        assert "2 new jobs, $1.00" in body
        assert "Send 2 again for $1.00" in body
        assert "<strong>1</strong> not over yet" in body
        assert "<strong>1</strong> somebody’s private ones" in body
        assert "hush" not in body
        for _ in range(3):
            assert done(noor, sent) == "2 jobs sent again as new ones."
        made = Job.objects.filter(author=reviewer)
        assert sorted(job.prompt.text for job in made) == ["one", "two"]
        assert {(job.derived_from, job.derived_as) for job in made} == {(job, "retry") for job in jobs[:2]}
        assert AuditEntry.objects.filter(action="job sent again").count() == 2

    def test_two_confirmations_are_two_wishes(self, noor: Client, reviewer: User, failed: Callable[..., Job]) -> None:
        job = failed()
        for _ in range(2):
            done(noor, confirm(noor, "retry", job)[1])
        assert Job.objects.filter(author=reviewer).count() == 2

    def test_a_price_that_rose_since_is_not_spent(
        self, noor: Client, reviewer: User, failed: Callable[..., Job]
    ) -> None:
        _, sent = confirm(noor, "retry", failed())
        PriceRule.objects.update(amount=Decimal(5))
        assert "1 changed since you saw them" in done(noor, sent)
        assert not Job.objects.filter(author=reviewer).exists()

    def test_a_hard_budget_is_told_of_and_kept(self, noor: Client, reviewer: User, failed: Callable[..., Job]) -> None:
        Budget.objects.create(member=reviewer, amount=Decimal("0.6"), is_hard=True)
        body, sent = confirm(noor, "retry", failed("one"), failed("two"))
        assert "more than a budget of yours has left" in body
        assert done(noor, sent) == "1 job sent again as a new one. Left out: 1 over a budget."
        assert Job.objects.filter(author=reviewer).count() == 1

    def test_rules_for_approval_hold_for_them(self, noor: Client, reviewer: User, failed: Callable[..., Job]) -> None:
        job = failed()
        ApprovalRule.objects.create(amount=0)
        said = done(noor, confirm(noor, "retry", job)[1])
        assert said == "1 job sent again as a new one. 1 of them waits for approval."
        assert Job.objects.get(author=reviewer).state == State.AWAITING_APPROVAL

    def test_what_is_not_on_offer_any_more_is_left_alone(self, noor: Client, failed: Callable[..., Job]) -> None:
        job = failed()
        _, sent = confirm(noor, "retry", job)
        Provider.objects.update(enabled=False)
        assert "1 not on offer like this any more" in done(noor, sent)
        assert "None of them can be." in confirm(noor, "retry", job)[0]

    def test_one_of_unknown_outcome_may_cost_twice_and_says_so(self, noor: Client, failed: Callable[..., Job]) -> None:
        job = failed()
        Job.objects.update(state=State.UNKNOWN)
        assert "may have been made and charged already" in confirm(noor, "retry", job)[0]


class TestCopyAgain:
    def test_files_that_are_not_kept_are_tried_again_once(self, boss: Client, make_clip: MakeJob) -> None:
        kept, lost = make_clip("kept"), make_clip("lost", visibility="me")
        Output.objects.filter(job=lost).update(stored_at=None, abandoned_at=timezone.now())
        body, sent = confirm(boss, "archive", kept, lost)
        assert "<strong>1</strong> without a file to copy" in body
        assert "lost" not in re.sub(r"<[^>]+>", "", body)
        assert done(boss, sent) == "1 file is tried again now."
        assert Output.objects.get(job=lost).abandoned_at is None
        assert done(boss, sent) == "Nothing was done. Left out: 1 changed since you saw them."
        assert AuditEntry.objects.filter(action="copy tried again").count() == 1

    def test_it_is_for_admins(self, noor: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        Output.objects.update(stored_at=None, abandoned_at=timezone.now())
        assert "<strong>1</strong> for an admin to try again" in confirm(noor, "archive", job)[0]
        assert 'value="archive"' not in noor.get(TABLE).content.decode()


class TestTrash:
    def test_what_is_over_goes_there_once(self, boss: Client, make_clip: MakeJob, make_job: MakeJob) -> None:
        over, runs, gone = make_clip("over"), make_job(State.RUNNING), make_clip("gone", trashed_at=timezone.now())
        body, sent = confirm(boss, "trash", over, runs, gone)
        assert "<strong>1</strong> not over yet" in body
        assert "<strong>1</strong> in the trash already" in body
        assert done(boss, sent) == "1 job moved to the trash."
        assert done(boss, sent) == "Nothing was done. Left out: 1 in the trash already."
        assert AuditEntry.objects.filter(action="moved to trash").count() == 1


def test_what_makes_no_sense_is_no_error_of_ours(boss: Client, make_job: MakeJob) -> None:
    job = make_job()
    assert boss.post(CONFIRM, {"act": "burn", "job": str(job.key)}).status_code == 400
    assert boss.post(CONFIRM, {"act": "trash"})["Location"] == TABLE
    assert "1</strong> not found here" in confirm(boss, "cancel", job, Job(key=uuid4()))[0]
    assert boss.post(DO, {"act": "cancel", "token": "x", "job": f"{job.key}:x"}).status_code == 400
    assert boss.post(DO, {"act": "cancel", "token": "0" * 32, "job": "nonsense"}).status_code == 400


def test_members_have_no_part_in_it(mara: Client, make_job: MakeJob) -> None:
    job = make_job()
    for url in (CONFIRM, DO):
        assert mara.post(url, {"act": "cancel", "job": str(job.key), "token": "0" * 32}).status_code == 404
    job.refresh_from_db()
    assert job.state == State.QUEUED

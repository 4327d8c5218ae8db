"""The page of waiting jobs, deciding one by one and many at once, and the rules: who may, what is shown, what comes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import (
    Approval,
    ApprovalRule,
    AuditEntry,
    Budget,
    Group,
    Job,
    LedgerEntry,
    ModelCombination,
    Provider,
    Role,
    RoleDefault,
    State,
    User,
    VideoModel,
    Visibility,
)
from generations.services.compose import Ask, compose
from generations.services.portal import chosen
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
PAGE, DECIDE, CONFIRM = "/staff/approvals/", "/staff/approvals/decide/", "/staff/approvals/confirm/"
MODEL = "sora2-landscape-8s"
Wait = Callable[..., Job]


@pytest.fixture
def noor(as_user: Callable[[User], Client], reviewer: User) -> Client:
    return as_user(reviewer)


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def wait(provider: Provider, member: User) -> Wait:
    """A job that waits, since it costs more than fifty cents."""
    Provider.objects.update(enabled=True)
    ModelCombination.objects.update(price=Decimal("0.80"))
    VideoModel.objects.update(currency="USD")
    ApprovalRule.objects.create(amount=Decimal("0.50"))

    def make(text: str = "A fox wakes", author: User | None = None, **more: Any) -> Job:
        return compose(author or member, Ask(text, provider.pk, MODEL, uuid4().hex, **more)).job

    return make


def shown(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def seen(*jobs: Job) -> list[str]:
    return [f"{job.key}:{job.rev}" for job in jobs]


def state(job: Job) -> str:
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))


class TestList:
    def test_it_says_who_wants_what_for_how_much_and_why(self, noor: Client, wait: Wait, member: User) -> None:
        Budget.objects.create(member=member, amount=5)
        job = wait()
        page = shown(noor)
        for said in (
            "A fox wakes", "Mara Lindqvist", "$0.80", "It costs more than $0.50.", "$5.00 of $5.00 left this month",
            f"{job.provider_name} · {MODEL} · 16:9 · 8 s", f'value="{job.key}:1"', "Decide by",
        ):  # fmt: skip
            assert said in page, said
        assert "Over the limit" not in page

    def test_the_tightest_budget_counts_and_says_when_it_is_not_enough(
        self, noor: Client, wait: Wait, member: User, stranger: User
    ) -> None:
        film = Group.objects.create(name="Film")
        film.members.add(member)
        Budget.objects.create(amount=100)
        Budget.objects.create(group=film, amount=Decimal("0.30"))
        wait()
        wait("A hen wakes", stranger)
        page = shown(noor)
        assert "$0.30 of $0.30 left this month" in page
        assert "$100.00 of $100.00 left this month" in page
        assert page.count("Over the limit") == 1

    def test_nothing_waits(self, noor: Client) -> None:
        assert "Nothing awaits approval" in shown(noor)

    def test_text_and_image_of_a_private_one_only_while_it_waits(
        self, noor: Client, mara: Client, as_user: Callable[[User], Client], stranger: User, wait: Wait
    ) -> None:
        job = wait("A private birthday", visibility=Visibility.ME)
        page = shown(noor)
        assert "A private birthday" in page
        assert job.get_absolute_url() not in page
        for url in (reverse("job", args=[job.key]), reverse("job-card", args=[job.key])):
            assert noor.get(url).status_code == 404
        assert "birthday" not in shown(noor, "/library/") + shown(noor, "/queue/") + shown(noor, "/staff/jobs/")
        noor.post(DECIDE, {"act": "reject", "note": "no", "job": seen(job)})
        assert "birthday" not in shown(noor)

    def test_hostile_texts_stay_texts(self, noor: Client, wait: Wait) -> None:
        wait("<script>alert(1)</script> " * 20)
        page = shown(noor)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_pages_follow_each_other(self, noor: Client, wait: Wait) -> None:
        for number in range(23):
            wait(f"Fox number {number:02}")
        first = noor.get(PAGE)
        cursor = first.context["page"].after
        assert (len(first.context["asks"]), bool(cursor)) == (20, True)
        rest = noor.get(PAGE, {"after": cursor}, headers=HTMX)
        texts = [ask.job.prompt.text for ask in rest.context["asks"]]
        assert texts == ["Fox number 02", "Fox number 01", "Fox number 00"]
        assert b"<html" not in rest.content

    @pytest.mark.parametrize(("url", "sent"), [(DECIDE, {"act": "approve"}), (CONFIRM, {"act": "approve"})])
    def test_the_next_page_follows_a_refusal_too(
        self, noor: Client, wait: Wait, url: str, sent: dict[str, str]
    ) -> None:
        keys = [wait(f"Fox number {number:02}").key for number in range(23)]
        answer = noor.post(url, sent | ({"job": f"{keys[0]}:99"} if url == DECIDE else {}))
        following = re.search(r'class="btn" href="([^"]*after=[^"]*)"', answer.content.decode())
        assert following
        assert noor.get(html.unescape(following[1])).status_code == 200

    def test_any_number_of_jobs_is_as_many_queries(
        self, noor: Client, wait: Wait, member: User, stranger: User
    ) -> None:
        Budget.objects.create(member=member, amount=5)
        Budget.objects.create(amount=500)
        counts = []
        for more in (1, 9):
            for number in range(more):
                wait(f"Fox {number} of {more}", (member, stranger)[number % 2])
            with CaptureQueriesContext(
                connection,
            ) as queries:
                noor.get(PAGE)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 18

    def test_the_way_there_says_how_many_wait(self, noor: Client, mara: Client, wait: Wait) -> None:
        assert "to decide" not in shown(noor, "/library/")
        wait()
        assert '<span class="count">1<span class="visually-hidden"> to decide' in shown(noor, "/library/")
        assert "/staff/approvals/" not in shown(mara, "/library/")

    def test_a_job_s_page_leads_there(self, noor: Client, mara: Client, wait: Wait) -> None:
        job = wait()
        page = reverse("job", args=[job.key])
        assert f"{PAGE}#ask-{job.key}" in shown(noor, page)
        assert PAGE not in shown(mara, page)


class TestDecide:
    def test_who_may(self, as_user: Callable[[User], Client], wait: Wait, viewer: User, member: User, stranger: User,
                     reviewer: User, admin: User) -> None:  # fmt: skip
        for visibility in Visibility:
            expected = {None: 302, viewer: 404, member: 404, stranger: 404, reviewer: 303, admin: 303}
            for person, status in expected.items():
                job = wait(f"{person} {visibility}", visibility=visibility)
                client = as_user(person) if person else Client()
                assert client.post(DECIDE, {"act": "approve", "job": seen(job)}).status_code == status
                assert (state(job) == State.QUEUED) == (status == 303)

    def test_a_yes_with_a_note(self, noor: Client, mara: Client, wait: Wait) -> None:
        job = wait()
        answer = noor.post(DECIDE, {"act": "approve", "note": "  For the\npitch ", "job": seen(job)}, follow=True)
        assert "1 clip is approved and waits for its turn." in answer.content.decode()
        assert state(job) == State.QUEUED
        assert "Approved by Noor Haddad: For the pitch" in shown(mara, reverse("job", args=[job.key]))

    def test_a_no_needs_its_reason(self, noor: Client, mara: Client, wait: Wait) -> None:
        job = wait()
        for note in ("", "   ", "x" * 301):
            answer = noor.post(DECIDE, {"act": "reject", "note": note, "job": seen(job)})
            assert answer.status_code == 422
            told = "at most 300 characters" if len(note) > 300 else "Say why in a few words"
            assert told in answer.content.decode()
            assert state(job) == State.AWAITING_APPROVAL
        assert noor.post(DECIDE, {"act": "reject", "note": "Too dear", "job": seen(job)}).status_code == 303
        page = shown(mara, reverse("job", args=[job.key]))
        assert "Not approved by Noor Haddad: Too dear" in page
        assert "Nothing was sent." in page

    @pytest.mark.parametrize(
        "sent",
        [{}, {"act": "approve"}, {"act": "delete"}, {"act": "approve", "job": "nonsense"},
         {"act": "approve", "job": "00000000-0000-4000-8000-000000000000:1"}],
    )  # fmt: skip
    def test_nonsense_decides_nothing(self, noor: Client, wait: Wait, sent: dict[str, str]) -> None:
        job = wait()
        if sent == {"act": "delete"}:
            sent |= {"job": seen(job)[0]}
        for url in (DECIDE, CONFIRM):
            assert noor.post(url, sent).status_code == 422
        assert state(job) == State.AWAITING_APPROVAL

    def test_a_double_click_is_one_yes(self, noor: Client, wait: Wait) -> None:
        job = wait()
        sent = {"act": "approve", "job": seen(job)}
        assert noor.post(DECIDE, sent).status_code == 303
        again = noor.post(DECIDE, sent)
        assert again.status_code == 422
        assert "does not await approval any more, but is “Waiting”" in again.content.decode()
        assert LedgerEntry.objects.count() == 1

    def test_of_many_what_can_be_is_decided_and_the_rest_says_why(self, noor: Client, wait: Wait) -> None:
        Budget.objects.create(amount=Decimal("1.60"))
        jobs = [wait(f"Fox {number}") for number in range(3)]
        answer = noor.post(DECIDE, {"act": "approve", "job": seen(*jobs)})
        assert answer.status_code == 422
        body = answer.content.decode()
        assert "$0.00 of the budget of everyone are left" in body
        assert "2 clips are approved" in body
        assert f'href="#ask-{jobs[2].key}"' in body
        assert [state(job) for job in jobs] == [State.QUEUED, State.QUEUED, State.AWAITING_APPROVAL]

    def test_a_dearer_price_is_shown_and_asked_again(self, noor: Client, wait: Wait) -> None:
        job = wait()
        ModelCombination.objects.update(price=Decimal("0.95"))
        answer = noor.post(DECIDE, {"act": "approve", "job": seen(job)})
        body = " ".join(answer.content.decode().split())
        assert "It costs $0.95 now, not $0.80." in body
        assert f'value="{job.key}:2"' in body
        assert "Approve <span>$0.95</span>" in body
        assert noor.post(DECIDE, {"act": "approve", "job": f"{job.key}:2"}).status_code == 303

    def test_his_own_job_is_offered_to_nobody(self, noor: Client, wait: Wait, reviewer: User) -> None:
        job = wait("My own", reviewer)
        page = shown(noor)
        assert "somebody else decides about it" in page
        assert f"{job.key}:" not in page
        assert noor.post(DECIDE, {"act": "approve", "job": seen(job)}).status_code == 422
        assert noor.post(CONFIRM, {"act": "approve", "job": seen(job)}).status_code == 422
        assert state(job) == State.AWAITING_APPROVAL


class TestConfirm:
    def test_it_counts_and_prices_and_decides_nothing(self, noor: Client, wait: Wait) -> None:
        jobs = [wait(f"Fox {number}") for number in range(3)]
        answer = noor.post(CONFIRM, {"act": "approve", "job": seen(*jobs[:2])})
        body = " ".join(answer.content.decode().split())
        assert "2 clips, $1.60" in body
        assert "Approve 2 clips for $1.60" in body
        assert [f'value="{key}"' in body for key in seen(*jobs)] == [True, True, False]
        assert {state(job) for job in jobs} == {State.AWAITING_APPROVAL}

    def test_it_says_what_nobody_knows_and_what_no_budget_allows(self, noor: Client, wait: Wait) -> None:
        Budget.objects.create(amount=Decimal("0.10"))
        priced = wait("One")
        VideoModel.objects.update(currency="PTS")
        unknown = wait("Two")
        body = noor.post(CONFIRM, {"act": "approve", "job": seen(priced, unknown)}).content.decode()
        assert "Nobody knows what 1 of them costs." in body
        assert "1 of them is over a budget." in body
        assert "2 clips, $0.80" in body

    def test_a_no_needs_its_reason_there_too(self, noor: Client, wait: Wait) -> None:
        body = noor.post(CONFIRM, {"act": "reject", "job": seen(wait())}).content.decode()
        assert 'name="note" maxlength="300" autocomplete="off" dir="auto" required' in body
        assert "Reject 1 clip" in body

    def test_what_was_decided_meanwhile_is_left_out(self, noor: Client, boss: Client, wait: Wait) -> None:
        jobs = [wait("One"), wait("Two")]
        boss.post(DECIDE, {"act": "approve", "job": seen(jobs[0])})
        body = noor.post(CONFIRM, {"act": "approve", "job": seen(*jobs)}).content.decode()
        assert "1 clip, $0.80" in body


class TestMember:
    def test_the_composer_says_so_before(self, mara: Client, wait: Wait, provider: Provider) -> None:
        page = shown(mara, f"/?provider={provider.pk}&model={MODEL}")
        assert "Needs approval first." in page
        assert "It costs more than $0.50." in page
        chosen_now: dict[str, Any] = {"provider": provider.pk, "model": MODEL, "takes": 1}
        assert "Needs approval" in mara.get("/compose/options/", chosen_now, headers=HTMX).content.decode()
        ApprovalRule.objects.update(amount=Decimal("0.80"))
        assert "Needs approval" not in shown(mara, f"/?provider={provider.pk}&model={MODEL}")
        chosen_now["takes"] = 2
        assert "Needs approval" in mara.get("/compose/options/", chosen_now, headers=HTMX).content.decode()

    def test_the_card_says_who_decides_until_when_and_can_be_taken_back(
        self, mara: Client, wait: Wait, ask: Callable[..., dict[str, Any]]
    ) -> None:
        wait("Another one")
        answer = mara.post("/", ask(text="A fox wakes"), headers=HTMX)
        body = answer.content.decode()
        job = Job.objects.latest("pk")
        approval = Approval.objects.get(job=job)
        for said in (
            "Awaiting approval",
            "It costs more than $0.50.",
            f"A reviewer decides until {approval.expires_at:%-d %b}",
        ):
            assert said in body, said
        assert "Asked for approval." in answer["HX-Trigger"]
        assert mara.post(reverse("job-cancel", args=[job.key]), headers=HTMX).status_code == 200
        assert state(job) == State.CANCELLED

    def test_a_list_of_cards_asks_no_more_for_those_that_wait(self, mara: Client, wait: Wait) -> None:
        mara.get("/")  # what is asked for once
        counts = []
        for more in (2, 6):
            for number in range(more):
                wait(f"Fox {number} of {more}")
            with CaptureQueriesContext(connection) as queries:
                mara.get("/")
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_staff_and_library_find_them_by_state(self, noor: Client, wait: Wait) -> None:
        wait("A fox that waits")
        for page in ("/staff/jobs/", "/library/"):
            assert "A fox that waits" in shown(noor, f"{page}?state=awaiting_approval")
            assert "A fox that waits" not in shown(noor, f"{page}?state=rejected")


GOOD = {"whose": "everyone", "offer": "any", "amount": "5"}


class TestRulePages:
    def test_one_is_added_changed_and_removed_and_each_is_written_down(
        self, boss: Client, admin: User, member: User, provider: Provider
    ) -> None:
        film = Group.objects.create(name="Film")
        add, home = reverse("approval-rule-add"), reverse("approval-rules")
        sent = {
            "whose": f"group_id:{film.pk}",
            "offer": f"provider_id:{provider.pk}",
            "amount": "5",
            "words": " war \n\nwar\nblood ",
        }
        assert boss.post(add, sent)["Location"] == home
        rule = ApprovalRule.objects.get()
        assert (rule.group, rule.provider, rule.amount, rule.words) == (film, provider, Decimal(5), "war\nblood")
        page = shown(boss, home)
        for said in ("Film", "over $5.00", "at UniAll studio", "with one of these words: war, blood"):
            assert said in page, said
        model = VideoModel.objects.get(slug=MODEL)
        one = reverse("approval-rule", args=[rule.pk])
        assert f'value="group_id:{film.pk}" selected' in shown(boss, one)
        change = {"whose": f"member_id:{member.pk}", "offer": f"model_id:{model.pk}", "is_first": "on"}
        for _ in range(2):  # the second changes nothing, and nothing is written
            assert boss.post(one, change).status_code == 303
        assert boss.post(reverse("approval-rule-remove", args=[rule.pk])).status_code == 303
        assert not ApprovalRule.objects.exists()
        entries = AuditEntry.objects.filter(action__startswith="approval rule").order_by("pk")
        assert [(e.action, e.changes.get("amount")) for e in entries] == [
            ("approval rule added", [None, "5.00"]),
            ("approval rule changed", ["5.00", None]),
            ("approval rule removed", None),
        ]
        assert entries[1].changes["member"] == [None, "Mara Lindqvist"]
        assert entries[2].changes["model"] == [f"UniAll studio: {MODEL}", None]
        assert {e.actor for e in entries} == {admin}

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"amount": "ten"}, "Enter a number."),
            ({"amount": "-1"}, "greater than or equal to 0"),
            ({"amount": "1.005"}, "no more than 2 decimal places"),
            ({"whose": ""}, "This field is required."),
            ({"whose": "member_id:999"}, "Choose one of the list"),
            ({"offer": "model_id:999"}, "Choose one of the list"),
            ({"offer": "model__slug:1"}, "Choose one of the list"),
            ({"words": "x" * 4001}, "at most 4000 characters"),
            ({"words": "\n".join(f"w{n}" for n in range(201))}, "Give 200 at most"),
        ],
    )
    def test_a_bad_form_answers_with_itself(self, boss: Client, changes: dict[str, str], told: str) -> None:
        rule = ApprovalRule.objects.create(amount=7)
        for url in (reverse("approval-rule-add"), reverse("approval-rule", args=[rule.pk])):
            answer = boss.post(url, GOOD | changes)
            assert answer.status_code == 422
            assert told in answer.content.decode()
        assert ApprovalRule.objects.get().amount == 7
        assert not AuditEntry.objects.filter(action__contains="rule").exists()

    def test_who_may(
        self, as_user: Callable[[User], Client], viewer: User, member: User, reviewer: User, admin: User
    ) -> None:
        rule = ApprovalRule.objects.create(amount=7)
        one, gone = reverse("approval-rule", args=[rule.pk]), reverse("approval-rule-remove", args=[rule.pk])
        for person, status in {None: 302, viewer: 404, member: 404, reviewer: 403}.items():
            client = as_user(person) if person else Client()
            assert {client.get(one).status_code, client.post(one, GOOD).status_code} == {status}
            assert client.post(gone).status_code == status
        assert ApprovalRule.objects.get().amount == 7
        boss = as_user(admin)
        assert (boss.get(one).status_code, boss.get(gone).status_code, boss.post(gone).status_code) == (200, 405, 303)
        assert (boss.get(one).status_code, boss.post(gone).status_code) == (404, 404)

    def test_a_reviewer_reads_them_only(self, noor: Client, boss: Client) -> None:
        page = reverse("approval-rules")
        assert "There is no rule" in shown(noor, page)
        ApprovalRule.objects.create(words="war")
        RoleDefault.objects.create(role=Role.MEMBER, needs_approval=True)
        assert "with one of these words: war" in shown(noor, page)
        assert "Everybody whose role is Member" in shown(noor, page)
        assert "rules/add/" in shown(boss, page)
        assert "rules/add/" not in shown(noor, page)


class TestDays:
    def test_they_are_set_and_written_down(self, boss: Client) -> None:
        assert boss.post(reverse("staff-approval-days"), {"approval_days": "2"}).status_code == 303
        assert chosen().approval_days == 2
        entry = AuditEntry.objects.get(action="portal settings changed")
        assert entry.changes == {"approval_days": [7, 2]}
        assert 'value="2"' in shown(boss, "/staff/settings/")

    @pytest.mark.parametrize("typed", ["", "0", "91", "soon", "1.5"])
    def test_what_makes_no_sense(self, boss: Client, typed: str) -> None:
        assert boss.post(reverse("staff-approval-days"), {"approval_days": typed}).status_code == 422
        assert chosen().approval_days == 7

"""Who is told of a job's end, by which way, when, and what happens when nobody listens."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.db.models import TextField, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import (
    ApprovalRule,
    Charged,
    Delivery,
    Job,
    Notice,
    Provider,
    State,
    User,
    Verdict,
    Webhook,
)
from generations.models.notice import new_signing_secret
from generations.services.advance import advance
from generations.services.approvals import reject
from generations.services.callbacks import NotGenuine, check_signature
from generations.services.compose import Ask, compose
from generations.services.deliver import WAITS, deliver
from generations.services.notices import forget_told, spread
from generations.services.providers import enable
from generations.services.quiet import quiet_until
from generations.services.reviews import Said, review
from generations.services.sweep import sweep
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import Peer, answering, in_turn, peer
from tests.services.helpers import queued, race

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
DELIVER = ("portal", "generations.tasks.deliver", ())
LONG = "A fox wakes in the first snow of the year and looks for the others, who have all gone south without it"


@pytest.fixture
def receiver() -> Iterator[Peer]:
    with peer(answering(204, b"")) as server:
        yield server


@pytest.fixture
def team_hook(db: None) -> Callable[..., Webhook]:
    def make(server: Peer, **columns: Any) -> Webhook:
        given = {"name": "Studio", "url": f"{server.url}/told", "secret": new_signing_secret(), "allow_private": True}
        return Webhook.objects.create(**(given | columns))

    return make


def end(make_job: MakeJob, to: State = State.DONE, reason: str = "", **extra: Any) -> Job:
    before = {State.DONE: State.ARCHIVING, State.FAILED: State.RUNNING, State.UNKNOWN: State.SUBMITTING}[to]
    job = make_job(before, **extra)
    assert advance(job, to, reason=reason, charged=Charged.YES)
    return job


def said(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}, body


def later(delta: timedelta) -> Any:
    return time_machine.travel(timezone.now() + delta, tick=False)


# --- the outbox ---


def test_nothing_is_written_where_nobody_wants_to_know(make_job: MakeJob) -> None:
    end(make_job)
    assert not Notice.objects.exists()
    assert not queued()


def test_it_costs_a_move_one_statement_at_most(make_job: MakeJob, member: User) -> None:
    counts = []
    for wanted in (False, True):
        User.objects.update(mail_done=wanted)
        job = make_job(State.ARCHIVING)
        with CaptureQueriesContext(connection) as seen:
            advance(job, State.DONE)
        counts.append([q["sql"] for q in seen.captured_queries if "generations_notice" in q["sql"]])
    assert [len(of) for of in counts] == [1, 1]
    job = make_job(State.QUEUED)
    with CaptureQueriesContext(connection) as seen:
        advance(job, State.CANCELLED)
    assert not any("generations_notice" in q["sql"] for q in seen.captured_queries), "such an end is not told"


def test_a_notice_is_undone_with_its_move(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True)
    job = make_job(State.ARCHIVING)
    with transaction.atomic():
        advance(job, State.DONE)
        assert Notice.objects.count() == 1
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_move_wakes_the_queue_once(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True)
    end(make_job)
    end(make_job)
    assert queued() == [DELIVER]


def test_a_lost_kick_is_made_up_for(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True)
    end(make_job)
    assert not queued(), "a test's transaction never commits"
    sweep()
    assert DELIVER in queued()
    deliver()
    assert len(mail.outbox) == 1


# --- mail ---


def test_a_mail_says_what_it_must_and_no_more(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_failed=True)
    job = end(make_job, State.FAILED, "The provider's filter refused it.", text=LONG)
    end(make_job, State.DONE)
    deliver()
    deliver()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([member.email], "Sora Portal: a clip failed")
    assert "The provider's filter refused it." in message.body
    assert f"“{LONG[:79]}…”" in message.body
    assert LONG[:90] not in message.body
    assert "\nCharged.\n" in message.body
    assert f"http://localhost:8000/jobs/{job.key}/\n" in message.body


def test_an_unknown_outcome_is_mailed_like_a_failure(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_failed=True)
    end(make_job, State.UNKNOWN, "No answer came back.")
    deliver()
    assert "Outcome unknown: No answer came back." in mail.outbox[0].body


def test_a_mail_waits_for_the_end_of_quiet_hours(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True, quiet_from=time(22), quiet_until=time(7), time_zone="Europe/Berlin")
    with time_machine.travel(datetime(2026, 1, 10, 23, 30, tzinfo=UTC), tick=False):
        end(make_job)
        deliver()
        assert not mail.outbox
        delivery = Delivery.objects.get()
        assert (delivery.due_at, delivery.tries) == (datetime(2026, 1, 11, 6, 0, tzinfo=UTC), 0)
    with time_machine.travel(datetime(2026, 1, 11, 6, 0, tzinfo=UTC), tick=False):
        deliver()
    assert len(mail.outbox) == 1


def test_a_mail_that_is_no_longer_wanted_is_not_sent(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True, quiet_from=time(0), quiet_until=time(23, 59), time_zone="UTC")
    with time_machine.travel(datetime(2026, 1, 10, 12, tzinfo=UTC), tick=False):
        end(make_job)
        deliver()
        User.objects.update(mail_done=False)
    with time_machine.travel(datetime(2026, 1, 11, tzinfo=UTC), tick=False):
        deliver()
    assert not mail.outbox
    assert Delivery.objects.get().trouble == "No longer wanted."


def test_a_mail_server_that_is_away_is_asked_again(make_job: MakeJob, member: User, settings: Any) -> None:
    User.objects.update(mail_done=True)
    end(make_job)
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    deliver()
    delivery = Delivery.objects.get()
    assert (delivery.tries, delivery.told_at) == (1, None)
    assert delivery.trouble == "The mail server did not take it: ConnectionRefusedError."
    settings.EMAIL_BACKEND = backend
    with later(timedelta(seconds=6)):
        deliver()
        deliver()
    assert len(mail.outbox) == 1


# --- quiet hours ---


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        ("22-07", "UTC", "2026-01-10T21:59", None),
        ("22-07", "UTC", "2026-01-10T22:00", "2026-01-11T07:00"),
        ("22-07", "UTC", "2026-01-11T06:59", "2026-01-11T07:00"),
        ("22-07", "UTC", "2026-01-11T07:00", None),
        ("12-14", "UTC", "2026-01-10T13:00", "2026-01-10T14:00"),
        ("12-14", "Asia/Tokyo", "2026-01-10T04:00", "2026-01-10T05:00"),
        ("12-12", "UTC", "2026-01-10T12:00", None),
        ("22-07", "Nowhere/Land", "2026-01-10T23:00", "2026-01-11T07:00"),
        # The night in which the clocks go forward is an hour shorter.
        ("22-07", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T05:00"),
        # When they go back, an end that lies behind by the clock is looked at again in a minute.
        ("01-02", "America/New_York", "2026-11-01T06:30", "2026-11-01T07:00"),
    ],
)
def test_quiet_hours(hours: str, zone: str, now: str, until: str | None) -> None:
    start, end_ = (time(int(hour)) for hour in hours.split("-"))
    user = User(time_zone=zone, quiet_from=start, quiet_until=end_)
    found = quiet_until(user, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=UTC))


# --- webhooks ---


def test_a_webhook_is_signed_as_standard_webhooks_wants(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    hook = team_hook(receiver)
    job = end(make_job, State.FAILED, "The provider's filter refused it.", text=LONG)
    deliver()
    headers, body = said(receiver.requests[0])
    check_signature(headers, body, hook.secret)
    name, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{name}.{stamp}.".encode() + body, "sha256")
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    with pytest.raises(NotGenuine):
        check_signature(headers, body + b" ", hook.secret)
    told = json.loads(body)
    assert told["type"] == "job.failed"
    assert datetime.fromisoformat(told["timestamp"]) == Notice.objects.get().made_at
    assert told["data"] == {
        "key": str(job.key), "url": f"http://localhost:8000/jobs/{job.key}/", "state": "failed",
        "reason": "The provider's filter refused it.", "charged": "yes", "prompt": LONG[:79] + "…",
        "provider": "UniAll studio", "model": "sora2-landscape-8s", "seconds": 8, "aspect_ratio": "16:9",
    }  # fmt: skip
    hook.refresh_from_db()
    assert (hook.result, hook.result_ok) == ("It answered 204.", True)


def test_openais_own_package_takes_the_signature(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    openai = pytest.importorskip("openai")
    hook = team_hook(receiver)
    end(make_job)
    deliver()
    headers, body = said(receiver.requests[0])
    openai.OpenAI(api_key="none").webhooks.verify_signature(body, headers, secret=hook.secret)


def test_a_private_job_is_never_told_to_the_team(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    team_hook(receiver)
    end(make_job, visibility="me")
    assert not Notice.objects.exists()
    User.objects.update(mail_done=True)
    end(make_job, visibility="me")
    deliver()
    assert (len(mail.outbox), receiver.requests) == (1, [])


def test_a_hook_hears_only_what_it_asked_for(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    team_hook(receiver, done=False)
    team_hook(receiver, enabled=False)
    end(make_job)
    assert not Notice.objects.exists()
    end(make_job, State.UNKNOWN)
    deliver()
    assert [json.loads(said(request)[1])["type"] for request in receiver.requests] == ["job.unknown"]


def test_a_members_hook_hears_of_his_own_jobs_and_reaches_no_private_address(
    make_job: MakeJob, receiver: Peer, member: User, stranger: User
) -> None:
    hook = Webhook.objects.create(
        owner=member, url=receiver.url.replace("http:", "https:"), secret=new_signing_secret(), allow_private=True
    )
    end(make_job, author=stranger)
    assert not Notice.objects.exists()
    end(make_job)
    deliver()
    hook.refresh_from_db()
    assert (receiver.connections, hook.result_ok) == (0, False)
    assert hook.result == "Its name leads to a private address, which is not allowed. Try 1; it is tried again."


def test_a_hook_that_fails_is_told_again_under_the_same_name_ever_more_seldom(
    make_job: MakeJob, team_hook: Callable[..., Webhook]
) -> None:
    with peer(in_turn(*[answering(500)] * 2, answering(302, b"", "Location: /elsewhere"), answering(500))) as server:
        hook = team_hook(server)
        end(make_job)
        for wait in WAITS:
            before = timezone.now()
            deliver()
            due = Delivery.objects.get().due_at
            assert due is not None
            assert due - before - wait < timedelta(seconds=10)
            Delivery.objects.update(due_at=before)
        deliver()
        deliver()
        assert len(server.requests) == len(WAITS) + 1
        assert len({said(request)[0]["webhook-id"] for request in server.requests}) == 1
    assert (Delivery.objects.get().due_at, Delivery.objects.get().told_at) == (None, None)
    hook.refresh_from_db()
    assert hook.result == "It answered 500. Given up after 7 tries."


def test_410_switches_a_hook_off(make_job: MakeJob, team_hook: Callable[..., Webhook]) -> None:
    with peer(answering(410)) as server:
        hook = team_hook(server)
        end(make_job)
        deliver()
        end(make_job)
        deliver()
        assert len(server.requests) == 1
    hook.refresh_from_db()
    assert (hook.enabled, hook.result) == (False, "It answered 410: it wants no more. It was switched off.")


def test_one_that_hangs_holds_up_no_other(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook], monkeypatch: pytest.MonkeyPatch
) -> None:
    from generations.services import webhooks
    from generations.transport import Timeouts, post
    from tests.peer import silent

    async def impatient(*args: Any) -> Any:
        return await post(*args, timeouts=Timeouts(total=0.5))

    monkeypatch.setattr(webhooks, "post", impatient)
    with peer(silent) as deaf:
        slow, good = team_hook(deaf), team_hook(receiver)
        end(make_job)
        deliver()
    slow.refresh_from_db()
    good.refresh_from_db()
    assert slow.result == "It did not answer in time. Try 1; it is tried again."
    assert good.result == "It answered 204."


def test_what_waits_for_a_hook_in_trouble_makes_room_for_others(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generations.services.deliver.AT_ONCE", 2)
    with peer(answering(500)) as broken:
        team_hook(broken)
        for _ in range(4):
            end(make_job)
        spread(10)
        team_hook(receiver)
        end(make_job)
        deliver()
        assert (len(broken.requests), len(receiver.requests)) == (2, 1)
    tries = Delivery.objects.filter(told_at=None).order_by("pk").values_list("tries", flat=True)
    assert list(tries) == [1, 1, 0, 0, 0]


def test_a_hook_without_a_secret_hears_nothing(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    team_hook(receiver, secret="")
    end(make_job)
    assert not Notice.objects.exists()


def test_a_secret_that_cannot_be_read_signs_nothing(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    hook = team_hook(receiver)
    Webhook.objects.update(secret=Value("written with another key", TextField()))
    end(make_job)
    deliver()
    hook.refresh_from_db()
    assert receiver.requests == []
    assert hook.result.startswith("Its signing secret cannot be read any more.")


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_tell_each_thing_once(
    make_job: MakeJob, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    team_hook(receiver)
    for _ in range(5):
        end(make_job)
    assert race(deliver, deliver) == [None, None]
    names = [said(request)[0]["webhook-id"] for request in receiver.requests]
    assert (len(names), len(set(names))) == (5, 5)


def test_notices_are_forgotten_after_two_weeks(make_job: MakeJob, member: User) -> None:
    User.objects.update(mail_done=True)
    end(make_job)
    deliver()
    forget_told()
    assert Notice.objects.count() == 1
    with later(timedelta(days=15)):
        forget_told()
    assert not Delivery.objects.exists()


# --- mail to reviewers ---


@pytest.fixture
def waits(member: User, provider: Provider) -> Callable[..., Job]:
    """Ask for something that somebody must approve."""

    def ask(text: str = "A fox wakes", author: User | None = None, **more: Any) -> Job:
        enable(provider)
        ApprovalRule.objects.get_or_create(amount=0)
        asked = Ask(text, provider.pk, "sora2-landscape-8s", uuid4().hex, **more)
        return compose(author or member, asked).job

    return ask


def test_thirty_asked_at_once_are_one_mail(waits: Callable[..., Job], reviewer: User, admin: User) -> None:
    User.objects.filter(pk=reviewer.pk).update(mail_waiting=True)
    for number in range(29):
        waits(f"Fox {number}")
    waits("A secret fox", visibility="me")
    deliver()
    assert not mail.outbox, "more may come within the minute"
    with later(timedelta(minutes=1)):
        deliver()
        deliver()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([reviewer.email], "Sora Portal: 30 clips await approval")
    assert message.body.count("Mara Lindqvist: “") == 10
    assert "and 20 more" in message.body
    assert "http://localhost:8000/staff/approvals/\n" in message.body
    assert "secret" not in message.body
    assert not Delivery.objects.filter(told_at=None).exists()


def test_a_private_text_is_not_mailed(waits: Callable[..., Job], reviewer: User) -> None:
    User.objects.filter(pk=reviewer.pk).update(mail_waiting=True)
    waits("A secret fox", visibility="me")
    deliver()
    with later(timedelta(minutes=1)):
        deliver()
    assert "Mara Lindqvist: a private clip" in mail.outbox[0].body
    assert "secret" not in mail.outbox[0].body


def test_who_asks_is_not_mailed_about_it(waits: Callable[..., Job], reviewer: User, admin: User) -> None:
    User.objects.update(mail_waiting=True)
    waits(author=reviewer)
    deliver()
    assert [each.reader for each in Delivery.objects.all()] == [admin]


@pytest.mark.parametrize("change", [{"mail_waiting": False}, {"role": "member"}, {"is_active": False}])
def test_it_is_asked_again_before_the_mail_whether_it_is_wanted(
    waits: Callable[..., Job], reviewer: User, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=reviewer.pk).update(mail_waiting=True)
    waits()
    deliver()
    User.objects.filter(pk=reviewer.pk).update(**change)
    with later(timedelta(minutes=1)):
        deliver()
    assert not mail.outbox


def test_what_was_decided_meanwhile_is_not_told(waits: Callable[..., Job], reviewer: User, admin: User) -> None:
    User.objects.filter(pk=reviewer.pk).update(mail_waiting=True)
    one, other = waits("Fox one"), waits("Fox other")
    deliver()
    reject(one, one.rev, admin, "No")
    with later(timedelta(minutes=1)):
        deliver()
    assert mail.outbox[0].subject == "Sora Portal: 1 clip awaits approval"
    assert "Fox one" not in mail.outbox[0].body
    assert other.prompt.text in mail.outbox[0].body


def test_reviewers_have_quiet_hours_too(waits: Callable[..., Job], reviewer: User) -> None:
    quiet = {"quiet_from": time(22), "quiet_until": time(7), "time_zone": "UTC"}
    User.objects.filter(pk=reviewer.pk).update(mail_waiting=True, **quiet)
    with time_machine.travel(datetime(2026, 1, 10, 23, tzinfo=UTC), tick=False):
        waits("Fox one")
        deliver()
    with time_machine.travel(datetime(2026, 1, 10, 23, 30, tzinfo=UTC), tick=False):
        waits("Fox two")
        deliver()
    with time_machine.travel(datetime(2026, 1, 10, 23, 40, tzinfo=UTC), tick=False):
        deliver()
        assert not mail.outbox
    with time_machine.travel(datetime(2026, 1, 11, 7, tzinfo=UTC), tick=False):
        deliver()
    assert [message.subject for message in mail.outbox] == ["Sora Portal: 2 clips await approval"]


def test_nothing_is_written_where_no_reviewer_wants_to_know(waits: Callable[..., Job], reviewer: User) -> None:
    waits()
    assert not Notice.objects.exists()


def test_a_hook_hears_of_a_review_if_it_wishes(
    make_job: MakeJob, reviewer: User, receiver: Peer, team_hook: Callable[..., Webhook]
) -> None:
    team_hook(receiver, reviewed=True)
    job = make_job(State.DONE)
    review(job, 0, reviewer, Said(Verdict.CHANGES, "Slower"))
    deliver()
    told = json.loads(said(receiver.requests[0])[1])
    assert told["type"] == "job.reviewed"
    assert (told["data"]["state"], told["data"]["verdict"]) == ("done", "changes")
    assert told["data"]["reason"] == "Changes asked for by Noor Haddad: Slower"

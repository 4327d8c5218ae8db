"""Lost answers found again by the engine: by the provider's list, by a callback, never by a guess."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from generations.engine import loop
from generations.models import Candidate, Job, Outcome, Provider, ProviderHour, Source, State, Submission, User, Watch
from generations.sandbox import Sandbox
from generations.services.callbacks import callback_token
from generations.services.providers import add_provider
from generations.services.reconcile import give_up
from tests.engine.helpers import look_round, run_until, settle_round, submit_round
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import answering, in_turn, peer
from tests.services.test_callbacks import SECRET, signed

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
KEY = "sk-0123456789-of-the-sandbox"
CALLS = ("camel-callback", "callback-twice", "callback-lies")
LOST = "A fox [sandbox:lost-answer]"


@pytest.fixture(autouse=True)
def quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENGINE_TICK = 0.02
    monkeypatch.setattr(loop, "SETTLE_EVERY", 0.05)
    cache.clear()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY, speed=20) as server:
        yield server


@pytest.fixture
def account(sandbox: Sandbox) -> Provider:
    """An account that speaks OpenAI's dialect: it has a list."""
    return add_provider("Account", "openai_videos", sandbox.url, KEY, allow_private=True, in_flight=50)


@pytest.fixture
def ask(make_job: MakeJob, account: Provider) -> MakeJob:
    """A job for the account."""

    def make(text: str = LOST, **more: Any) -> Job:
        fields = {"provider": account, "provider_name": account.name, "dialect": "openai_videos", "model": "sora-2",
                  "seconds": 4, "width": 1280, "height": 720}  # fmt: skip
        return make_job(text=text, **(fields | more))

    return make


def states() -> list[str]:
    return sorted(Job.objects.values_list("state", flat=True))


def list_again() -> None:
    Provider.objects.update(list_next_at=None)
    settle_round()


class TestByTheList:
    @pytest.mark.parametrize("directive", ["lost-answer", "error-500", "garbled"])
    def test_a_lost_answer_is_found_and_the_clip_is_made_once(
        self, ask: MakeJob, sandbox: Sandbox, directive: str
    ) -> None:
        job = ask(f"A fox [sandbox:{directive}]")
        submit_round()
        assert states() == [State.UNKNOWN]
        settle_round()
        job.refresh_from_db()
        sent = job.submissions.get()
        assert (job.state, sent.outcome, sandbox.creates) == (State.RUNNING, Outcome.ACCEPTED, 1)
        assert sent.remote_id == Watch.objects.get().remote_id != ""
        assert sent.answered_at is not None
        assert job.events.last().detail == f"In the provider's list: {sent.remote_id}"  # type: ignore[union-attr]
        look_round()
        assert Watch.objects.get().errors == 0

    def test_the_whole_engine_finds_it(self, ask: MakeJob, sandbox: Sandbox) -> None:
        ask()
        assert run_until(lambda: bool({State.RUNNING, State.ARCHIVING} & set(states())))
        assert (sandbox.posts, sandbox.creates) == (1, 1)

    def test_two_alike_are_left_to_a_person_with_both_ids(self, ask: MakeJob) -> None:
        jobs = [ask(), ask(take=2)]
        submit_round()
        settle_round()
        assert states() == [State.UNKNOWN] * 2
        ids = [set(job.submissions.get().candidates.values_list("remote_id", flat=True)) for job in jobs]
        assert len(ids[0]) == 2
        assert ids[0] == ids[1]
        assert "sora-2 · 4 s · 1280x720 · made" in Candidate.objects.all()[0].said

    def test_when_a_person_takes_one_of_two_the_other_is_certain(self, ask: MakeJob) -> None:
        from generations.services.reconcile import settle

        first, _ = ask(), ask(take=2)
        submit_round()
        settle_round()
        chosen = first.submissions.get()
        settle(chosen.pk, chosen.candidates.all()[0].remote_id, "By hand: {remote_id}")
        list_again()
        assert states() == [State.RUNNING] * 2
        assert len(set(Submission.objects.values_list("remote_id", flat=True))) == 2
        assert not Candidate.objects.exists()

    def test_different_requests_are_told_apart(self, ask: MakeJob) -> None:
        jobs = [ask(), ask("A crow [sandbox:lost-answer]"), ask(seconds=8), ask(width=720, height=1280)]
        submit_round()
        settle_round()
        assert states() == [State.RUNNING] * len(jobs)

    def test_one_that_was_never_made_stays_unknown(self, ask: MakeJob, make_job: MakeJob, account: Provider) -> None:
        ask("A fox")
        submit_round()  # accepted: its id is known
        ask("A fox", take=2, state=State.UNKNOWN)
        settle_round()
        assert states() == [State.RUNNING, State.UNKNOWN]
        assert not Candidate.objects.exists()

    def test_a_request_on_its_way_is_a_rival(self, ask: MakeJob, sandbox: Sandbox) -> None:
        ask()
        submit_round()
        ask(take=2, state=State.SUBMITTING)  # the listed job may be this one's
        settle_round()
        assert states() == [State.SUBMITTING, State.UNKNOWN]
        assert Candidate.objects.get().submission.job.state == State.UNKNOWN  # type: ignore[union-attr]

    @pytest.mark.parametrize("seconds", [-1200, 120])
    def test_a_job_made_at_another_time_is_another(self, ask: MakeJob, seconds: int) -> None:
        ask()
        submit_round()
        Submission.objects.update(sent_at=timezone.now() + timedelta(seconds=seconds))
        settle_round()
        assert states() == [State.UNKNOWN]

    def test_a_given_up_one_that_is_listed_is_a_second_clip(self, ask: MakeJob, admin: User) -> None:
        job = ask()
        submit_round()
        job.refresh_from_db()
        give_up(job, 1, admin)
        settle_round()
        assert states() == [State.FAILED]
        assert Submission.objects.second_clips().get().remote_id != ""

    def test_the_list_is_walked_back_to_the_sending(self, ask: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
        from generations.dialects import openai_videos

        monkeypatch.setattr(openai_videos, "PAGE", 2)
        ask()
        submit_round()
        for number in range(5):
            ask(f"Another {number}")
        submit_round()
        settle_round()
        assert states() == [State.RUNNING] * 6

    def test_a_list_that_does_not_reach_back_decides_nothing(
        self, ask: MakeJob, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from generations.dialects import openai_videos
        from generations.services import asking

        monkeypatch.setattr(openai_videos, "PAGE", 1)
        monkeypatch.setattr(asking, "PAGES", 1)
        ask("An older one", seconds=8)
        submit_round()
        ask()
        submit_round()
        settle_round()
        assert states() == [State.RUNNING, State.UNKNOWN]
        assert Candidate.objects.get().source == Source.LIST


class TestTheListItself:
    def test_it_is_asked_every_half_minute_and_more_seldom_with_age(self, ask: MakeJob, account: Provider) -> None:
        ask(state=State.UNKNOWN)
        for age, pause in ((0, 30), (600, 60), (4 * 3600, 600)):
            Submission.objects.update(sent_at=timezone.now() - timedelta(seconds=age))
            list_again()
            account.refresh_from_db()
            assert account.list_next_at is not None
            waits = (account.list_next_at - timezone.now()).total_seconds()
            assert pause - 10 < waits <= pause + 1
            before = account.list_next_at
            settle_round()
            account.refresh_from_db()
            assert account.list_next_at == before

    @pytest.mark.parametrize(
        "change", [{"paused_reason": "no key"}, {"quiet_until": timezone.now() + timedelta(hours=1)}]
    )
    def test_a_paused_or_cooling_provider_is_left_alone(
        self, ask: MakeJob, account: Provider, change: dict[str, Any]
    ) -> None:
        ask(state=State.UNKNOWN)
        Provider.objects.update(**change)
        settle_round()
        account.refresh_from_db()
        assert account.list_next_at is None

    def test_after_some_hours_and_without_loss_nobody_asks(self, ask: MakeJob, account: Provider) -> None:
        ask(state=State.UNKNOWN)
        ask(state=State.RUNNING)
        Submission.objects.update(sent_at=timezone.now() - timedelta(hours=7))
        settle_round()
        account.refresh_from_db()
        assert account.list_next_at is None

    @pytest.mark.parametrize(
        "answer",
        [
            (404, b'{"detail":"Not Found"}'),
            (404, b'{"error":{"message":"Invalid URL (GET /v1/videos)"}}'),
            (405, b'{"detail":"Method Not Allowed"}'),
            (200, b"<!doctype html><title>Gateway</title>"),
            (302, b""),
            (200, b'{"object":"page"}'),
        ],
    )
    def test_a_server_without_a_list_is_asked_no_more_for_a_day_and_is_well(
        self, ask: MakeJob, account: Provider, answer: tuple[int, bytes]
    ) -> None:
        with peer(answering(*answer)) as server:
            Provider.objects.update(base_url=server.url)
            account.refresh_from_db()
            ask(state=State.UNKNOWN, provider=account)
            settle_round()
            settle_round()
            account.refresh_from_db()
            assert len(server.requests) == 1
        assert account.list_next_at is not None
        assert account.list_next_at - timezone.now() > timedelta(hours=23)
        assert account.list_trouble
        assert (account.paused_reason, account.failures_in_row) == ("", 0)
        assert not ProviderHour.objects.exists()

    def test_a_server_in_trouble_is_asked_again(self, ask: MakeJob, account: Provider) -> None:
        with peer(in_turn(answering(502, b"<html>"), answering(200, b'{"data":[]}'))) as server:
            Provider.objects.update(base_url=server.url)
            account.refresh_from_db()
            ask(state=State.UNKNOWN, provider=account)
            settle_round()
            account.refresh_from_db()
            assert (account.list_trouble, account.failures_in_row) == ("", 1)
            list_again()
            account.refresh_from_db()
            assert account.failures_in_row == 0


class TestByACallback:
    def test_a_few_ids_are_kept_once_each_and_odd_ones_never(self, make_job: MakeJob, client: Client) -> None:
        job = make_job(State.UNKNOWN)
        for name in ["x" * 301, "", None, {"a": 1}, "\x00", *range(8), 1, 2]:
            self.call(job, name, client)
        token = callback_token(job.submissions.get())
        for body in (b"", b"[]", b"\xff", b"[" * 9000, b'{"id":"\\ud800"}', b'{"id":"' + b"x" * 70_000 + b'"}'):
            assert client.post(f"/hooks/job/{token}/", body, content_type="application/json").status_code == 204
        names = list(Candidate.objects.values_list("remote_id", flat=True))
        assert names == ["0", "1", "2", "3", "4"]

    def test_one_whose_id_is_known_keeps_none(self, make_job: MakeJob, client: Client) -> None:
        self.call(make_job(State.RUNNING), "another", client)
        assert not Candidate.objects.exists()

    @pytest.fixture
    def v2(self, make_job: MakeJob, sandbox: Sandbox) -> Job:
        """A job at a provider that could call back, but is told no address."""
        provider = add_provider("V2", "v2_generations", sandbox.url, KEY, allow_private=True, callbacks=False)
        return make_job(
            text=LOST, provider=provider, provider_name=provider.name, dialect="v2_generations", model="sora-2",
            seconds=10, quality="", width=0, height=0,
        )  # fmt: skip

    @pytest.fixture
    def calling(self, v2: Job, live_server: Any, settings: Any) -> Job:
        """The same, but it calls this very server."""
        settings.PUBLIC_URL = live_server.url
        Provider.objects.filter(jobs=v2).update(callbacks=True)
        return v2

    @pytest.mark.parametrize(
        "more", ["", *(pytest.param(f"[sandbox:{name}]", marks=pytest.mark.matrix) for name in CALLS)]
    )
    def test_the_sandbox_s_own_call_brings_the_job_back(self, calling: Job, sandbox: Sandbox, more: str) -> None:
        calling.prompt.text += more
        calling.prompt.save()
        assert run_until(lambda: states()[0] in {State.RUNNING, State.ARCHIVING})
        sent = calling.submissions.get()
        assert (sent.outcome, sandbox.creates) == (Outcome.ACCEPTED, 1)
        assert "10.0.0.1" not in str(calling.events.values_list("detail", "note"))
        assert not Candidate.objects.exists()

    def call(self, job: Job, remote_id: object, client: Client) -> None:
        token = callback_token(job.submissions.get())
        body = {"task_id": remote_id, "status": "SUCCESS"}
        assert client.post(f"/hooks/job/{token}/", body, content_type="application/json").status_code == 204

    def test_an_id_the_provider_does_not_know_is_dropped_after_three_tries(self, v2: Job, client: Client) -> None:
        submit_round()
        self.call(v2, "invented", client)
        for _ in range(5):
            Candidate.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())
            settle_round()
        row = Candidate.objects.get()
        assert (states(), row.tries, row.next_try_at) == ([State.UNKNOWN], 3, None)
        assert row.said == "The provider does not know it."

    def test_an_id_of_another_job_of_ours_is_not_taken(self, v2: Job, make_job: MakeJob, client: Client) -> None:
        other = make_job(
            text="A crow", provider=v2.provider, provider_name="x", dialect="v2_generations", model="sora-2", seconds=10
        )
        submit_round()
        theirs = other.submissions.get().remote_id
        self.call(v2, theirs, client)
        settle_round()
        assert states() == [State.RUNNING, State.UNKNOWN]
        assert Candidate.objects.get().said == f"This id is already another job's: {other.key}."

    def test_while_the_answer_may_still_come_nobody_is_asked(self, v2: Job, client: Client, sandbox: Sandbox) -> None:
        submit_round()
        Job.objects.update(state=State.SUBMITTING)
        self.call(v2, "named-early", client)
        settle_round()
        row = Candidate.objects.get()
        assert (row.tries, row.next_try_at is None) == (0, False)

    def test_a_moved_provider_is_not_asked(self, v2: Job, client: Client, sandbox: Sandbox) -> None:
        submit_round()
        self.call(v2, "somewhere", client)
        Provider.objects.filter(jobs=v2).update(base_url="https://elsewhere.example.com")
        settle_round()
        row = Candidate.objects.get()
        assert row.next_try_at is None
        assert "address was changed" in row.said


class TestByASignedCall:
    @pytest.fixture
    def signing(self, account: Provider, settings: Any) -> Provider:
        settings.PUBLIC_URL = "https://portal.example.com"
        account.webhook_secret = SECRET
        account.save()
        return account

    def call(self, provider: Provider, remote_id: str) -> None:
        body = json.dumps({"type": "video.completed", "data": {"id": remote_id}}).encode()
        path = f"/hooks/provider/{provider.webhook_token}/"
        answer = Client().post(path, body, content_type="application/json", headers=signed(body))
        assert answer.status_code == 204

    def ids_there(self, sandbox: Sandbox) -> list[str]:
        """What the provider calls its jobs, newest first."""
        answer = httpx.get(f"{sandbox.url}/v1/videos", headers={"Authorization": f"Bearer {KEY}"})
        return [row["id"] for row in answer.json()["data"]]

    def without_list(self) -> None:
        later = timezone.now() + timedelta(hours=20)
        Provider.objects.update(list_trouble="HTTP 404: Not Found", list_next_at=later)

    def test_where_there_is_a_list_it_is_asked_at_once(self, ask: MakeJob, signing: Provider) -> None:
        ask(state=State.UNKNOWN)
        Provider.objects.update(list_next_at=timezone.now() + timedelta(minutes=5))
        self.call(signing, "video_foreign")
        signing.refresh_from_db()
        assert signing.list_next_at is not None
        assert signing.list_next_at <= timezone.now()
        row = Candidate.objects.get()
        assert (row.submission, row.source) == (None, Source.WEBHOOK)
        assert row.next_try_at is not None
        assert row.next_try_at > timezone.now()

    def test_without_a_list_it_is_adopted_if_it_fits_one_only(
        self, ask: MakeJob, signing: Provider, sandbox: Sandbox
    ) -> None:
        job, _ = ask(), ask("A crow [sandbox:garbled]")
        submit_round()
        self.without_list()
        crow, fox = sorted(self.ids_there(sandbox), key=lambda name: "crow" not in self.prompt_of(sandbox, name))
        self.call(signing, fox)
        settle_round()
        job.refresh_from_db()
        assert (job.state, job.submissions.get().remote_id) == (State.RUNNING, fox)
        assert states() == [State.RUNNING, State.UNKNOWN]
        assert crow != fox
        assert not Candidate.objects.exists()

    def prompt_of(self, sandbox: Sandbox, name: str) -> str:
        answer = httpx.get(f"{sandbox.url}/v1/videos/{name}", headers={"Authorization": f"Bearer {KEY}"})
        return str(answer.json()["prompt"])

    def test_one_that_fits_two_is_shown_with_both(self, ask: MakeJob, signing: Provider, sandbox: Sandbox) -> None:
        ask(), ask(take=2)
        submit_round()
        self.without_list()
        self.call(signing, self.ids_there(sandbox)[0])
        settle_round()
        assert states() == [State.UNKNOWN] * 2
        assert [row.source for row in Candidate.objects.all()] == [Source.WEBHOOK] * 2
        assert Candidate.objects.exclude(submission=None).count() == 2

    def test_one_that_the_list_could_not_tell_apart_is_not_taken_by_itself(
        self, ask: MakeJob, signing: Provider, sandbox: Sandbox
    ) -> None:
        ask()
        submit_round()
        (name,) = self.ids_there(sandbox)
        Provider.objects.update(list_next_at=timezone.now() + timedelta(hours=1))
        self.call(signing, name)
        Provider.objects.update(list_next_at=timezone.now() + timedelta(hours=1))  # asked meanwhile, in vain
        Candidate.objects.update(next_try_at=timezone.now())
        settle_round()
        assert states() == [State.UNKNOWN]
        assert Candidate.objects.get().remote_id == name

    def test_a_foreign_one_is_forgotten(self, ask: MakeJob, signing: Provider, sandbox: Sandbox) -> None:
        ask(state=State.UNKNOWN, seconds=8)
        ask()
        submit_round()
        self.without_list()
        Submission.objects.filter(job__seconds=4).delete()
        self.call(signing, self.ids_there(sandbox)[0])
        self.call(signing, "video_never_was")
        for _ in range(3):
            Candidate.objects.update(next_try_at=timezone.now())
            settle_round()
        assert not Candidate.objects.exists()
        assert Job.objects.filter(state=State.UNKNOWN).count() == 2

    def test_only_so_many_are_kept_and_none_without_need(self, ask: MakeJob, signing: Provider) -> None:
        self.call(signing, "video_x")
        assert not Candidate.objects.exists()
        ask(state=State.UNKNOWN)
        for number in range(25):
            self.call(signing, f"video_{number}")
        assert Candidate.objects.count() == 20

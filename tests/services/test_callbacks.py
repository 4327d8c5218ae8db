"""Callbacks: a hint to look at once, whoever calls and whatever they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from generations.dialects.v2_generations import V2Generations
from generations.models import Job, Provider, State, Submission, Watch
from generations.services import callbacks
from generations.services.callbacks import (
    NotGenuine,
    callback_token,
    callbacks_off,
    check_signature,
    notify_url,
    webhook_address,
)
from generations.services.providers import add_provider
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.services.helpers import queued

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]

SECRET = "whsec_" + base64.b64encode(b"a secret of the account").decode()


@pytest.fixture
def public(settings: Any) -> None:
    """The portal has an address that providers reach."""
    settings.PUBLIC_URL = "https://portal.example.com"


@pytest.fixture(autouse=True)
def forgetful() -> None:
    cache.clear()


@pytest.fixture
def running(make_job: Callable[..., Job]) -> Job:
    """A job that is not looked at for a while."""
    job = make_job(State.RUNNING)
    Watch.objects.update(next_poll_at=timezone.now() + timedelta(minutes=5))
    return job


@pytest.fixture
def account(running: Job, provider: Provider) -> Provider:
    """The job's provider, as one that signs webhooks."""
    provider.dialect, provider.webhook_secret = "openai_videos", SECRET
    provider.save()
    return provider


def waits() -> float:
    """Seconds until the next look."""
    return (Watch.objects.get().next_poll_at - timezone.now()).total_seconds()


def signed(body: bytes, at: float | None = None, secret: bytes = b"a secret of the account") -> dict[str, str]:
    """Headers as the account's own system would send them, written down apart from the code under test."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret, b"evt_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    signature = base64.b64encode(mac).decode()
    return {"webhook-id": "evt_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA v1,{signature}"}


class TestOfOneJob:
    def test_it_makes_the_next_look_come_at_once_and_wakes_the_engine(self, running: Job, client: Client) -> None:
        token = callback_token(Submission.objects.get())
        assert client.post(f"/hooks/job/{token}/", b"{}", content_type="application/json").status_code == 204
        assert waits() <= 0
        assert ("engine", "generations.tasks.run_engine", ()) in queued()

    @pytest.mark.parametrize(
        "body",
        [b"", b"nonsense", b'{"status":"SUCCESS","data":{"output":"https://evil.example/x"}}', b"\xff" * 99],
    )
    def test_what_it_says_is_not_believed(self, running: Job, client: Client, body: bytes) -> None:
        token = callback_token(Submission.objects.get())
        assert client.post(f"/hooks/job/{token}/", body, content_type="application/json").status_code == 204
        running.refresh_from_db()
        assert (running.state, running.outputs.count()) == (State.RUNNING, 0)

    @pytest.mark.parametrize("forged", ["1", "1-", "1-{}", "{}-1", "²-x", "9" * 40 + "-x", "-", "x"])
    def test_a_token_is_good_for_its_own_submission_only(self, running: Job, client: Client, forged: str) -> None:
        mac = callback_token(Submission.objects.get()).partition("-")[2]
        assert client.post(f"/hooks/job/{forged.format(mac[:-1] + 'g')}/").status_code == 404
        assert waits() > 0

    def test_the_same_call_again_changes_nothing_more(self, running: Job, client: Client) -> None:
        token = callback_token(Submission.objects.get())
        for _ in range(5):
            client.post(f"/hooks/job/{token}/")
        first = Watch.objects.get().next_poll_at
        client.post(f"/hooks/job/{token}/")
        assert Watch.objects.get().next_poll_at == first
        assert len(queued()) == 1

    def test_a_call_right_after_another_is_heard_a_second_later(self, running: Job, client: Client) -> None:
        token = callback_token(Submission.objects.get())
        client.post(f"/hooks/job/{token}/")
        Watch.objects.update(next_poll_at=timezone.now() + timedelta(minutes=5))  # looked at meanwhile
        client.post(f"/hooks/job/{token}/")
        assert 0 < waits() <= 1

    @pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "a" * 3000])
    def test_a_stranger_is_told_nothing(self, running: Job, client: Client, token: str) -> None:
        assert client.post(f"/hooks/job/{token}/").status_code == 404
        assert waits() > 200

    def test_a_finished_job_is_left_alone(self, make_job: Callable[..., Job], client: Client) -> None:
        job = make_job(State.DONE)
        token = callback_token(Submission.objects.get())
        assert client.post(f"/hooks/job/{token}/").status_code == 204
        job.refresh_from_db()
        assert (job.state, queued()) == (State.DONE, [])

    def test_it_is_post_only_and_needs_no_csrf_token(self, running: Job) -> None:
        strict = Client(enforce_csrf_checks=True)
        token = callback_token(Submission.objects.get())
        assert strict.get(f"/hooks/job/{token}/").status_code == 405
        assert strict.post(f"/hooks/job/{token}/").status_code == 204

    def test_each_submission_has_a_token_of_its_own(self, make_job: Callable[..., Job]) -> None:
        for _ in range(3):
            make_job(State.RUNNING)
        tokens = set(map(callback_token, Submission.objects.all()))
        assert len(tokens) == 3
        assert all(len(token) >= 43 for token in tokens)


@pytest.mark.usefixtures("public")
class TestOfAnAccount:
    def post(self, client: Client, provider: Provider, body: bytes, headers: dict[str, str]) -> int:
        path = f"/hooks/provider/{provider.webhook_token}/"
        return client.post(path, body, content_type="application/json", headers=headers).status_code

    def event(self, remote_id: str) -> bytes:
        event = {"id": "evt_1", "object": "event", "type": "video.completed", "data": {"id": remote_id}}
        return json.dumps(event).encode()

    def test_a_signed_event_makes_the_next_look_come_at_once(self, client: Client, account: Provider) -> None:
        body = self.event(Watch.objects.get().remote_id)
        assert self.post(client, account, body, signed(body)) == 204
        assert waits() <= 0

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda h: h | {"webhook-signature": "v1,AAAA"},
            lambda h: h | {"webhook-signature": ""},
            lambda h: h | {"webhook-id": "evt_2"},
            lambda h: h | {"webhook-timestamp": str(int(time.time()) - 301)},
            lambda h: h | {"webhook-timestamp": str(int(time.time()) + 301)},
            lambda h: h | {"webhook-timestamp": "yesterday"},
            lambda h: h | {"webhook-timestamp": "²"},
            lambda h: {},
        ],
    )
    def test_an_event_that_is_not_genuine_is_refused(
        self, client: Client, account: Provider, spoil: Callable[[dict[str, str]], dict[str, str]]
    ) -> None:
        body = self.event(Watch.objects.get().remote_id)
        headers = {k: v.encode().decode("latin-1") for k, v in spoil(signed(body)).items()}
        assert self.post(client, account, body, headers) == 403
        assert waits() > 200

    def test_a_changed_body_is_refused(self, client: Client, account: Provider) -> None:
        body = self.event(Watch.objects.get().remote_id)
        assert self.post(client, account, body + b" ", signed(body)) == 403

    @pytest.mark.parametrize(
        "body",
        [
            b"{}",
            b"[]",
            b'{"data":{"id":5}}',
            b"not json",
            b'{"data":{"id":"video_else"}}',
            b'{"data":{"id":"\\u0000\\ud800"}}',
        ],
    )
    def test_an_event_about_nothing_of_ours_changes_nothing(
        self, client: Client, account: Provider, body: bytes
    ) -> None:
        assert self.post(client, account, body, signed(body)) == 204
        assert waits() > 200

    def test_another_providers_job_of_the_same_id_is_left_alone(self, client: Client, account: Provider) -> None:
        other = add_provider("Second", "openai_videos", "https://second.example.com", "sk-2")
        Provider.objects.filter(pk=other.pk).update(webhook_secret="")
        other.webhook_secret = SECRET
        other.save(update_fields=["webhook_secret"])
        body = self.event(Watch.objects.get().remote_id)
        assert self.post(client, other, body, signed(body)) == 204
        assert waits() > 200

    def test_a_long_body_is_not_read(self, client: Client, account: Provider) -> None:
        body = b"x" * (64 * 1024 + 1)
        assert self.post(client, account, body, signed(body)) == 413

    def test_without_a_secret_nothing_is_open(self, client: Client, account: Provider) -> None:
        body = self.event(Watch.objects.get().remote_id)
        Provider.objects.update(webhook_secret="")
        assert self.post(client, account, body, signed(body, secret=b"")) == 404

    def test_the_official_clients_own_check_agrees(self) -> None:
        from openai import OpenAI

        body = self.event("video_1")
        headers = signed(body)
        OpenAI(api_key="x", webhook_secret=SECRET).webhooks.verify_signature(body, headers)
        check_signature(headers, body, SECRET)

    @pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!!", "whsec_ "])
    def test_a_secret_that_comes_to_nothing_opens_nothing(self, secret: str) -> None:
        with pytest.raises(NotGenuine, match="Set it again"):
            check_signature(signed(b"{}", secret=b""), b"{}", secret)

    def test_a_secret_without_its_prefix_is_taken_as_it_is(self) -> None:
        check_signature(signed(b"{}", secret=b"plain"), b"{}", "plain")
        with pytest.raises(NotGenuine):
            check_signature(signed(b"{}", secret=b"plain"), b"{}", "whsec_plain!")


class TestTheAddress:
    @pytest.fixture
    def speaks_v2(self, provider: Provider) -> Provider:
        provider.dialect = "v2_generations"
        provider.save()
        return provider

    def notify(self, provider: Provider, job: Job) -> str:
        speaking = V2Generations(provider.base_url, provider.key)
        return notify_url(provider, speaking, job.submissions.get())

    @pytest.mark.usefixtures("public")
    def test_it_is_public_and_the_submissions_own(self, speaks_v2: Provider, running: Job) -> None:
        token = callback_token(running.submissions.get())
        assert self.notify(speaks_v2, running) == f"https://portal.example.com/hooks/job/{token}/"

    def test_without_a_public_address_it_is_off_and_says_why(self, speaks_v2: Provider, running: Job) -> None:
        assert self.notify(speaks_v2, running) == ""
        assert "PUBLIC_URL" in callbacks_off(speaks_v2)

    def test_a_provider_on_this_machine_needs_no_public_address(self, speaks_v2: Provider, running: Job) -> None:
        speaks_v2.base_url = "http://127.0.0.1:9000"
        assert self.notify(speaks_v2, running).startswith("http://localhost:8000/hooks/job/")

    @pytest.mark.usefixtures("public")
    def test_an_admin_may_switch_it_off(self, speaks_v2: Provider, running: Job) -> None:
        speaks_v2.callbacks = False
        assert (self.notify(speaks_v2, running), callbacks_off(speaks_v2)) == ("", "Switched off.")

    @pytest.mark.usefixtures("public")
    def test_a_dialect_that_cannot_says_so(self, provider: Provider) -> None:
        assert callbacks_off(provider) == "This kind of provider does not call back."
        assert webhook_address(provider) == ""

    @pytest.mark.usefixtures("public")
    def test_an_account_gets_one_address_and_needs_a_secret(self, account: Provider) -> None:
        token = account.webhook_token
        assert webhook_address(account) == f"https://portal.example.com/hooks/provider/{token}/"
        account.webhook_secret = ""
        assert callbacks_off(account) == "The provider's signing secret is not set."

    def test_every_provider_has_a_token_of_its_own(self, provider: Provider) -> None:
        other = add_provider("Second", "uniall", "https://second.example.com", "sk-2")
        assert other.webhook_token != provider.webhook_token
        assert callbacks.webhook_address(other) == ""

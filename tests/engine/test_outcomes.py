"""Every row of the outcome table, over real connections: what the POST came to decides what may be done next."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone

from generations.models import Charged, Job, Outcome, Provider, State
from generations.transport import Timeouts
from tests.engine.helpers import submit_round
from tests.peer import Play, answering, closing, peer, self_signed, silent, truncated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

QUICK = Timeouts(connect=1, write=1, read=0.4, total=3)


def said(code: str, message: str = "words of the provider") -> bytes:
    return json.dumps({"code": code, "message": message, "data": None}).encode()


HTML = b"<!doctype html><title>Dashboard</title>"
WAITS_FOR_ADMIN = "waiting: the provider needs an admin"


@dataclass(frozen=True)
class Row:
    """What the provider does, and what must come of it."""

    name: str
    play: Play
    outcome: Outcome
    state: State
    charged: Charged
    reason: str = ""
    paused: bool = False
    cooling: bool = False


def not_taken(name: str, play: Play, *, cooling: bool = True) -> Row:
    return Row(name, play, Outcome.NOT_TAKEN, State.QUEUED, Charged.NO, "Waiting: ", cooling=cooling)


def misconfigured(name: str, play: Play) -> Row:
    return Row(name, play, Outcome.MISCONFIGURED, State.QUEUED, Charged.NO, WAITS_FOR_ADMIN, paused=True)


def refused(name: str, play: Play) -> Row:
    return Row(name, play, Outcome.REFUSED, State.FAILED, Charged.NO, "words of the provider")


def never_heard(name: str, play: Play) -> Row:
    return Row(name, play, Outcome.NEVER_HEARD, State.UNKNOWN, Charged.UNKNOWN, "may have been charged")


ROWS = [
    not_taken("429", answering(429, said("fail_to_fetch_task"))),
    not_taken("429 with Retry-After", answering(429, b"{}", "Retry-After: 7")),
    not_taken("400 that says busy", answering(400, said("rate_limit_exceeded"))),
    not_taken("503 with Retry-After", answering(503, b"", "Retry-After: 7")),
    not_taken("503 model_not_found", answering(503, said("model_not_found")), cooling=False),
    not_taken("2xx with a 503 body", answering(200, said("model_not_found")), cooling=False),
    misconfigured("401", answering(401, b'{"error": {"message": "Invalid token", "type": "new_api_error"}}')),
    misconfigured("402", answering(402, said("key_limit"))),
    misconfigured("403 for the quota", answering(403, said("insufficient_user_quota"))),
    misconfigured("400 for the credits", answering(400, said("insufficient_credits"))),
    misconfigured("400 for the limit", answering(400, said("billing_hard_limit_reached"))),
    misconfigured("403 for the quota, by policy", answering(403, said("insufficient_user_quota", "see our policy"))),
    misconfigured("403 without words", answering(403, b"")),
    misconfigured("404", answering(404, b'{"error": {"message": "Invalid URL (POST /v1/x)"}}')),
    misconfigured("200 with a web page", answering(200, HTML, "Content-Type: text/html")),
    misconfigured("a redirect", answering(307, b"", "Location: https://elsewhere.example/")),
    misconfigured("2xx with a quota body", answering(200, said("insufficient_user_quota"))),
    refused("400", answering(400, said("invalid_request"))),
    refused("403 for the content", answering(403, said("content_policy", "words of the provider: moderation"))),
    refused("413", answering(413, said("read_request_body_failed"))),
    refused("422", answering(422, said("invalid_size"))),
    refused("2xx with an error body", answering(200, said("invalid_request"))),
    never_heard("408", answering(408, said("timeout"))),
    never_heard("409", answering(409, said("conflict"))),
    never_heard("425", answering(425, said("early"))),
    never_heard("500", answering(500, said("internal"))),
    never_heard("502 with a web page", answering(502, HTML, "Content-Type: text/html")),
    never_heard("503 without words", answering(503, b"")),
    never_heard("503 with a code nobody knows", answering(503, said("upstream_timeout"))),
    never_heard("504", answering(504, b"")),
    never_heard("2xx with an error nobody knows", answering(200, b'{"error": {"message": "timed out upstream"}}')),
    never_heard("2xx with its id elsewhere", answering(200, b'{"error": null, "video": {"id": "v_1"}}')),
    never_heard("2xx that only says success", answering(200, b'{"code": "success", "data": {"taskId": "a"}}')),
    never_heard("silence", silent),
    never_heard("a broken connection", closing),
    never_heard("half an answer", truncated),
    never_heard("2xx that is no JSON", answering(200, b"OK")),
    never_heard("2xx without an id", answering(200, b'{"status": "queued"}')),
    never_heard("an endless answer", answering(200, b'"' + b"a" * (2 << 20) + b'"')),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_answer_decides(row: Row, make_job: Callable[..., Job], provider: Provider) -> None:
    with peer(row.play) as server:
        point(provider, server.url)
        job = make_job()
        submit_round(QUICK)
        holds(job, row)
        assert len(server.requests) == 1
        submit_round(QUICK)
        assert len(server.requests) == 1, "nothing is sent again by itself before its time"


@pytest.mark.parametrize("body", [b'{"id": "gen_1", "status": "queued"}', b'{"data": {"id": "gen_1"}}'])
def test_an_accepted_job_runs_under_the_id_of_the_answer(
    body: bytes, make_job: Callable[..., Job], provider: Provider
) -> None:
    with peer(answering(200, body)) as server:
        point(provider, server.url)
        job = make_job()
        submit_round()
        job.refresh_from_db()
        assert (job.state, job.watch.remote_id, job.origin) == (State.RUNNING, "gen_1", server.url)
        assert job.submissions.get().outcome == Outcome.ACCEPTED


def test_a_closed_port_is_not_taken(make_job: Callable[..., Job], provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    point(provider, f"http://127.0.0.1:{port}")
    job = make_job()
    submit_round(QUICK)
    holds(job, not_taken("refused connection", closing))


def test_a_name_that_leads_nowhere_is_not_taken(make_job: Callable[..., Job], provider: Provider) -> None:
    point(provider, "https://no-such-host.invalid")
    job = make_job()
    submit_round(QUICK)
    holds(job, not_taken("no such name", closing))


def test_a_failed_handshake_is_not_taken(make_job: Callable[..., Job], provider: Provider) -> None:
    with peer(closing) as plain:
        point(provider, plain.url.replace("http:", "https:"))
        job = make_job()
        submit_round(QUICK)
        holds(job, not_taken("no TLS there", closing))


def test_a_certificate_nobody_vouches_for_needs_an_admin(
    make_job: Callable[..., Job], provider: Provider, tmp_path: Path
) -> None:
    with peer(answering(200, b'{"id": "gen_1"}'), self_signed(tmp_path)) as server:
        point(provider, server.url)
        job = make_job()
        submit_round(QUICK)
        holds(job, misconfigured("bad certificate", closing))
        assert server.requests == []


def test_a_private_address_needs_an_admin(make_job: Callable[..., Job], provider: Provider) -> None:
    with peer(answering(200, b'{"id": "gen_1"}')) as server:
        Provider.objects.filter(pk=provider.pk).update(base_url=f"https://127.0.0.1:{server.port}")
        job = make_job()
        submit_round(QUICK)
        holds(job, misconfigured("forbidden address", closing))
        assert server.requests == []


def point(provider: Provider, url: str) -> None:
    provider.base_url, provider.allow_private = url, True
    provider.save()


def holds(job: Job, row: Row) -> None:
    job.refresh_from_db()
    assert job.provider is not None
    submission = job.submissions.get()
    assert (job.state, submission.outcome, submission.charged) == (row.state, row.outcome, row.charged)
    assert row.reason in job.reason
    assert bool(job.provider.paused_reason) == row.paused
    assert bool(job.provider.cooling_until and job.provider.cooling_until > timezone.now()) == row.cooling

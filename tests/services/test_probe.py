"""Trying a provider's address and key: every outcome in a sentence, and nothing spent."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from generations.contract import Cause
from generations.dialects import DIALECTS
from generations.models import Provider
from generations.sandbox import Sandbox
from generations.services.probe import NOBODYS_JOB, Probe, probe
from tests.peer import Play, answering, closing, peer, self_signed

pytestmark = pytest.mark.django_db
HTML = b"<!doctype html><title>Dashboard</title>"


def test_the_right_key_at_the_right_address_works_and_makes_nothing(provider: Provider) -> None:
    with Sandbox(key="right", speed=200) as sandbox:
        result = probe(at(provider, sandbox.url, "right"))
        assert result.ok
        assert "Address and key work" in result.sentence
        assert "Nothing was spent" in result.sentence
        assert (sandbox.posts, sandbox.creates) == (0, 0)


def test_a_wrong_key_is_said(provider: Provider) -> None:
    with Sandbox(key="right", speed=200) as sandbox:
        fails(probe(at(provider, sandbox.url, "wrong")), "refused the key. Set the key again.")


def test_no_key_is_said_with_its_cure_where_one_is_asked_for(provider: Provider) -> None:
    with Sandbox(key="right", speed=200) as sandbox:
        fails(probe(at(provider, sandbox.url, "")), "provider set --key-env")


def test_a_host_without_keys_can_be_tried(provider: Provider) -> None:
    with peer(answering(400, b'{"code": "task_not_exist", "message": "task_not_exist"}')) as server:
        result = probe(at(provider, server.url, ""))
        assert result.ok
        assert "The address works, without a key" in result.sentence
        assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}),
        (400, {"code": "task_not_found", "message": "no such task"}),
        (200, {"code": "task_not_exist", "message": "task_not_exist"}),
        (404, {"error": {"message": f"Video with id '{NOBODYS_JOB}' not found.", "type": "invalid_request_error"}}),
        (404, {"detail": "Video not found"}),
        (404, {"error": "task not found"}),
        (404, {"error": {"message": f"{NOBODYS_JOB} does not exist"}}),
        (400, {"code": "not_found", "message": "任务不存在"}),
    ],
)
def test_no_such_job_is_the_right_answer(provider: Provider, status: int, body: object) -> None:
    with peer(answering(status, json.dumps(body).encode())) as server:
        assert probe(at(provider, server.url, "sk-a-key-of-some-length")).ok


@pytest.mark.parametrize("slug", sorted(DIALECTS))
def test_of_every_known_answer_only_no_such_job_is_the_right_one(provider: Provider, slug: str) -> None:
    provider.dialect, right = slug, {"error_404", "error_404_sglang", "error_newapi_unknown_task", "error_unknown_task",
                                     "error_newapi_content_404"}  # fmt: skip
    for path in sorted(Path("tests/payloads", slug).glob("*.json")):
        shown = json.loads(path.read_text())
        if not isinstance(shown, dict) or "request" in path.stem or "_raw_body" in shown:
            continue
        body = json.dumps({name: value for name, value in shown.items() if not name.startswith("_")}).encode()
        with peer(answering(shown.get("_http_status", 200), body)) as server:
            result = probe(at(provider, server.url, "sk-a-key-of-some-length"))
        assert result.ok == (path.stem in right), path.stem
        assert ("refused the key" in result.sentence) == ("401" in path.stem), path.stem


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error": {"message": "oops", "code": "invalid_api_key"}}),
        (200, {"code": 1, "message": "Invalid token"}),
        (400, {"error": {"message": "Incorrect API key provided: sk-x."}}),
        (403, {"error": {"message": "You did not provide an API key."}}),
        (403, {"message": "The API key is invalid"}),
        (500, {"message": "无效的令牌"}),
        (401, {}),
    ],
)
def test_a_refused_key_is_known_under_any_status(provider: Provider, status: int, body: object) -> None:
    with peer(answering(status, json.dumps(body).encode())) as server:
        fails(probe(at(provider, server.url, "sk-a-key-of-some-length")), "refused the key")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"hello": "world"}),
        (200, {"id": NOBODYS_JOB, "status": "queued"}),
        (404, {"hello": "world"}),
        (404, {"message": "no Route matched with those values"}),
        (400, {"error": {"message": "Bad request"}}),
    ],
)
def test_whoever_else_answers_is_not_taken_for_the_provider(provider: Provider, status: int, body: object) -> None:
    with peer(answering(status, json.dumps(body).encode())) as server:
        result = probe(at(provider, server.url, "sk-a-key-of-some-length"))
    assert not result.ok
    assert result.sentence.startswith("It answered, but not like UniAll.")


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (answering(200, HTML, "Content-Type: text/html"), "A web page answered, not the API"),
        (answering(404, HTML, "Content-Type: text/html"), "A web page answered, not the API"),
        (answering(301, b"", "Location: https://www.example.com/"), "does not know this path"),
        (answering(403, b'{"error": {"message": "user quota is not enough"}}'), "the balance is used up"),
        (answering(404, b'{"error": {"message": "Invalid URL (GET /v1/videos/x)"}}'), "does not know this path"),
        (answering(404, b'{"message": "No handler found for GET /api/v1/videos/x"}'), "does not know this path"),
        (answering(404, b'{"detail": "Not Found"}'), "does not know this path"),
        (answering(404, b'{"error": {"message": "Not found."}}'), "does not know this path"),
        (answering(402, b"{}"), "the balance is used up"),
        (answering(429, b"{}"), "busy"),
        (answering(200, b"[]"), "could not be read"),
        (answering(500, b"oops"), "broke off"),
        (closing, "connection broke"),
    ],
)
def test_what_else_answers_is_told_apart(play: Play, words: str, provider: Provider) -> None:
    with peer(play) as server:
        fails(probe(at(provider, server.url, "sk-a-key-of-some-length")), words)
        assert all(request.startswith(b"GET ") for request in server.requests)


def test_a_closed_port_is_said(provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fails(probe(at(provider, f"http://127.0.0.1:{port}", "k")), "Nothing answers there")


def test_a_name_that_nobody_has_is_said(provider: Provider) -> None:
    provider.base_url = "https://no-such-host.invalid"
    result = probe(provider)
    fails(result, "Its name is not known (DNS)")
    assert result.cause == Cause.NAME


def test_a_certificate_that_nobody_vouches_for_is_said(provider: Provider, tmp_path: Path) -> None:
    with peer(answering(200), self_signed(tmp_path)) as server:
        fails(probe(at(provider, server.url, "k")), "Its certificate is not one")


def test_a_port_that_speaks_no_tls_is_said(provider: Provider) -> None:
    with Sandbox(key="right", speed=200) as sandbox:
        fails(probe(at(provider, sandbox.url.replace("http:", "https:"), "k")), "The TLS handshake failed")


def test_a_slow_answer_is_said(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generations.services.probe.SLOW", 0.0)
    with Sandbox(key="right", speed=200) as sandbox:
        result = probe(at(provider, sandbox.url, "right"))
    assert result.ok
    assert "That is slow" in result.sentence


def test_a_header_of_its_own_may_stand_for_the_key(provider: Provider) -> None:
    provider.headers_json = '{"Authorization": "Bearer right"}'
    with Sandbox(key="right", speed=200) as sandbox:
        assert probe(at(provider, sandbox.url, "")).ok


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_can_be_tried_and_nothing_is_made(provider: Provider, dialect: str) -> None:
    provider.dialect = dialect
    with Sandbox(key="right", speed=200) as sandbox:
        assert probe(at(provider, sandbox.url, "right")).ok
        fails(probe(at(provider, sandbox.url, "wrong")), "refused the key")
        assert (sandbox.posts, sandbox.creates) == (0, 0)


def test_a_private_address_is_said(provider: Provider) -> None:
    with peer(answering(200)) as server:
        provider.base_url, provider.key = f"https://127.0.0.1:{server.port}", "k"
        fails(probe(provider), "allow a private address")
        assert server.connections == 0


def test_a_key_that_the_provider_repeats_is_not_in_the_sentence(provider: Provider) -> None:
    key = "sk-0123456789-secret"
    with peer(answering(401, f'{{"error": "no such key: {key}"}}'.encode())) as server:
        result = probe(at(provider, server.url, key))
    assert "no such key" in result.detail
    assert key not in result.sentence + result.detail


def at(provider: Provider, url: str, key: str) -> Provider:
    provider.base_url, provider.key, provider.allow_private = url, key, True
    return provider


def fails(result: Probe, words: str) -> None:
    assert not result.ok
    assert words in result.sentence

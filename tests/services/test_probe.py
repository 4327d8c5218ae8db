"""Trying a provider's address and key: every outcome in a sentence, and nothing spent."""

from __future__ import annotations

import socket

import pytest

from generations.models import Provider
from generations.sandbox import Sandbox
from generations.services.probe import Probe, probe
from tests.peer import Play, answering, closing, peer

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
        fails(probe(at(provider, sandbox.url, "wrong")), "refused the key")


def test_no_key_is_said_with_its_cure(provider: Provider) -> None:
    fails(probe(at(provider, "https://api.example.com", "")), "provider set --name")


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (answering(200, HTML, "Content-Type: text/html"), "web page, not the API"),
        (answering(404, HTML, "Content-Type: text/html"), "web page, not the API"),
        (answering(301, b"", "Location: https://www.example.com/"), "address is wrong"),
        (answering(403, b'{"error": {"message": "user quota is not enough"}}'), "refused the key or the balance"),
        (answering(429, b"{}"), "busy"),
        (answering(500, b"oops"), "broke off"),
        (closing, "connection broke"),
    ],
    ids=["a web page", "a web page for 404", "a redirect", "no balance", "busy", "broken", "silence"],
)
def test_what_else_answers_is_told_apart(play: Play, words: str, provider: Provider) -> None:
    with peer(play) as server:
        fails(probe(at(provider, server.url, "sk-a-key-of-some-length")), words)
        assert all(request.startswith(b"GET ") for request in server.requests)


def test_a_closed_port_is_said(provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fails(probe(at(provider, f"http://127.0.0.1:{port}", "k")), "cannot be reached")


def test_a_private_address_is_said(provider: Provider) -> None:
    with peer(answering(200)) as server:
        provider.base_url, provider.key = f"https://127.0.0.1:{server.port}", "k"
        fails(probe(provider), "address is not allowed")
        assert server.connections == 0


def test_a_key_that_the_provider_repeats_is_not_in_the_sentence(provider: Provider) -> None:
    key = "sk-0123456789-secret"
    with peer(answering(401, f'{{"error": "no such key: {key}"}}'.encode())) as server:
        result = probe(at(provider, server.url, key))
    assert "no such key" in result.sentence
    assert key not in result.sentence


def at(provider: Provider, url: str, key: str) -> Provider:
    provider.base_url, provider.key, provider.allow_private = url, key, True
    return provider


def fails(result: Probe, words: str) -> None:
    assert not result.ok
    assert words in result.sentence

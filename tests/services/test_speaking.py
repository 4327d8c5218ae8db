"""Answers are read as they came; the words that leave the reader hold no secret of ours."""

from __future__ import annotations

import json
import logging

import pytest

from generations.contract import Answer, Dialect, DialectError, NeverHeard, RemoteState
from generations.contract.secrets import blotted, secrets_of
from generations.dialects.uniall import UniAll
from generations.services.speaking import read_created, read_snapshot

KEY = "sk-0123456789-very-secret"
BASE = "https://api.example.com"
EXTRA = {"Referer": BASE, "X-Workspace": "production-eu", "X-Api-Key": "a-second-secret-key"}


def speaking(headers: dict[str, str] | None = None) -> Dialect:
    return UniAll(BASE, KEY, headers)


def saying(body: object, status: int = 200) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {"content-type": "application/json"}, raw)


def test_ids_and_addresses_that_look_like_an_extra_header_stay_as_they_are() -> None:
    dialect = speaking(EXTRA)
    assert read_created(dialect, saying({"id": "production-eu:task_1"})) == "production-eu:task_1"
    seen = read_snapshot(dialect, saying({"status": "completed", "video_url": f"{BASE}/production-eu/a.mp4"}), "x")
    assert [output.url for output in seen.outputs] == [f"{BASE}/production-eu/a.mp4"]


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("Authorization", f"Bearer {KEY}", KEY),
        ("X-Api-Key", KEY, KEY),
        ("x-auth", KEY, KEY),
        ("Api-Token", KEY, KEY),
        ("Client-Secret", KEY, KEY),
        ("Cookie", f"session={KEY}; theme=dark", KEY),
        ("X-Key", 'sk-with-a-"quote"', 'sk-with-a-"quote"'),
    ],
)
def test_headers_that_carry_credentials_are_secrets(name: str, value: str, secret: str) -> None:
    assert blotted(f"bad {secret}!", secrets_of({name: value})) == "bad •••!"


@pytest.mark.parametrize("headers", [{"Referer": BASE}, {"X-Workspace": "production-eu"}, {"X-Key": "short"}])
def test_other_headers_are_none(headers: dict[str, str]) -> None:
    assert secrets_of(headers) == ()


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"bad {KEY}"}},
        {"error": {"code": KEY}},
        {"unheard": {"of": f"bad {KEY}"}},
        {"fail_reason": json.dumps({"message": f"bad {KEY}"})},
        json.dumps({"unheard": f"bad {KEY}"}).replace("-", "\\u002d").encode(),
        json.dumps({"unheard": f"bad {KEY}"}).encode("utf-16"),
        f"bad {KEY}".encode(),
        f"bad {KEY}".encode("utf-16"),
        {"message": "x" * 480 + KEY},
        ("x" * 190 + KEY).encode(),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_word_of_an_error_holds_the_key_however_it_is_written(body: object, status: int) -> None:
    for read in (
        lambda: read_created(speaking(), saying(body, status)),
        lambda: read_snapshot(speaking(), saying(body, status), "x"),
    ):
        try:
            read()
        except DialectError as error:
            told = f"{error} {error.detail}"
            assert KEY[:8] not in told
            assert "\\u002d" not in told


def test_no_word_of_a_snapshot_holds_the_key() -> None:
    failed = read_snapshot(speaking(), saying({"status": "failed", "message": f"bad {KEY}"}), "x")
    assert (failed.state, failed.reason) == (RemoteState.FAILED, "bad •••")
    assert read_snapshot(speaking(), saying({"status": f"is {KEY}"}), "x").word == "is •••"
    done = read_snapshot(speaking(), saying({"status": "completed", "video_url": f"{BASE}/a.mp4?key={KEY}"}), "x")
    assert done.outputs[0].url == f"{BASE}/a.mp4?key=•••"


def test_a_key_is_nobodys_id() -> None:
    with pytest.raises(NeverHeard):
        read_created(speaking(), saying({"id": f"gen_{KEY}"}))


def test_a_dialect_that_stumbles_leaves_no_key_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Stumbling(UniAll):
        def read_created(self, answer: Answer) -> str:
            raise ValueError(answer.text)

    caplog.set_level(logging.DEBUG)
    with pytest.raises(NeverHeard, match="could not be read") as told:
        read_created(Stumbling(BASE, KEY), saying({"error": KEY}))
    assert "Stumbling" not in told.value.detail
    assert "ValueError" in caplog.text
    assert KEY not in caplog.text + told.value.detail

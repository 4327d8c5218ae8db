"""What every dialect must keep, written once. A dialect's own test class names itself and its payload folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from generations.catalogue import models_of
from generations.contract import (
    Answer,
    Dialect,
    DialectError,
    GenerationRequest,
    Misconfigured,
    NeverHeard,
    NotKnown,
    NotTaken,
    Refused,
    RemoteState,
)

PAYLOADS = Path(__file__).parent.parent / "payloads"
KEY = "sk-very-secret"

ERRORS: dict[str, type[DialectError]] = {
    "400": Refused,
    "401": Misconfigured,
    "403_quota": Misconfigured,
    "429": NotTaken,
    "502_html": NeverHeard,
}
STATES = {
    "queued": RemoteState.PENDING,
    "running": RemoteState.RUNNING,
    "completed": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
}


def payload(folder: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / folder / f"{name}.json").read_text())
    return loaded


def wire(body: dict[str, Any]) -> dict[str, Any]:
    """A payload without its notes."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


def answer_of(body: dict[str, Any]) -> Answer:
    """The HTTP answer a payload file stands for."""
    raw = body.get("_raw_body")
    content = raw.encode() if raw is not None else json.dumps(wire(body)).encode()
    headers = {"content-type": body.get("_content_type", "application/json")}
    headers |= {name.lower(): value for name, value in body.get("_headers", {}).items()}
    return Answer(body.get("_http_status", 200), headers, content)


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": "application/json"} | named, json.dumps(body).encode())


class DialectCases:
    """The shared suite. Subclasses set `dialect` and `payloads`, and `requests`: what each create payload asks for."""

    dialect: ClassVar[type[Dialect]]
    payloads: ClassVar[str]
    requests: ClassVar[dict[str, GenerationRequest]]

    @pytest.fixture
    def speaking(self) -> Dialect:
        return self.dialect("https://api.example.com", KEY)

    def names(self, prefix: str) -> list[str]:
        return sorted(path.stem for path in (PAYLOADS / self.payloads).glob(f"{prefix}*.json"))

    def test_creates_exactly_the_documented_bodies(self, speaking: Dialect) -> None:
        assert sorted(self.requests) == self.names("create_request")
        for name, request in self.requests.items():
            assert speaking.create(request).json == wire(payload(self.payloads, name)), name

    def test_reads_the_id_of_every_create_answer(self, speaking: Dialect) -> None:
        for name in self.names("create_response"):
            body = payload(self.payloads, name)
            assert speaking.read_created(answer_of(body)) == (body.get("id") or body.get("task_id")), name

    def test_reads_every_query_answer(self, speaking: Dialect) -> None:
        for name in self.names("query_"):
            snapshot = speaking.read_snapshot(answer_of(payload(self.payloads, name)))
            assert snapshot.state == STATES[name.split("_")[1]], name
            assert bool(snapshot.outputs) == (snapshot.state == RemoteState.SUCCEEDED), name
            assert bool(snapshot.reason) == (snapshot.state == RemoteState.FAILED), name

    def test_sorts_every_error_by_what_may_be_done_next(self, speaking: Dialect) -> None:
        for name in self.names("error_"):
            answer = answer_of(payload(self.payloads, name))
            if name == "error_unknown_task":
                with pytest.raises(NotKnown):
                    speaking.read_snapshot(answer)
                continue
            with pytest.raises(ERRORS[name.removeprefix("error_")]):
                speaking.read_created(answer)

    def test_the_key_travels_in_a_header_and_shows_nowhere_else(self, speaking: Dialect) -> None:
        request = next(iter(self.requests.values()))
        for call in (speaking.create(request), speaking.query("gen_1")):
            assert any(KEY in value for value in call.headers.values())
            assert KEY not in call.url
            assert KEY not in repr(call)
            assert KEY not in json.dumps(call.json or {})

    @pytest.mark.parametrize("pasted", ["https://h.example/v1", "https://h.example/v1/", "https://h.example/"])
    def test_a_base_url_works_as_people_paste_it(self, pasted: str) -> None:
        request = next(iter(self.requests.values()))
        mine, plain = self.dialect(pasted, KEY), self.dialect("https://h.example", KEY)
        assert (mine.create(request).url, mine.query("a").url) == (plain.create(request).url, plain.query("a").url)

    def test_an_id_is_percent_encoded(self, speaking: Dialect) -> None:
        assert "a%2Fb%3Ac%3F" in speaking.query("a/b:c?").url

    def test_an_unknown_word_is_kept_and_ends_nothing(self, speaking: Dialect) -> None:
        snapshot = speaking.read_snapshot(json_answer({"id": "x", "status": "marinating", "progress": "45%"}))
        assert (snapshot.state, snapshot.word, snapshot.progress) == (RemoteState.UNRECOGNISED, "marinating", 45)

    @pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"nul", b'{"id":', b"\xff\xfe", b"[" * 5000])
    def test_an_unreadable_2xx_means_no_one_knows(self, speaking: Dialect, body: bytes) -> None:
        with pytest.raises(NeverHeard):
            speaking.read_created(Answer(200, {"content-type": "application/json"}, body))
        with pytest.raises(NeverHeard):
            speaking.read_snapshot(Answer(200, {"content-type": "application/json"}, body))

    def test_a_web_page_means_the_path_is_wrong(self, speaking: Dialect) -> None:
        page = Answer(200, {"content-type": "text/html"}, b"<!doctype html><title>Dashboard</title>")
        with pytest.raises(Misconfigured):
            speaking.read_created(page)

    def test_the_catalogue_lists_legal_models(self) -> None:
        models = models_of(self.dialect.slug)
        assert models
        for model in models:
            assert len(set(model.combinations)) == len(model.combinations) > 0
            assert model.source

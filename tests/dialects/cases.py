"""What every dialect must keep, written once. A dialect's own test class names itself and its payload folder."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from generations.catalogue import models_of, options_of, presets_of
from generations.contract import (
    Answer,
    CatalogueModel,
    Combination,
    Delivery,
    Dialect,
    DialectError,
    GenerationRequest,
    HttpCall,
    Misconfigured,
    NeverHeard,
    Notice,
    NotKnown,
    NotTaken,
    Preset,
    Reference,
    Refused,
    RemoteState,
)

PAYLOADS = Path(__file__).parent.parent / "payloads"
KEY = "sk-very-secret"
BASE = "https://api.example.com"
NOTIFY = "https://portal.example.org/hooks/job/a-token/"

ERRORS: dict[str, type[DialectError]] = {
    "400": Refused,
    "401": Misconfigured,
    "403_quota": Misconfigured,
    "429": NotTaken,
    "502_html": NeverHeard,
    "200_html_wrong_endpoint": Misconfigured,
}
STATES = {
    "queued": RemoteState.PENDING,
    "processing": RemoteState.RUNNING,
    "running": RemoteState.RUNNING,
    "completed": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
    "cancelled": RemoteState.CANCELLED,
}
REFERENCES = {
    Delivery.UPLOAD: Reference(content=b"\x89PNG bytes", content_type="image/png", name="reference.png"),
    Delivery.DATA: Reference(url="data:image/png;base64,iVBORw0KGgo="),
    Delivery.LINK: Reference(url="https://portal.example.org/references/signed"),
    Delivery.ADDRESS: Reference(url="https://example.com/image.jpg"),
}


def payload(folder: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / folder / f"{name}.json").read_text())
    return loaded


def wire(body: Mapping[str, Any]) -> dict[str, Any]:
    """A payload without its notes; a multipart form by its parts' names."""
    if "_parts" in body:
        return {part["name"]: part.get("value") or (part["filename"], part["content_type"]) for part in body["_parts"]}
    return {name: value for name, value in body.items() if not name.startswith("_")}


def sent(call: HttpCall) -> dict[str, Any]:
    """A call's body, JSON or form, as `wire` writes a payload."""
    if call.json is not None:
        return dict(call.json)
    assert len({part.name for part in call.parts}) == len(call.parts)
    return {part.name: (part.filename, part.content_type) if part.filename else part.value for part in call.parts}


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


def request_for(model: CatalogueModel, choice: Combination) -> GenerationRequest:
    return GenerationRequest(
        "A cat", model.slug, choice.aspect_ratio, choice.seconds, choice.quality, choice.width, choice.height
    )


class DialectCases:
    """The shared suite. Subclasses set `dialect` and `payloads`, and `requests`: what each create payload asks for.

    `never_sent` names request payloads the portal does not write and `not_read` other payloads it does not read, both
    with the reason. `create_errors` and `query_errors` say what an `error_*` payload means where its name does not.
    """

    dialect: ClassVar[type[Dialect]]
    payloads: ClassVar[str]
    requests: ClassVar[Mapping[str, GenerationRequest]]
    never_sent: ClassVar[Mapping[str, str]] = {}
    not_read: ClassVar[Mapping[str, str]] = {}
    create_errors: ClassVar[Mapping[str, type[DialectError]]] = {}
    query_errors: ClassVar[Mapping[str, type[DialectError]]] = {}

    @pytest.fixture
    def speaking(self) -> Dialect:
        return self.dialect(BASE, KEY)

    # Payloads

    def names(self, prefix: str = "") -> list[str]:
        return sorted(path.stem for path in (PAYLOADS / self.payloads).glob(f"{prefix}*.json"))

    def sample(self, name: str) -> dict[str, Any]:
        return payload(self.payloads, name)

    def test_every_payload_is_somebody_s_case(self) -> None:
        mine, shared = inspect.getsource(type(self)), ("create_response", "query_", "error_")
        idle = [n for n in self.names() if not n.startswith(shared) and f'"{n}"' not in mine]
        assert not idle, "no case names these"
        named = {*self.requests, *self.never_sent, *self.not_read, *self.create_errors, *self.query_errors}
        assert named <= set(self.names())
        assert all(len(reason) > 20 for reason in (*self.never_sent.values(), *self.not_read.values()))

    def test_creates_exactly_the_documented_bodies(self, speaking: Dialect) -> None:
        assert sorted([*self.requests, *(n for n in self.never_sent if n in self.names("create_request"))]) == (
            self.names("create_request")
        )
        for name, request in self.requests.items():
            call = speaking.create(request)
            assert (call.method, sent(call)) == ("POST", wire(self.sample(name))), name
            assert (call.json is None) == bool(call.parts), name

    def test_reads_the_id_of_every_create_answer(self, speaking: Dialect) -> None:
        assert self.names("create_response")
        for name in self.names("create_response"):
            body = self.sample(name)
            assert speaking.read_created(answer_of(body)) == (body.get("id") or body.get("task_id")), name

    def test_reads_every_query_answer(self, speaking: Dialect) -> None:
        for name in self.names("query_"):
            seen = speaking.read_snapshot(answer_of(self.sample(name)), "gen_1")
            assert seen.state == STATES[name.split("_")[1]], name
            assert bool(seen.outputs) == (seen.state == RemoteState.SUCCEEDED), name
            assert bool(seen.reason) == (seen.state == RemoteState.FAILED), name

    def test_sorts_every_error_by_what_may_be_done_next(self, speaking: Dialect) -> None:
        kinds = {f"error_{name}": kind for name, kind in ERRORS.items()} | dict(self.create_errors)
        asked = {"error_unknown_task": NotKnown} | dict(self.query_errors)
        for name in self.names("error_"):
            assert name in kinds or name in asked, name
            answer = answer_of(self.sample(name))
            if name in kinds:
                with pytest.raises(kinds[name]) as caught:
                    speaking.read_created(answer)
                assert f"HTTP {answer.status}: " in caught.value.detail
            with pytest.raises(asked.get(name, DialectError)):
                speaking.read_snapshot(answer, "gen_1")

    # Calls

    def calls(self, speaking: Dialect) -> list[HttpCall]:
        return [speaking.create(next(iter(self.requests.values()))), speaking.query("gen_1")]

    def test_the_key_travels_in_a_header_and_shows_nowhere_else(self, speaking: Dialect) -> None:
        for call in self.calls(speaking):
            assert call.headers == {"Authorization": f"Bearer {KEY}"}
            assert KEY not in call.url
            assert KEY not in repr(call)
            assert KEY not in repr(sent(call))

    def test_extra_headers_travel_with_every_call(self) -> None:
        extra = {"X-Organisation": "acme", "api-key": "second-secret"}
        for call in self.calls(self.dialect(BASE, KEY, extra)):
            assert call.headers == {"Authorization": f"Bearer {KEY}"} | extra
            assert "second-secret" not in repr(call) + call.url
        for call in self.calls(self.dialect(BASE, "", extra)):
            assert call.headers == extra

    def test_an_admin_may_name_other_paths(self) -> None:
        create, query = self.calls(self.dialect(BASE, KEY, None, "/x/make", "/x/ask?job={id}&full=1"))
        assert (create.url, query.url) == (f"{BASE}/x/make", f"{BASE}/x/ask?job=gen_1&full=1")
        assert self.dialect(BASE, KEY).create_path != "/x/make", "paths are the provider's own, not the dialect's"

    @pytest.mark.parametrize("pasted", ["/v1", "/v1/", "/v2", "/v2/", "/", "", "/v1//"])
    def test_a_base_url_works_as_people_paste_it(self, pasted: str) -> None:
        for mine, plain in zip(
            self.calls(self.dialect(BASE + pasted, KEY)), self.calls(self.dialect(BASE, KEY)), strict=True
        ):
            assert (mine.method, mine.url) == (plain.method, plain.url)

    def test_a_base_url_keeps_the_path_in_front_of_the_version(self) -> None:
        for call in self.calls(self.dialect(f"{BASE}/openai/v1/", KEY)):
            assert call.url.startswith(f"{BASE}/openai/v")

    def test_an_id_is_percent_encoded(self, speaking: Dialect) -> None:
        assert "a%2Fb%3Ac%3F%23%25%20%26" in speaking.query("a/b:c?#% &").url
        assert speaking.query("sora-2:task_1").url.endswith("sora-2%3Atask_1")

    # Catalogue

    def models(self) -> Iterator[tuple[Preset, CatalogueModel]]:
        for preset in presets_of(self.dialect.slug):
            for model in preset.models:
                yield preset, model

    def test_the_catalogue_lists_legal_models(self) -> None:
        assert models_of(self.dialect.slug)
        for preset, model in self.models():
            assert len(set(model.combinations)) == len(model.combinations) > 0
            assert model.source
            assert not set(model.options) - set(options_of(self.dialect.slug))
            assert not (model.references and not self.dialect.deliveries)
            assert preset.delivery in {None, *self.dialect.deliveries}

    def test_every_combination_of_every_preset_is_a_call_of_its_own(self) -> None:
        for preset, model in self.models():
            speaking = self.dialect(preset.base_url or BASE, KEY, None, preset.create_path, preset.query_path)
            calls = [speaking.create(request_for(model, choice)) for choice in model.combinations]
            assert len({json.dumps(sent(call)) for call in calls}) == len(calls), model.slug
            for call, choice in zip(calls, model.combinations, strict=True):
                said = json.dumps(sent(call))
                assert f'"{model.slug}"' in said
                assert str(choice.seconds) in said
                assert call.url.startswith(speaking.base_url)

    def test_every_value_of_an_option_means_what_it_says(self, speaking: Dialect) -> None:
        for _, model in self.models():
            plain = request_for(model, model.combinations[0])
            for name in model.options:
                option, bodies = options_of(self.dialect.slug)[name], set()
                for value in option.values:
                    body = sent(speaking.create(replace(plain, options={name: value.value})))
                    bodies.add(json.dumps(body))
                    self.says(value.means, body, name)
                assert len(bodies) == len(option.values), (model.slug, name)

    def says(self, means: str, body: dict[str, Any], name: str) -> None:
        """The words for people hold: "sends name: true" and "leaves the field out" are checked."""
        if means.startswith("sends "):
            assert means.startswith(f"sends {name}: {json.dumps(body[name])}"), means
        if means.startswith("leaves the field out"):
            assert name not in body, means

    def test_an_option_nobody_knows_changes_nothing(self, speaking: Dialect) -> None:
        request = next(iter(self.requests.values()))
        odd = replace(request, options={**request.options, "nobody": "knows"})
        assert sent(speaking.create(odd)) == sent(speaking.create(request))

    def test_a_reference_travels_every_way_it_can(self, speaking: Dialect) -> None:
        request = replace(next(iter(self.requests.values())), references=())
        plain = repr(sent(speaking.create(request)))
        for way in self.dialect.deliveries:
            reference = REFERENCES[way]
            call = speaking.create(replace(request, references=(reference,)))
            parts = [part for part in call.parts if isinstance(part.value, bytes)]
            if way == Delivery.UPLOAD:
                assert [(p.value, p.filename, p.content_type) for p in parts] == [
                    (reference.content, reference.name, reference.content_type)
                ]
            else:
                assert reference.url in json.dumps(sent(call))
                assert not parts
            assert (reference.url or reference.name) not in plain

    def test_the_address_to_call_back_travels_only_where_it_is_known(self, speaking: Dialect) -> None:
        request = replace(next(iter(self.requests.values())), notify_url=NOTIFY)
        assert (NOTIFY in repr(sent(speaking.create(request)))) == (self.dialect.notice == Notice.PER_JOB)
        assert NOTIFY not in repr(request)
        assert NOTIFY not in repr(speaking.create(request))

    # Hostile answers

    def test_an_unknown_word_is_kept_and_ends_nothing(self, speaking: Dialect) -> None:
        answer = json_answer({"id": "x", "status": "marinating", "progress": "45%"})
        seen = speaking.read_snapshot(answer, "x")
        assert (seen.state, seen.word, seen.progress) == (RemoteState.UNRECOGNISED, "marinating", 45)

    @pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"nul", b'{"id":', b"\xff\xfe", b"[" * 5000])
    def test_an_unreadable_2xx_means_no_one_knows(self, speaking: Dialect, body: bytes) -> None:
        answer = Answer(200, {"content-type": "application/json"}, body)
        with pytest.raises(NeverHeard):
            speaking.read_created(answer)
        with pytest.raises(NeverHeard):
            speaking.read_snapshot(answer, "x")

    def test_a_web_page_means_the_path_is_wrong(self, speaking: Dialect) -> None:
        page = Answer(200, {"content-type": "text/html"}, b"<!doctype html><title>Dashboard</title>")
        with pytest.raises(Misconfigured):
            speaking.read_created(page)
        with pytest.raises(Misconfigured):
            speaking.read_snapshot(page, "x")

"""What the dialects write, the sandbox takes; and what they read, it says. It is written from the same documents."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from PIL import Image

from generations.catalogue import presets_of
from generations.contract import (
    Answer,
    Delivery,
    DialectError,
    HttpCall,
    Misconfigured,
    Preset,
    Reference,
    Refused,
    Remixes,
    RemoteState,
)
from generations.dialects import DIALECTS
from generations.sandbox import Sandbox
from tests.dialects.cases import KEY, payload, request_for, wire
from tests.dialects.test_mingyan import TestMingyan as Mingyan
from tests.dialects.test_openai_videos import TestOpenAIVideos as OpenAIVideos
from tests.dialects.test_uniall import TestUniAll as UniAll
from tests.dialects.test_unified import TestUnified as Unified
from tests.dialects.test_v2_generations import TestV2Generations as V2Generations

CASES = (UniAll, Unified, Mingyan, V2Generations, OpenAIVideos)
MOUNTS = {"openai": "/wide", "openai-strict": "/strict", "openai-gateway": "/gateway"}
UNKNOWN_THERE = {"mingyan-older"}  # the sandbox has the models of the page as it is now
PRESETS = [
    pytest.param(slug, preset, id=preset.slug)
    for slug in sorted(DIALECTS)
    for preset in presets_of(slug)
    if preset.slug not in UNKNOWN_THERE
]
Make = Callable[[HttpCall], Answer]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """So slow that it films nothing."""
    with Sandbox(key=KEY, speed=0.001) as server:
        yield server


@pytest.fixture(scope="module")
def quick() -> Iterator[Sandbox]:
    with Sandbox(key=KEY, speed=500) as server:
        yield server


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """A call, made."""
    with httpx.Client(timeout=30) as client:

        def go(call: HttpCall) -> Answer:
            files = [(p.name, (p.filename or None, p.value, p.content_type or None)) for p in call.parts]
            got = client.request(call.method, call.url, headers=dict(call.headers), json=call.json, files=files or None)
            return Answer(got.status_code, dict(got.headers), got.content)

        yield go


def picture(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (width, height), 128).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize(("slug", "preset"), PRESETS)
def test_every_combination_is_taken(slug: str, preset: Preset, sandbox: Sandbox, make: Make) -> None:
    speaking = DIALECTS[slug](
        sandbox.url + MOUNTS.get(preset.slug, ""), KEY, None, preset.create_path, preset.query_path
    )
    for model in preset.models:
        for choice in model.combinations:
            assert speaking.read_created(make(speaking.create(request_for(model, choice)))), (model.slug, choice)


@pytest.mark.parametrize("slug", sorted(DIALECTS))
def test_a_job_is_followed_to_its_clip(slug: str, quick: Sandbox, make: Make) -> None:
    speaking = DIALECTS[slug](quick.url, KEY)
    model = presets_of(slug)[0].models[0]
    name = speaking.read_created(make(speaking.create(request_for(model, model.combinations[0]))))
    until, seen = time.monotonic() + 120, speaking.read_snapshot(make(speaking.query(name)), name)
    while not seen.outputs and time.monotonic() < until:
        assert seen.state in {RemoteState.PENDING, RemoteState.RUNNING}
        time.sleep(0.02)
        seen = speaking.read_snapshot(make(speaking.query(name)), name)
    (output,) = seen.outputs
    clip = make(HttpCall("GET", output.url, speaking.headers if output.needs_key else {}))
    assert (clip.status, clip.body[4:8]) == (200, b"ftyp")


@pytest.mark.parametrize("slug", [slug for slug, kind in sorted(DIALECTS.items()) if issubclass(kind, Remixes)])
def test_a_finished_clip_is_remixed(slug: str, quick: Sandbox, make: Make) -> None:
    speaking, model = DIALECTS[slug](quick.url, KEY), presets_of(slug)[0].models[0]
    assert isinstance(speaking, Remixes)
    request = request_for(model, model.combinations[0])
    name, until = speaking.read_created(make(speaking.create(request))), time.monotonic() + 120
    while not speaking.read_snapshot(make(speaking.query(name)), name).outputs and time.monotonic() < until:
        time.sleep(0.02)
    remix = speaking.read_created(make(speaking.remix(name, replace(request, prompt="The same by night"))))
    assert remix != name
    with pytest.raises(DialectError) as told:
        speaking.read_created(make(speaking.remix("video_nobodys", request)))
    assert isinstance(told.value, Refused | Misconfigured)


@pytest.mark.parametrize("slug", ["openai_videos", "uniall", "v2_generations"])
def test_a_reference_s_own_bytes_are_taken(slug: str, sandbox: Sandbox, make: Make) -> None:
    speaking, model = DIALECTS[slug](sandbox.url, KEY), presets_of(slug)[0].models[-1]
    choice = model.combinations[0]
    content = picture(choice.width or 1280, choice.height or 720)
    ways = {
        Delivery.UPLOAD: Reference(content=content, content_type="image/png", name="reference.png"),
        Delivery.DATA: Reference(f"data:image/png;base64,{base64.b64encode(content).decode()}"),
    }
    for way in set(ways) & set(speaking.deliveries):
        request = request_for(model, choice)
        asked = {name: getattr(request, name) for name in request.__slots__} | {"references": (ways[way],)}
        assert speaking.read_created(make(speaking.create(type(request)(**asked)))), way


def bodies(slug: str, name: str) -> dict[str, Any]:
    return wire(payload(slug, name))


@pytest.mark.parametrize(
    ("slug", "name", "path"),
    [
        ("mingyan", "create_request_alt", "/v1/sora/videos"),
        ("v2_generations", "create_request_character", "/v2/videos/generations"),
        ("openai_videos", "create_request_gateway_10s", "/gateway/v1/videos"),
    ],
)
def test_what_the_portal_never_writes_is_right_all_the_same(
    slug: str, name: str, path: str, sandbox: Sandbox, make: Make
) -> None:
    body = bodies(slug, name)
    if slug == "openai_videos":  # the payload holds a word where the picture goes
        body["input_reference"] = f"data:image/png;base64,{base64.b64encode(picture(720, 1280)).decode()}"
    speaking = DIALECTS[slug](sandbox.url, KEY)
    assert speaking.read_created(make(HttpCall("POST", sandbox.url + path, speaking.headers, body)))


@pytest.mark.parametrize(
    ("slug", "name", "path"),
    [
        ("v2_generations", "character_create_request", "/v1/characters"),
        ("openai_videos", "edit_request", "/v1/videos/edits"),
        ("openai_videos", "extend_request", "/v1/videos/extensions"),
    ],
)
def test_what_neither_the_portal_nor_the_sandbox_knows_is_refused(
    slug: str, name: str, path: str, sandbox: Sandbox, make: Make
) -> None:
    call = HttpCall("POST", sandbox.url + path, DIALECTS[slug](sandbox.url, KEY).headers, bodies(slug, name))
    assert make(call).status == 404


def test_nothing_that_is_never_sent_is_forgotten_here() -> None:
    never = {(case.payloads, name) for case in CASES for name in case.never_sent}
    here = [test_what_the_portal_never_writes_is_right_all_the_same]
    here.append(test_what_neither_the_portal_nor_the_sandbox_knows_is_refused)
    rows = [row for test in here for row in test.pytestmark[0].args[1]]  # type: ignore[attr-defined]
    assert never == {row[:2] for row in rows}

"""The traps of the providers' documents, by number: each is a test here, or has a reason why it needs none.

The numbers are those of the wire specification's section 9. A test named `test_07_and_25_…` covers both.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from generations.catalogue import models_of, options_of, presets_of
from generations.contract import (
    Answer,
    Cause,
    GenerationRequest,
    Misconfigured,
    NeverHeard,
    NotKnown,
    Reference,
    RemoteState,
    Snapshot,
)
from generations.dialects import DIALECTS
from generations.wire import moment_at, percent
from tests.dialects.cases import BASE, KEY, PAYLOADS, json_answer, sent

ELSEWHERE = {
    2: "documents only: a comment inside JSON, a prompt of one blank. The composer strips prompts (tests/services).",
    27: "kept by the archive, which copies at once: tests/services/test_archive.py, and the expiry in test_hostile.py.",
    29: "the money rule: tests/engine/test_outcomes.py sends each create once, whatever comes back.",
    30: "one bad look is nothing: tests/services/test_look.py and the rows of trouble in tests/engine/test_hostile.py.",
    33: "documents only: keys in public notes. None was carried into payloads, which the last test here looks at.",
}
EACH = pytest.mark.parametrize("slug", sorted(DIALECTS))


def built(slug: str, **more: Any) -> dict[str, Any]:
    """What a dialect sends for the first choice of its first model, with changes."""
    model = models_of(slug)[0]
    only = model.combinations[0]
    asked: dict[str, Any] = {
        "prompt": "A cat", "model": model.slug, "aspect_ratio": only.aspect_ratio, "seconds": only.seconds,
        "quality": only.quality, "width": only.width, "height": only.height,
    }  # fmt: skip
    return sent(DIALECTS[slug](BASE, KEY).create(GenerationRequest(**(asked | more))))


def seen(slug: str, **body: Any) -> Snapshot:
    """How a dialect reads a query's answer."""
    return DIALECTS[slug](BASE, KEY).read_snapshot(json_answer({"id": "gen_1"} | body), "gen_1")


@EACH
def test_01_and_16_an_image_is_optional_and_known_everywhere(slug: str) -> None:
    url = "https://example.com/a.png"
    assert url not in str(built(slug))
    assert url in str(built(slug, references=(Reference(url),)))
    assert all(model.references for model in models_of(slug))


@EACH
def test_03_the_key_is_always_sent(slug: str) -> None:
    speaking = DIALECTS[slug](BASE, KEY)
    assert speaking.query("gen_1").headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("told", [45, "45", "45%", 45.0, " 45 % "])
@EACH
def test_04_progress_may_be_text_or_number(slug: str, told: object) -> None:
    assert seen(slug, status="processing", progress=told).progress == 45


def test_05_a_length_is_written_as_each_dialect_types_it() -> None:
    assert built("uniall", model="sora2-pro-720p", seconds=8)["duration"] == "8"
    assert built("openai_videos", seconds=8)["seconds"] == "8"
    assert built("unified", seconds=10)["duration"] == 10
    assert built("mingyan", seconds=8)["seconds"] == 8
    assert built("v2_generations", seconds=10)["duration"] == "10"


@EACH
def test_06_and_07_length_and_model_of_an_answer_are_not_read(slug: str) -> None:
    plain = seen(slug, status="processing")
    odd = seen(slug, status="processing", duration=89, seconds="x", actualDuration=4.0, model="sora2")
    assert odd == plain


def test_08_the_model_that_may_be_off_is_listed_and_says_so() -> None:
    model = next(m for m in models_of("uniall") if m.slug == "sora2-pro-true-1080p")
    assert "Not switched on for every account" in model.note


def test_09_and_10_paths_that_look_alike_are_exact() -> None:
    assert {slug: (kind.create_path, kind.query_path) for slug, kind in DIALECTS.items()} == {
        "uniall": ("/v1/video/generations", "/v1/videos/{id}"),
        "openai_videos": ("/v1/videos", "/v1/videos/{id}"),
        "unified": ("/v1/video/create", "/v1/video/query?id={id}"),
        "mingyan": ("/v1/sora/videos", "/v1/result/{id}"),
        "v2_generations": ("/v2/videos/generations", "/v2/videos/generations/{id}"),
    }


def test_11_a_watermark_is_mapped_by_what_is_meant() -> None:
    assert options_of("unified")["watermark"].default == "prefer-none"
    assert built("unified", options={"watermark": "prefer-none"})["watermark"] is True
    assert built("unified", options={"watermark": "never"})["watermark"] is False
    assert options_of("v2_generations")["watermark"].default == "no"
    assert built("v2_generations", options={"watermark": "no"})["watermark"] is False
    for slug in ("uniall", "mingyan", "openai_videos"):
        assert "watermark" not in options_of(slug)


def test_12_size_is_pixels_a_word_or_absent() -> None:
    assert built("openai_videos", width=1280, height=720)["size"] == "1280x720"
    assert built("unified", quality="large", width=1920, height=1080)["size"] == "large"
    for slug in ("uniall", "mingyan", "v2_generations"):
        assert "size" not in built(slug)


def test_13_lengths_are_each_host_s_own() -> None:
    lengths = {p.slug: {c.seconds for m in p.models for c in m.combinations} for p in presets_of("openai_videos")}
    assert lengths == {"openai": {4, 8, 12, 16, 20}, "openai-strict": {4, 8, 12}, "openai-gateway": {10, 15, 25}}
    assert {c.seconds for m in models_of("unified") for c in m.combinations} == {10, 15, 25}
    assert {c.seconds for m in models_of("mingyan") for c in m.combinations} == {4, 8, 12}


def test_14_and_15_hd_ends_before_25_seconds_and_both_models_take_15() -> None:
    models = {model.slug: model for model in models_of("v2_generations")}
    assert {c.seconds for c in models["sora-2"].combinations} == {10, 15}
    assert {c.seconds for c in models["sora-2-pro"].combinations} == {10, 15, 25}
    assert {c.seconds for c in models["sora-2-pro"].combinations if c.quality == "hd"} == {10, 15}
    assert not [c for c in models["sora-2"].combinations if c.quality == "hd"]
    assert not [c for m in models_of("unified") for c in m.combinations if (c.quality, c.seconds) == ("large", 25)]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("FAIL", "FAILURE", "failed", "error"), RemoteState.FAILED),
        (("success", "SUCCESS", "completed", "Completed"), RemoteState.SUCCEEDED),
        (("in_progress", "IN_PROGRESS", "processing"), RemoteState.RUNNING),
        (("cancelled", "canceled", "CANCELED"), RemoteState.CANCELLED),
    ],
)
@EACH
def test_17_words_of_all_families_mean_the_same(slug: str, words: tuple[str, ...], state: RemoteState) -> None:
    assert {seen(slug, status=word, video_url="https://x.example/a").state for word in words} == {state}


@EACH
def test_18_an_id_is_encoded_and_the_first_one_stays(slug: str) -> None:
    speaking = DIALECTS[slug](BASE, KEY)
    assert "sora-2%3Atask_1%2Fa" in speaking.query("sora-2:task_1/a").url
    done = speaking.read_snapshot(json_answer({"id": "task_1", "status": "completed"}), "sora-2:task_1")
    assert all("sora-2%3Atask_1" in output.url for output in done.outputs)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400),
        json_answer({"error": {"code": "task_not_found", "message": "There is no such task."}}, 400),
        json_answer({"error": {"message": "Task not found", "type": "invalid_request_error"}}, 404),
        json_answer({"detail": "Video not found"}, 404),
    ],
    ids=["new-api", "a gateway", "new-api's clips", "SGLang"],
)
@EACH
def test_19_an_unknown_task_may_be_400_or_404(slug: str, answer: Answer) -> None:
    with pytest.raises(NotKnown) as told:
        DIALECTS[slug](BASE, KEY).read_snapshot(answer, "gen_1")
    assert told.value.cause != Cause.PATH


@EACH
def test_19_a_404_that_says_only_not_found_may_be_about_the_path(slug: str) -> None:
    with pytest.raises(NotKnown) as told:
        DIALECTS[slug](BASE, KEY).read_snapshot(json_answer({"error": {"message": "Not found"}}, 404), "gen_1")
    assert told.value.cause == Cause.PATH


@EACH
def test_20_an_error_may_come_with_200(slug: str) -> None:
    speaking = DIALECTS[slug](BASE, KEY)
    with pytest.raises(Misconfigured):
        speaking.read_created(Answer(200, {"content-type": "text/html"}, b"<!doctype html>"))
    with pytest.raises(Misconfigured):
        speaking.read_created(json_answer({"code": "insufficient_user_quota", "message": "empty", "data": None}))
    with pytest.raises(NeverHeard):
        speaking.read_created(json_answer({"code": "upstream_timeout", "message": "maybe", "data": None}))
    assert seen(slug, status="failed", error="no").state == RemoteState.FAILED


@pytest.mark.parametrize(
    "error",
    [
        {"error": "no cats"},
        {"error": {"message": "no cats", "code": "c"}},
        {"message": "no cats", "code": "c"},
        {"fail_reason": '{"code": "c", "message": "no cats"}'},
        {"message": '{"error": {"message": "no cats"}}'},
        {"error": '{"message": "{\\"message\\": \\"no cats\\"}"}'},
        {"detail": "no cats"},
    ],
)
@EACH
def test_21_an_error_has_many_shapes_and_one_reason(slug: str, error: dict[str, Any]) -> None:
    assert seen(slug, status="failed", **error).reason == "no cats"


def test_22_and_24_paths_that_pages_do_not_print_can_be_changed() -> None:
    other = DIALECTS["mingyan"](BASE, KEY, None, "", "/v1/videos/{id}")
    assert (other.create_path, other.query("a").url) == ("/v1/sora/videos", f"{BASE}/v1/videos/a")
    assert [preset.query_path for preset in presets_of("mingyan")] == ["", "/v1/videos/{id}"]


def test_23_mingyan_ends_in_words_its_page_does_not_list() -> None:
    states = {word: seen("mingyan", status=word).state for word in ("queued", "processing", "completed", "failed")}
    assert list(states.values()) == [
        RemoteState.PENDING, RemoteState.RUNNING, RemoteState.SUCCEEDED, RemoteState.FAILED,
    ]  # fmt: skip


def test_25_a_time_is_seconds_milliseconds_or_iso() -> None:
    for told in (1764347090, 1764347090000, "1764347090", "2025-11-28T16:24:50Z", "2025-11-28T16:24:50"):
        assert moment_at({"at": told}, "at") == 1764347090.0, told


@pytest.mark.parametrize(
    "told",
    [
        {"data": {"outputs": ["https://x.example/1.mp4", "https://x.example/2.mp4"]}},
        {"outputs": [{"url": "https://x.example/1.mp4"}, {"video_url": "https://x.example/2.mp4"}, None, 5, ["x"], {}]},
        {"video_url": "https://x.example/1.mp4", "outputs": ["https://x.example/1.mp4", "https://x.example/2.mp4"]},
        {"data": {"output": "https://x.example/1.mp4", "outputs": ["https://x.example/2.mp4"]}},
    ],
)
@EACH
def test_every_file_of_a_list_is_kept_once(slug: str, told: dict[str, object]) -> None:
    found = [output.url for output in seen(slug, status="completed", **told).outputs]
    assert found == ["https://x.example/1.mp4", "https://x.example/2.mp4"]


@pytest.mark.parametrize("told", [900_000_000_000, "1000000.01", -1, "NaN", "free", True])
def test_a_cost_that_can_be_none_is_not_read(told: object) -> None:
    assert seen("v2_generations", status="SUCCESS", cost=told).cost is None
    assert seen("v2_generations", status="SUCCESS", cost="0.35").cost == Decimal("0.35")


def test_a_list_without_end_has_an_end() -> None:
    urls = [f"https://x.example/{n}" for n in range(99)]
    assert len(seen("v2_generations", status="SUCCESS", outputs=urls).outputs) == 10


@pytest.mark.parametrize("slug", sorted(set(DIALECTS) - {"openai_videos"}))
def test_26_finished_without_an_address_is_no_failure(slug: str) -> None:
    done = seen(slug, status="completed", video_url=None)
    assert (done.state, done.outputs) == (RemoteState.SUCCEEDED, ())


def test_28_where_pixels_must_match_the_catalogue_names_them() -> None:
    for slug in ("openai_videos", "mingyan", "v2_generations"):
        for preset in presets_of(slug):
            for model in preset.models:
                assert all(c.width and c.height for c in model.combinations if c.quality != "hd")


@EACH
def test_31_a_failure_near_the_end_is_a_failure_with_the_provider_s_words(slug: str) -> None:
    failed = seen(slug, status="failed", progress="94%", error={"message": "real person detected"})
    assert (failed.state, failed.reason, percent("94%")) == (RemoteState.FAILED, "real person detected", 94)


def test_32_a_host_that_takes_one_path_and_is_asked_on_another_can_be_set_up() -> None:
    mixed = DIALECTS["unified"](BASE, KEY, None, "", "/v2/videos/generations/{id}")
    done = mixed.read_snapshot(
        json_answer({"task_id": "a", "status": "SUCCESS", "data": {"output": "https://x.example/a.mp4"}}), "a"
    )
    assert mixed.query("a").url == f"{BASE}/v2/videos/generations/a"
    assert [output.url for output in done.outputs] == ["https://x.example/a.mp4"]


def test_every_trap_is_a_test_or_has_a_reason() -> None:
    numbers = "_and_".join(found[1] for name in globals() if (found := re.match(r"test_(\d\d(?:_and_\d\d)*)_", name)))
    tested = {int(number) for number in numbers.split("_and_")}
    assert tested | set(ELSEWHERE) == set(range(1, 34))
    assert not tested & set(ELSEWHERE)


def test_no_payload_holds_a_live_looking_key() -> None:
    for path in PAYLOADS.rglob("*.json"):
        assert not re.search(r"sk-[A-Za-z0-9]{16}|Bearer \w", path.read_text()), path

"""The mingyan dialect: its pairs of fields, its plain errors and its two hosts."""

from __future__ import annotations

import io
from typing import Any

import av
import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.mingyan import refusal
from generations.sandbox.mingyan_order import CURRENT, OLDER, read_order
from tests.sandbox.tongues import MINGYAN, Talker, listener, picture, request_of, shown, shown_creates

URL = "https://example.com/a.png"


@pytest.fixture(scope="module")
def talker(shared_sandbox: Sandbox) -> Talker:
    return Talker(shared_sandbox, MINGYAN, "/kyyReactApiServer")


@pytest.fixture(scope="module")
def older(shared_sandbox: Sandbox) -> Talker:
    return Talker(shared_sandbox, MINGYAN, "/older")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "1280x720", "aspect_ratio": "16:9"}, "size and aspect_ratio cannot be used together"),
        ({"seconds": 4, "duration": 4}, "duration and seconds cannot be used together"),
        ({"image_urls": [], "input_reference": []}, "input_reference and image_urls cannot be used together"),
        ({"prompt": " "}, "prompt is required"),
        ({"prompt": "[sandbox:quota=1]"}, "takes no value"),
        ({"model": ""}, "model field is required"),
        ({"orientation": "portrait"}, "unknown field: orientation"),
        ({"size": "1920x1080"}, "size must be one of 720x1280, 1280x720"),
        ({"aspect_ratio": "1:1"}, "aspect_ratio must be"),
        ({"seconds": "8"}, "seconds must be an integer"),
        ({"seconds": 10}, "seconds must be an integer, one of 4, 8, 12"),
        ({"duration": 4.0}, "duration must be an integer"),
        ({"image_urls": URL}, "image_urls must be an array"),
        ({"image_urls": ["data:image/png;base64,AA"]}, "image_urls must be an array"),
        ({"input_reference": [URL, URL]}, "input_reference must hold at most 1"),
    ],
)
def test_a_wrong_field_is_refused_in_a_sentence(talker: Talker, fields: dict[str, Any], words: str) -> None:
    answer = talker.create(**({"prompt": "A cat"} | fields))
    assert answer.status_code == 400
    assert answer.json().keys() == shown("mingyan", "error_400_exclusive").keys()
    assert words in answer.json()["error"]


def test_a_form_is_refused(talker: Talker) -> None:
    answer = talker.http.post("/v1/sora/videos", data={"model": "openAiSora2Plus"}, files={"image": b"x"})
    assert (answer.status_code, answer.json()) == (400, {"error": "Content-Type must be application/json"})


def test_a_wrong_key_is_refused_in_a_sentence(shared_sandbox: Sandbox) -> None:
    stranger = Talker(shared_sandbox, MINGYAN, key="wrong")
    for answer in (stranger.create(), stranger.query("sora_1")):
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid api key"})


def test_the_documented_requests_are_accepted() -> None:
    for body in shown_creates("mingyan"):
        assert read_order(request_of(body), refusal, CURRENT).order.model == body["model"]


@pytest.mark.parametrize(
    ("fields", "size", "seconds"),
    [
        ({}, (720, 1280), 4),
        ({"size": "1280x720", "duration": 12}, (1280, 720), 12),
        ({"aspect_ratio": "16:9", "seconds": 8}, (1280, 720), 8),
    ],
)
def test_what_is_left_out_has_a_default(fields: dict[str, Any], size: tuple[int, int], seconds: int) -> None:
    order = read_order(request_of({**MINGYAN.body, **fields}), refusal, CURRENT).order
    assert ((order.width, order.height), order.seconds) == (size, seconds)


def test_the_older_host_has_models_of_its_own() -> None:
    body = {"prompt": "A cat", "model": "sora-2-pro", "seconds": 25, "image_urls": [URL] * 3}
    assert read_order(request_of(body), refusal, OLDER).order.seconds == 25


def test_a_job_goes_through_its_words_to_a_film(talker: Talker) -> None:
    created = talker.create("Waves").json()
    assert created.keys() == shown("mingyan", "create_response").keys()
    assert (created["object"], created["status"]) == ("video.generation", "queued")
    answers = list(talker.watch(created["id"]))
    assert {answer["status"] for answer in answers[:-1]} <= {"queued", "processing"}
    assert all("progress" not in answer and answer["video_url"] is None for answer in answers[:-1])
    last = answers[-1]
    assert last.keys() == shown("mingyan", "query_completed").keys()
    assert (last["status"], last["actualDuration"], last["amount"], last["error"]) == ("completed", 4, 0.72, None)
    with av.open(io.BytesIO(httpx.get(last["video_url"]).content), "r") as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (720, 1280)


def test_unfinished_and_failed_answers_are_as_documented(talker: Talker) -> None:
    job_id = talker.created("[sandbox:fail][sandbox:slow]")
    assert talker.query(job_id).json().keys() == shown("mingyan", "query_queued").keys()
    failed = talker.ended(job_id)
    assert failed.keys() == shown("mingyan", "query_failed").keys()
    assert (failed["status"], failed["video_url"]) == ("failed", None)
    assert failed["error"].startswith("internal error")


def test_the_newer_form_is_wrapped(talker: Talker) -> None:
    answer = talker.ended(talker.created("[sandbox:wrapped]"))
    expected = shown("mingyan", "query_completed_wrapped")
    assert answer.keys() == expected.keys()
    assert answer["data"].keys() == expected["data"].keys()
    assert httpx.head(answer["data"]["result_url"]).status_code == 200


def test_an_unknown_job_is_a_404(talker: Talker) -> None:
    answer = talker.query("sora_0")
    assert (answer.status_code, answer.json()) == (404, {"error": "task not found"})


def test_another_path_has_no_handler(talker: Talker, older: Talker) -> None:
    answer = talker.http.get("/v1/models")
    assert (answer.status_code, answer.json()) == (404, shown("mingyan", "error_404_route"))
    assert talker.http.get("/v1/videos/sora_1").status_code == 404
    assert "No handler found for POST /older/v1/x" in older.http.post("/v1/x").text


def test_the_older_host_is_asked_elsewhere(older: Talker) -> None:
    job_id = older.created("[sandbox:fail]", model="sora-2", seconds=15)
    assert older.query(job_id).status_code == 404
    answer = older.http.get(f"/v1/videos/{job_id}")
    assert (answer.status_code, answer.json()["id"]) == (200, job_id)
    assert older.create(model="openAiSora2Plus").status_code == 503


def test_a_reference_must_have_the_very_pixels(sandbox: Sandbox) -> None:
    talker = Talker(sandbox, MINGYAN)
    for content, status in ((picture(720, 1280), 200), (picture(1280, 720), 400), (b"no picture", 400)):
        with listener(content) as (url, _):
            answer = talker.create("[sandbox:no-url]", image_urls=[f"{url}/a.png"])
        assert answer.status_code == status, answer.text
        assert (status == 200) or isinstance(answer.json()["error"], str)
    assert sandbox.creates == 1

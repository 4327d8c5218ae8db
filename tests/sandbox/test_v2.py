"""The /v2/videos/generations dialect: its fields, its capitals and its callbacks."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import av
import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.newapi import family_error
from generations.sandbox.v2_order import read_order
from tests.sandbox.conftest import KEY, PATIENCE
from tests.sandbox.tongues import V2, Talker, data_uri, listener, picture, request_of, shown, shown_creates

PRO = {"model": "sora-2-pro"}
URL = "https://example.com/a.png"
CHARACTER = {"character_url": "https://example.com/c.mp4"}


@pytest.fixture(scope="module")
def talker(shared_sandbox: Sandbox) -> Talker:
    return Talker(shared_sandbox, V2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": None}, "prompt is required"),
        ({"prompt": "[sandbox:nothing]"}, "unknown sandbox directive"),
        ({"seconds": "10"}, "unknown field: seconds"),
        ({"seed": 7}, "unknown field: seed"),
        ({"duration": 10}, "duration must be one of"),
        ({"duration": "8"}, "duration must be one of"),
        ({"duration": None}, "duration must be one of"),
        ({"duration": "25"}, "duration 25 is not supported by sora-2"),
        ({"aspect_ratio": "1:1"}, "aspect_ratio must be one of"),
        ({"hd": True}, "hd is only supported by sora-2-pro"),
        ({"hd": "false"}, "hd must be true or false"),
        ({"images": URL}, "images must be an array"),
        ({"images": ["data:text/plain;base64,AA"]}, "images must be an array"),
        ({"images": [URL] * 5}, "images must hold at most 4"),
        ({"images": ["data:image/png;base64,%%"]}, "cannot be decoded"),
        ({"images": ["data:image/png;base64,AAAA"]}, "cannot be decoded"),
        ({"notify_hook": "callback"}, "notify_hook must be an http(s) URL"),
        ({"notify_hook": None}, "notify_hook must be an http(s) URL"),
        ({"watermark": 0}, "watermark must be true or false"),
        ({"private": "no"}, "private must be true or false"),
        (CHARACTER, "must be used together"),
        ({"character_timestamps": "1,3"}, "must be used together"),
        (CHARACTER | {"character_timestamps": "1-3"}, "start,end"),
        (CHARACTER | {"character_timestamps": "1,5"}, "1 to 3 seconds"),
        (CHARACTER | {"character_timestamps": "3,1"}, "1 to 3 seconds"),
        ({"character_url": "c.mp4", "character_timestamps": "1,3"}, "character_url must be"),
    ],
)
def test_a_wrong_field_is_refused_by_name(talker: Talker, fields: dict[str, Any], words: str) -> None:
    answer = talker.create(**({"prompt": "A cat"} | fields))
    assert answer.status_code == 400
    assert answer.json().keys() == shown("v2_generations", "error_400").keys()
    assert words in answer.json()["message"]


def test_the_documented_requests_are_accepted() -> None:
    for body in shown_creates("v2_generations"):
        assert read_order(request_of(body), family_error).order.model == body["model"]


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1280, 720)),
        ({"aspect_ratio": "9:16", "duration": "15"}, (720, 1280)),
        (PRO | {"hd": True, "duration": "15", "aspect_ratio": "9:16"}, (1080, 1920)),
        (PRO | {"hd": True, "duration": "25"}, (1280, 720)),
    ],
)
def test_hd_counts_up_to_15_seconds(fields: dict[str, Any], size: tuple[int, int]) -> None:
    order = read_order(request_of({**V2.body, **fields}), family_error).order
    assert (order.width, order.height) == size


def test_a_job_goes_through_its_words_to_a_film(talker: Talker) -> None:
    created = talker.create("Waves").json()
    assert created.keys() == {"task_id"}
    answers = list(talker.watch(created["task_id"]))
    for answer in answers:
        assert answer.keys() == shown("v2_generations", "query_completed_sora").keys()
        assert answer["task_id"] == created["task_id"]
    assert {answer["status"] for answer in answers[:-1]} <= {"NOT_START", "IN_PROGRESS"}
    assert all(answer["finish_time"] == 0 and answer["data"] is None for answer in answers[:-1])
    last = answers[-1]
    assert (last["status"], last["progress"], last["fail_reason"]) == ("SUCCESS", "100%", "")
    assert 0 < last["submit_time"] <= last["start_time"] <= last["finish_time"]
    with av.open(io.BytesIO(httpx.get(last["data"]["output"]).content), "r") as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (1280, 720)


def test_times_are_0_before_they_are_known(talker: Talker) -> None:
    answer = talker.query(talker.created("[sandbox:slow=1000] [sandbox:no-url]")).json()
    assert (answer["status"], answer["progress"], answer["data"]) == ("NOT_START", "0%", None)
    assert (answer["start_time"], answer["finish_time"]) == (0, 0)


def test_a_failure_says_why_and_may_say_it_in_json(talker: Talker) -> None:
    failed = talker.ended(talker.created("[sandbox:fail]"))
    assert (failed["status"], failed["data"]) == ("FAILURE", None)
    assert failed["fail_reason"].startswith("internal error")
    failed = talker.ended(talker.created("[sandbox:json-reason]"))
    assert failed["fail_reason"] == shown("v2_generations", "query_failed_json_reason")["fail_reason"]
    assert json.loads(failed["fail_reason"])["code"] == "invalid_request"


def test_an_unknown_job_is_a_400(talker: Talker) -> None:
    answer = talker.query("f0aa213c-c09e-4e19-a0e5-c698fe48acf1")
    assert (answer.status_code, answer.json()) == (400, shown("v2_generations", "error_unknown_task"))


def test_a_wrong_path_answers_the_page(talker: Talker) -> None:
    answer = talker.http.get("/v2/videos/generation/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_references_must_have_the_outputs_pixels(sandbox: Sandbox) -> None:
    talker = Talker(sandbox, V2)
    fits, stands = data_uri(picture(1280, 720)), data_uri(picture(720, 1280))
    with listener(picture(1280, 720)) as (url, _):
        assert talker.create("[sandbox:no-url]", images=[fits, f"{url}/a.png", URL]).status_code == 200
    answer = talker.create("A cat", images=[fits, stands])
    assert answer.status_code == 400
    assert answer.json()["message"] == "Inpaint image must match the requested width and height"
    with listener(b"", 404) as (url, _):
        assert "HTTP 404" in talker.create("A cat", images=[f"{url}/a.png"]).text
    assert "cannot be downloaded" in talker.create("A cat", images=["http://127.0.0.1:1/a.png"]).text
    assert sandbox.creates == 1
    read = talker.http.get("/sandbox/stats").json()["references"]
    assert [(row["width"], row["height"]) for row in read] == [(1280, 720)] * 2


def test_a_hook_hears_of_every_change(talker: Talker) -> None:
    bodies = _heard(talker, "[sandbox:no-url]", ends_with="SUCCESS")
    words = [body["status"] for body in bodies]
    assert words == sorted(set(words), key=["NOT_START", "IN_PROGRESS", "SUCCESS"].index)
    assert bodies[-1].keys() == shown("v2_generations", "callback_success").keys()


def test_a_hook_hears_of_a_failure(talker: Talker) -> None:
    last = _heard(talker, "[sandbox:fail]", ends_with="FAILURE")[-1]
    assert last["fail_reason"].startswith("internal error")


def test_a_hook_may_hear_camel_case(talker: Talker) -> None:
    last = _heard(talker, "[sandbox:camel-callback] [sandbox:no-url]", ends_with="SUCCESS")[-1]
    assert last.keys() == shown("v2_generations", "callback_success_camel").keys()
    assert last["submitTime"] > 1e12


def test_a_hook_may_hear_everything_twice(talker: Talker) -> None:
    bodies = _heard(talker, "[sandbox:callback-twice] [sandbox:fail]", ends_with="FAILURE", times=2)
    assert bodies[-1] == bodies[-2]


def test_a_hook_may_hear_lies() -> None:
    with Sandbox(key=KEY, speed=20) as sandbox:
        bodies = _heard(Talker(sandbox, V2), "[sandbox:callback-lies] [sandbox:fail]", ends_with="SUCCESS")
    assert bodies[0]["data"] == {"output": "http://10.0.0.1/x.mp4"}


def test_a_hook_elsewhere_is_never_called(talker: Talker) -> None:
    answer = talker.ended(talker.created("[sandbox:no-url]", notify_hook="http://sandbox.invalid/callback"))
    assert answer["status"] == "SUCCESS"


def _heard(talker: Talker, prompt: str, ends_with: str, times: int = 1) -> list[dict[str, Any]]:
    """What a hook hears until so many bodies say the last word."""
    with listener() as (url, posted):
        talker.created(prompt, notify_hook=f"{url}/callback?key=1")
        end = time.monotonic() + PATIENCE
        while [body["status"] for body in posted].count(ends_with) < times:
            assert time.monotonic() < end, posted
            time.sleep(0.01)
        return posted

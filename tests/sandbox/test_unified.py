"""The unified video dialect: its fields, its words and its odd ids."""

from __future__ import annotations

import io
from typing import Any

import av
import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.unified import refusal
from generations.sandbox.unified_order import read_order
from tests.sandbox.tongues import UNIFIED, Talker, request_of, shown, shown_creates

PRO = {"model": "sora-2-pro"}


@pytest.fixture(scope="module")
def talker(shared_sandbox: Sandbox) -> Talker:
    return Talker(shared_sandbox, UNIFIED)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": ""}, "prompt is required"),
        ({"prompt": 7}, "prompt must be a string"),
        ({"prompt": "[sandbox:fial]"}, "unknown sandbox directive"),
        ({"model": None}, "model field is required"),
        ({"seconds": 10}, "unknown field: seconds"),
        ({"aspect_ratio": "9:16"}, "unknown field: aspect_ratio"),
        ({"orientation": "vertical"}, "orientation must be"),
        ({"orientation": None}, "orientation must be"),
        ({"size": "720x1280"}, "size must be"),
        ({"size": None}, "size must be"),
        ({"size": "medium"}, "sora-2 size is invalid"),
        ({"duration": None}, "duration must be an integer"),
        ({"duration": "10"}, "duration must be an integer"),
        ({"duration": 10.0}, "duration must be an integer"),
        ({"duration": True}, "duration must be an integer"),
        ({"duration": 8}, "duration must be an integer, one of 10, 15, 25"),
        ({"duration": 25}, "duration 25 is not supported by sora-2"),
        (PRO | {"duration": 25, "size": "large"}, "duration 25 is not supported by sora-2-pro with size large"),
        ({"model": "sora-2-pro-all", "size": "small"}, "sora-2-pro-all size is invalid"),
        ({"model": "sora-2-pro-all", "size": "large", "duration": 25}, "duration 25 is not supported"),
        ({"model": "sora_video2", "duration": 15}, "duration 15 is not supported"),
        ({"images": "https://example.com/a.png"}, "images must be an array"),
        ({"images": ["a.png"]}, "images must be an array"),
        ({"images": ["data:image/png;base64,AAAA"]}, "images must be an array"),
        ({"watermark": "true"}, "watermark must be true or false"),
        ({"private": 1}, "private must be true or false"),
        ({"storyboard": []}, "storyboard must be true or false"),
        ({"style": "anime"}, "style is only supported by sora_video2"),
        ({"model": "sora_video2", "style": "noir"}, "style must be one of"),
    ],
)
def test_a_wrong_field_is_refused_by_name(talker: Talker, fields: dict[str, Any], words: str) -> None:
    answer = talker.create(**({"prompt": "A cat"} | fields))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert words in error["message"]


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (720, 1280)),
        ({"orientation": "landscape", "duration": 15}, (1280, 720)),
        ({"size": "large"}, (720, 1280)),
        (PRO, (720, 1280)),
        (PRO | {"size": "medium", "duration": 25}, (720, 1280)),
        (PRO | {"size": "large", "duration": 15}, (1080, 1920)),
        (PRO | {"size": "large", "orientation": "landscape"}, (1920, 1080)),
        ({"model": "sora-2-all", "size": "large", "duration": 15}, (720, 1280)),
        ({"model": "sora-2-pro-all", "size": "large", "duration": 15}, (1080, 1920)),
        ({"model": "sora-2-pro-all", "size": "medium", "duration": 25}, (720, 1280)),
        ({"model": "sora_video2", "style": "anime", "storyboard": True, "watermark": False}, (720, 1280)),
        ({"images": [], "private": True}, (720, 1280)),
    ],
)
def test_what_the_documents_allow_is_understood(fields: dict[str, Any], size: tuple[int, int]) -> None:
    asked = read_order(request_of({**UNIFIED.body, **fields}), refusal)
    assert (asked.order.width, asked.order.height) == size


def test_the_documented_requests_are_accepted() -> None:
    for body in shown_creates("unified"):
        assert read_order(request_of(body), refusal).order.model == body["model"]


def test_a_job_goes_through_its_words_to_a_film(talker: Talker) -> None:
    created = talker.create("Waves").json()
    assert created.keys() == {"id", "status", "status_update_time"}
    assert created["id"].startswith("sora-2:task_")
    assert created["status"] == "pending"
    assert created["status_update_time"] > 1e12
    answers = list(talker.watch(created["id"]))
    assert {answer["status"] for answer in answers[:-1]} <= {"pending", "processing"}
    assert all(answer["video_url"] is None for answer in answers[:-1])
    assert all(isinstance(answer["progress"], str) for answer in answers)
    last = answers[-1]
    assert (last["status"], last["progress"], last["enhanced_prompt"]) == ("completed", "100", "Waves")
    with av.open(io.BytesIO(httpx.get(last["video_url"]).content), "r") as film:
        video = film.streams.video[0]
        assert (video.width, video.height) == (720, 1280)
        assert film.duration == pytest.approx(10 * av.time_base, abs=av.time_base / 20)


def test_the_id_in_an_answer_is_of_no_use(talker: Talker) -> None:
    job_id = talker.created("[sandbox:fail]")
    told = talker.query(job_id).json()["id"]
    assert f"sora-2:{told}" == job_id
    answer = talker.query(told)
    assert (answer.status_code, answer.json()["code"]) == (400, "task_not_exist")


def test_both_ways_to_ask_answer_the_same(talker: Talker) -> None:
    job_id = talker.created("[sandbox:fail]")
    by_query = talker.ended(job_id)
    assert talker.http.get(f"/v1/videos/{job_id}").json() == by_query
    assert talker.http.get(f"/v1/videos/{job_id.replace(':', '%3A')}").json() == by_query
    assert talker.http.get("/v1/video/query").status_code == 400


@pytest.mark.parametrize(
    ("prompt", "name"),
    [("[sandbox:slow]", "query_queued"), ("[sandbox:no-url]", "query_completed"), ("[sandbox:fail]", "query_failed")],
)
def test_answers_hold_what_the_documents_show(talker: Talker, prompt: str, name: str) -> None:
    job_id = talker.created(prompt)
    answer = talker.query(job_id).json() if name == "query_queued" else talker.ended(job_id)
    assert shown("unified", name).keys() <= answer.keys()


def test_a_running_job_tells_its_progress_in_the_detail() -> None:
    with Sandbox(key="k", speed=20) as sandbox:
        talker = Talker(sandbox, UNIFIED, key="k")
        running = next(a for a in talker.watch(talker.created("[sandbox:stuck]")) if a["status"] == "processing")
    detail = shown("unified", "query_running")["detail"]
    assert detail.keys() <= running["detail"].keys()
    assert detail["pending_info"].keys() == running["detail"]["pending_info"].keys()
    assert running["detail"]["pending_info"]["progress_pct"] == int(running["progress"]) / 100


def test_a_wrong_path_is_answered_as_the_family_does(talker: Talker) -> None:
    assert talker.http.get("/v1/video/nothing").status_code == 404
    answer = talker.http.get("/video/query?id=1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")

"""What the UniAll dialect refuses, and in which words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from generations.sandbox import Sandbox
from tests.sandbox.conftest import Caller

PATH = "/v1/video/generations"
PRO = {"model": "sora2-pro-720p"}
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": ""}, "prompt is required"),
        ({"prompt": " \n"}, "prompt is required"),
        ({"prompt": None}, "prompt is required"),
        ({"prompt": 7}, "prompt must be a string"),
        ({"prompt": "x" * 4001}, "at most 4000 characters"),
        ({"size": "1280x720"}, "unknown field: size"),
        ({"seconds": "4"}, "unknown field: seconds"),
        ({"model": 5}, "model must be a string"),
        ({"aspect_ratio": "1:1"}, "aspect_ratio must be"),
        ({"aspect_ratio": None}, "aspect_ratio must be"),
        ({"aspect_ratio": ["16:9"]}, "aspect_ratio must be"),
        ({"aspect_ratio": "9:16"}, "conflicts with model sora2-landscape-4s"),
        ({"duration": "8"}, "duration must be 4 for"),
        ({"duration": 20}, "duration must be 4 for"),
        (PRO | {"duration": 5}, "duration must be 4, 8, 12, 16, 20"),
        (PRO | {"duration": "8s"}, "duration must be"),
        (PRO | {"duration": 8.0}, "duration must be"),
        (PRO | {"duration": True}, "duration must be"),
        (PRO | {"duration": None}, "duration must be"),
        (PRO | {"duration": [4]}, "duration must be"),
        ({"image_url": "cat.jpg"}, "image_url must be"),
        ({"image_url": "ftp://example.com/cat.jpg"}, "image_url must be"),
        ({"image_url": "http://"}, "image_url must be"),
        ({"image_url": "http://[broken"}, "image_url must be"),
        ({"image_url": "data:text/plain;base64,QQ=="}, "image_url must be"),
        ({"image_url": "data:image/png;base64,%%%"}, "image_url must be"),
        ({"image_url": None}, "image_url must be"),
        ({"prompt": "[sandbox:fial] a cat"}, "unknown sandbox directive 'fial'"),
        ({"prompt": "[sandbox:hang=long]"}, "plain number"),
        ({"prompt": "[sandbox:quota=3]"}, "takes no value"),
    ],
)
def test_a_wrong_field_is_refused_by_name(caller: Caller, fields: dict[str, Any], words: str) -> None:
    answer = caller.create(**({"prompt": "A cat"} | fields))
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message", "data"}
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["data"] is None
    assert words in answer.json()["message"]


@pytest.mark.parametrize("model", [None, ""])
def test_a_missing_model_has_a_code_of_its_own(caller: Caller, model: str | None) -> None:
    answer = caller.create(model=model)
    assert answer.status_code == 400
    assert answer.json() == {"code": "missing_model", "message": "model field is required", "data": None}


def test_an_unknown_model_is_a_503(caller: Caller) -> None:
    answer = caller.create(model="sora-2")
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert (error["type"], error["code"]) == ("new_api_error", "model_not_found")
    assert "sora-2" in error["message"]
    assert "(request id: " in error["message"]


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"", "application/json", "invalid_json"),
        (b'{"model": NaN}', "application/json", "invalid_json"),
        (b'{"model": "\xff"}', "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b'{"model": "m" // a comment\n}', "application/json", "invalid_json"),
        (b"[]", "application/json", "invalid_request"),
        (b"{}", "text/plain", "invalid_request"),
        (b"{}", "", "invalid_request"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(caller: Caller, content: bytes, kind: str, code: str) -> None:
    answer = caller.http.post(PATH, content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 400
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer wrong", "a-key-of-the-tests", "Basic a-key-of-the-tests", "Bearer ü"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("GET", "/v1/videos/gen_1"), ("GET", "/v1/models")])
def test_nothing_is_told_without_the_key(shared_sandbox: Sandbox, value: str, method: str, path: str) -> None:
    answer = httpx.request(method, shared_sandbox.url + path, headers={b"Authorization": value.encode()})
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["message"].startswith("Invalid token (request id: ")
    assert (error["type"], error["code"]) == ("new_api_error", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"image_url": "https://example.com/" + "x" * MIB},
        {"image_url": "data:image/png;base64," + "A" * 13 * MIB},
    ],
)
def test_a_body_too_large_is_a_413(caller: Caller, fields: dict[str, Any]) -> None:
    answer = caller.create(**fields)
    assert answer.status_code == 413
    assert answer.json()["code"] == "read_request_body_failed"


def test_a_picture_may_travel_in_the_body(caller: Caller) -> None:
    caller.created(image_url="data:image/png;base64," + "A" * 8 * MIB)


@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("PUT", "/v1/videos"), ("GET", "/v1/nothing")])
def test_an_unknown_path_under_v1_is_a_404(caller: Caller, method: str, path: str) -> None:
    answer = caller.http.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": "",
        "code": "",
    }


def test_any_other_path_shows_the_page_with_the_directives(caller: Caller) -> None:
    answer = caller.http.get("/video/gen_1?x=1")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["server"] == "SoraPortalSandbox"
    assert "sandbox" in answer.text
    assert "[sandbox:rate-limit[=N]]" in answer.text


def test_an_unknown_job_is_a_400(caller: Caller) -> None:
    answer = caller.query("gen_000000000000")
    assert answer.status_code == 400
    assert answer.json() == {"code": "task_not_exist", "message": "task_not_exist", "data": None}


def test_a_lone_surrogate_in_a_prompt_does_no_harm(caller: Caller) -> None:
    body = json.dumps({"model": "sora2-landscape-4s", "prompt": "half a \ud83d smile"})
    answer = caller.http.post(PATH, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 200
    assert caller.ended(answer.json()["id"])["prompt"] == "half a ? smile"


def test_a_body_without_a_length_ends_the_connection(caller: Caller) -> None:
    answer = caller.http.post(PATH, content=iter([b"{}"]))
    assert answer.status_code == 411
    assert answer.headers["connection"] == "close"

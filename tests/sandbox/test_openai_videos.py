"""The OpenAI dialect: what it takes, what it refuses and in which words, and everything it does with a finished job."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from generations.sandbox import Sandbox
from tests.sandbox.conftest import KEY, NO_TLS, PATIENCE, SPEED
from tests.sandbox.receiver import receiving

MIB = 1024 * 1024
KEYS = {
    *("id", "object", "model", "status", "progress", "prompt", "created_at", "completed_at", "expires_at"),
    *("seconds", "size", "remixed_from_video_id", "error"),
}
PRO, SMALL = {"model": "sora-2-pro"}, "720x1280"


def picture(width: int = 720, height: int = 1280, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, kind)
    return target.getvalue()


def data_url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


class Videos:
    """A caller of the API below one mount."""

    def __init__(self, sandbox: Sandbox, mount: str = "", key: str = KEY) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=f"{sandbox.url}{mount}/v1", headers=headers, timeout=PATIENCE, verify=NO_TLS)

    def create(self, prompt: str = "A paper boat", **fields: Any) -> httpx.Response:
        return self.http.post("/videos", json={"prompt": prompt} | fields)

    def send(self, content: bytes, kind: str = "image/png", **fields: str) -> httpx.Response:
        """A create with a reference file."""
        file = ("first.png", content, kind)
        return self.http.post("/videos", data={"prompt": "A boat"} | fields, files={"input_reference": file})

    def created(self, prompt: str = "A paper boat", **fields: Any) -> str:
        answer = self.create(prompt, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def query(self, job_id: str) -> httpx.Response:
        return self.http.get(f"/videos/{job_id}")

    def watch(self, job_id: str) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.query(job_id).json()
            yield answer
            if answer.get("status") not in ("queued", "in_progress", "marinating"):
                return
            time.sleep(0.01)
        raise AssertionError(f"{job_id} never ended")

    def ended(self, job_id: str) -> dict[str, Any]:
        return list(self.watch(job_id))[-1]

    def content(self, job_id: str, **headers: str) -> httpx.Response:
        return self.http.get(f"/videos/{job_id}/content", headers=headers)

    def error(self, answer: httpx.Response) -> tuple[int, str | None, str | None]:
        """Status, param and code of a refusal, which has all the keys of an error object."""
        error = answer.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}
        return answer.status_code, error["param"], error["code"]


@pytest.fixture(scope="session")
def videos(shared_sandbox: Sandbox) -> Videos:
    return Videos(shared_sandbox)


@pytest.fixture(scope="session")
def gateway(shared_sandbox: Sandbox) -> Videos:
    return Videos(shared_sandbox, "/gateway")


@pytest.fixture(scope="session")
def finished(videos: Videos) -> str:
    """A completed job."""
    job_id = videos.created("One boat for all downloads")
    assert videos.ended(job_id)["status"] == "completed"
    return job_id


def test_a_video_object_has_all_its_keys(videos: Videos) -> None:
    created = videos.create(size="1280x720").json()
    assert created.keys() == KEYS
    assert (created["status"], created["progress"], created["object"]) == ("queued", 0, "video")
    assert created["id"].startswith("video_")
    answers = list(videos.watch(created["id"]))
    assert all(answer.keys() == KEYS for answer in answers)
    assert {answer["status"] for answer in answers[:-1]} <= {"queued", "in_progress"}
    last = answers[-1]
    assert (last["status"], last["progress"], last["error"]) == ("completed", 100, None)
    assert last["expires_at"] - last["completed_at"] == 3600


def test_a_query_says_when_to_come_back(videos: Videos) -> None:
    assert videos.query(videos.created("[sandbox:stuck]")).headers["openai-poll-after-ms"] == "100"
    with Sandbox(key=KEY) as slow:
        caller = Videos(slow)
        assert caller.query(caller.created("[sandbox:stuck]")).headers["openai-poll-after-ms"] == "1000"


@pytest.mark.parametrize(
    ("fields", "param", "code", "words"),
    [
        ({"prompt": ""}, "prompt", "empty_string", "minimum length 1"),
        ({"prompt": None}, "prompt", "invalid_type", "got null instead"),
        ({"prompt": 7}, "prompt", "invalid_type", "expected a string, but got an integer"),
        ({"prompt": "x" * 32_001}, "prompt", "too_long", "maximum length 32000"),
        ({"model": "sora-3"}, "model", "invalid_value", "Invalid value: 'sora-3'. Supported values are: 'sora-2', "),
        ({"model": 5}, "model", "invalid_type", "Invalid type for 'model'"),
        ({"seconds": 8}, "seconds", "invalid_type", "but got an integer instead."),
        ({"seconds": "10"}, "seconds", "invalid_value", "Invalid value: '10'."),
        ({"seconds": "08"}, "seconds", "invalid_value", "Invalid value: '08'."),
        ({"size": "1024x1792"}, "size", "invalid_value", "Supported values are: '720x1280' and '1280x720'."),
        (PRO | {"size": "640x360"}, "size", "invalid_value", "'1080x1920', and '1920x1080'."),
        ({"duration": 8}, "duration", "unknown_parameter", "Unknown parameter: 'duration'."),
        ({"seed": 1}, "seed", "unknown_parameter", "Unknown parameter: 'seed'."),
        ({"watermark": False}, "watermark", "unknown_parameter", "Unknown parameter"),
        ({"aspect_ratio": "16:9"}, "aspect_ratio", "unknown_parameter", "Unknown parameter"),
        ({"characters": {"id": "a"}}, "characters", "invalid_type", "an array of {id} objects"),
        ({"characters": [{"id": "a", "name": "b"}]}, "characters", "invalid_type", "an array"),
        ({"characters": [{"id": "a"}] * 3}, "characters", "array_above_max_length", "at most 2"),
        ({"input_reference": "https://example.com/a.png"}, "input_reference", "invalid_type", "exactly one of"),
        ({"input_reference": {}}, "input_reference", "invalid_type", "exactly one of"),
        (
            {"input_reference": {"image_url": "https://a.b/c", "file_id": "file-1"}},
            "input_reference",
            "invalid_type",
            "",
        ),
        ({"input_reference": {"image_url": 5}}, "input_reference", "invalid_type", "exactly one of"),
        ({"input_reference": {"image_url": "ftp://a/b"}}, "input_reference", "invalid_url", "an http(s) URL"),
        ({"input_reference": {"image_url": "data:image/gif;base64,R0lGODdh"}}, "input_reference", None, "unsupported"),
        ({"input_reference": {"image_url": "data:image/png;base64,AAAA"}}, "input_reference", "invalid_image", ""),
        ({"prompt": "[sandbox:mistyped]"}, None, None, "unknown sandbox directive"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    videos: Videos, fields: dict[str, Any], param: str | None, code: str | None, words: str
) -> None:
    answer = videos.create(**fields)
    status, named, coded = videos.error(answer)
    assert (status, named) == (400, param)
    assert coded == code or code is None
    assert words in answer.json()["error"]["message"]


def test_the_documented_messages_are_said_word_for_word(shared_sandbox: Sandbox) -> None:
    strict = Videos(shared_sandbox, "/strict")
    lengths = strict.create(seconds="10").json()["error"]
    assert lengths == {
        "message": "Invalid value: '10'. Supported values are: '4', '8', and '12'.",
        "type": "invalid_request_error",
        "param": "seconds",
        "code": "invalid_value",
    }
    number = strict.create(seconds=10).json()["error"]["message"]
    assert number == "Invalid type for 'seconds': expected one of '4', '8', or '12', but got an integer instead."
    sizes = strict.create(**PRO, size="1920x1080").json()["error"]["message"]
    known = "'720x1280', '1280x720', '1024x1792', and '1792x1024'"
    assert sizes == f"Invalid value: '1920x1080'. Supported values are: {known}."
    prompt = strict.http.post("/videos", json={}).json()["error"]["message"]
    assert prompt == "Missing required parameter: 'prompt'."


@pytest.mark.parametrize(
    ("mount", "fields", "status"),
    [
        ("", {"seconds": "20"}, 200),
        ("/wide", {"seconds": "16"}, 200),
        ("/wide", PRO | {"size": "1920x1080"}, 200),
        ("/some/other-host", PRO | {"size": "1080x1920"}, 200),
        ("/wide", {"size": "1920x1080"}, 400),
        ("/strict", {"seconds": "16"}, 400),
        ("/strict", PRO | {"size": "1792x1024", "seconds": "12"}, 200),
        ("/strict", {"model": "sora-2-2025-12-08"}, 200),
        ("/strict", {"model": "sora-2-pro-2025-10-06", "size": "1024x1792"}, 200),
        ("/gateway", {"model": "sora-2", "seconds": "15"}, 200),
        ("/gateway", {"model": "sora-2", "seconds": "25"}, 400),
        ("/gateway", {"model": "sora-2", "seconds": "8"}, 400),
        ("/gateway", PRO | {"seconds": "25", "size": "1792x1024"}, 200),
        ("/gateway", PRO | {"size": "1920x1080"}, 400),
        ("/gateway", {"model": "sora_video2", "watermark": False, "private": True}, 200),
        ("/gateway", {"model": "sora_video2", "seconds": "15"}, 400),
        ("/gateway", {"model": "sora_video2", "watermark": 1}, 400),
    ],
)
def test_a_mount_is_a_flavour(shared_sandbox: Sandbox, mount: str, fields: dict[str, Any], status: int) -> None:
    assert Videos(shared_sandbox, mount).create("[sandbox:stuck]", **fields).status_code == status


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ("text/plain", b"prompt=x", "Unsupported content type: 'text/plain'"),
        ("application/json", b"{", "could not parse the JSON"),
        ("application/json", b"[]", "could not parse the JSON"),
        ("application/json", b'{"prompt": NaN}', "could not parse the JSON"),
        ("multipart/form-data", b"", "names no boundary"),
        ("multipart/form-data; boundary=x", b"prompt", "has no end"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nA\r\n--x--", "no name"),
        ("multipart/form-data; boundary=x", b"--x\r\nA\r\n--x--", "no blank line"),
    ],
)
def test_an_unreadable_body_is_a_400(videos: Videos, content: str, kind: bytes, words: str) -> None:
    answer = videos.http.post("/videos", content=kind, headers={"Content-Type": content})
    assert videos.error(answer) == (400, None, None)
    assert words in answer.json()["error"]["message"]


def test_a_body_too_large_is_a_413(videos: Videos) -> None:
    assert videos.send(b"x" * 25 * MIB).status_code == 413
    assert videos.send(b"x" * 40 * MIB).status_code == 413


def test_a_form_is_taken_as_it_is_written(videos: Videos) -> None:
    prompt = 'Zwei "Boote"\r\n\r\n--und Fjorde, 雪 [sandbox:stuck]'
    fields = {"prompt": prompt, "seconds": "8", "size": "1280x720", "model": "sora-2-pro", "characters[][id]": "char_1"}
    answer = videos.http.post("/videos", files={name: (None, value) for name, value in fields.items()})
    body = answer.json()
    assert (body["prompt"], body["seconds"], body["size"]) == (prompt, "8", "1280x720")


def test_a_field_twice_in_a_form_is_refused(videos: Videos) -> None:
    answer = videos.http.post("/videos", files=[("prompt", (None, "One")), ("prompt", (None, "Two"))])
    assert "prompt is there twice" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_reference_file_must_have_the_very_pixels(videos: Videos, kind: str) -> None:
    content_type = f"image/{kind.lower()}"
    assert videos.send(picture(1280, 720, kind), content_type, size="1280x720").status_code == 200
    answer = videos.send(picture(1280, 720, kind), content_type)
    assert answer.json()["error"] == {
        "message": "Inpaint image must match the requested width and height",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"no picture", "image/png", "invalid_image"),
        (picture()[:200], "image/png", "invalid_image"),
        (picture(), "application/octet-stream", "unsupported_file_mimetype"),
        (picture(kind="GIF"), "image/gif", "unsupported_file_mimetype"),
        (picture(kind="GIF"), "image/png", "invalid_image"),
    ],
)
def test_what_is_no_picture_is_refused(videos: Videos, content: bytes, kind: str, code: str) -> None:
    assert videos.error(videos.send(content, kind)) == (400, "input_reference", code)


def test_a_reference_url_is_looked_at_where_it_can_be(sandbox: Sandbox) -> None:
    videos, content = Videos(sandbox), picture()
    good = videos.created(input_reference={"image_url": data_url(content)})
    videos.created(input_reference={"image_url": "https://example.com/on-trust.png"})
    videos.created(input_reference={"file_id": "file-123"})
    small = videos.create(input_reference={"image_url": data_url(picture(8, 8))})
    assert "Inpaint image" in small.json()["error"]["message"]
    gone = videos.create(input_reference={"image_url": f"{sandbox.url}/files/nothing.mp4"})
    assert "cannot be downloaded" in gone.json()["error"]["message"]
    stats = httpx.get(f"{sandbox.url}/sandbox/stats").json()
    assert stats["references"] == [{"job": good, "width": 720, "height": 1280, "bytes": len(content)}]
    assert stats["creates"] == 3


def test_a_wrong_key_is_refused_everywhere(shared_sandbox: Sandbox, finished: str) -> None:
    stranger = Videos(shared_sandbox, key="wrong")
    paths = ("/videos", f"/videos/{finished}", f"/videos/{finished}/content", "/videos/video_nothing")
    answers = [stranger.create(), *(stranger.http.get(path) for path in paths)]
    answers += [stranger.http.delete(f"/videos/{finished}"), stranger.http.post(f"/videos/{finished}/remix")]
    assert {stranger.error(answer) for answer in answers} == {(401, None, "invalid_api_key")}


def test_an_unknown_id_is_answered_by_whom_it_looks_like(videos: Videos, gateway: Videos) -> None:
    missing = videos.query("video_missing")
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == "Video with id 'video_missing' not found."
    for answer in (videos.query("gen_missing"), videos.query("missing"), gateway.query("video_missing")):
        assert (answer.status_code, answer.json()["code"]) == (400, "task_not_exist")
    assert videos.content("gen_missing").status_code == 404


def test_the_content_is_the_clip_and_can_be_had_in_parts(videos: Videos, finished: str) -> None:
    whole = videos.content(finished)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = videos.content(finished, Range="bytes=10-29")
    assert (part.status_code, part.content) == (206, whole.content[10:30])
    assert part.headers["content-range"] == f"bytes 10-29/{len(whole.content)}"
    head = videos.http.head(f"/videos/{finished}/content")
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")


@pytest.mark.parametrize(
    ("variant", "kind", "size"),
    [("thumbnail", "image/webp", (720, 1280)), ("spritesheet", "image/jpeg", (4 * 90, 160))],
)
def test_pictures_are_made_of_the_clip(
    videos: Videos, finished: str, variant: str, kind: str, size: tuple[int, int]
) -> None:
    answer = videos.http.get(f"/videos/{finished}/content", params={"variant": variant})
    assert answer.headers["content-type"] == kind
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == size


def test_an_unknown_variant_is_refused(videos: Videos, finished: str) -> None:
    answer = videos.http.get(f"/videos/{finished}/content", params={"variant": "audio"})
    assert videos.error(answer) == (400, "variant", "invalid_value")


def test_content_has_its_time(tmp_path: Path) -> None:
    now = time.time()
    with Sandbox(key=KEY, speed=SPEED, data=tmp_path, clock=lambda: now) as sandbox:
        videos = Videos(sandbox)
        job_id = videos.created()
        early = videos.content(job_id)
        assert (early.status_code, "not ready yet" in early.text) == (400, True)
        now += 10
        assert videos.ended(job_id)["status"] == "completed"
        assert videos.content(job_id).status_code == 200
        now += 3600
        assert (videos.content(job_id).status_code, "expired" in videos.content(job_id).text) == (404, True)


def test_the_list_is_told_page_by_page(sandbox: Sandbox) -> None:
    videos = Videos(sandbox)
    empty = videos.http.get("/videos").json()
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    made = [videos.created(f"Boat {number} [sandbox:stuck]") for number in range(3)]
    Videos(sandbox, "/gateway").created(model="sora-2")
    sandbox_jobs = {"model": "sora2-landscape-4s", "prompt": "[sandbox:stuck]"}
    videos.http.post("/video/generations", json=sandbox_jobs)
    page = videos.http.get("/videos", params={"limit": 2}).json()
    assert [video["id"] for video in page["data"]] == [made[2], made[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (made[2], made[1], True)
    rest = videos.http.get("/videos", params={"limit": 2, "after": page["last_id"]}).json()
    assert ([video["id"] for video in rest["data"]], rest["has_more"]) == ([made[0]], False)
    upwards = videos.http.get("/videos", params={"order": "asc"}).json()
    assert [video["id"] for video in upwards["data"]] == made


@pytest.mark.parametrize(("name", "value"), [("limit", "101"), ("limit", "-1"), ("limit", "x"), ("order", "up")])
def test_a_wrong_page_is_refused(videos: Videos, name: str, value: str) -> None:
    assert videos.error(videos.http.get("/videos", params={name: value})) == (400, name, "invalid_value")


def test_only_what_has_ended_can_be_deleted(videos: Videos) -> None:
    job_id = videos.created()
    videos.ended(job_id)
    answer = videos.http.delete(f"/videos/{job_id}")
    assert answer.json() == {"id": job_id, "object": "video.deleted", "deleted": True}
    assert {videos.query(job_id).status_code, videos.content(job_id).status_code} == {404}
    assert videos.http.delete(f"/videos/{job_id}").status_code == 404
    stuck = videos.created("[sandbox:stuck]")
    assert videos.http.delete(f"/videos/{stuck}").status_code == 409
    assert videos.query(stuck).status_code == 200


def test_a_remix_needs_a_finished_video_and_nothing_but_a_prompt(videos: Videos, finished: str) -> None:
    path = f"/videos/{finished}/remix"
    body = videos.http.post(path, json={"prompt": "Make it daytime"}).json()
    assert (body["remixed_from_video_id"], body["prompt"]) == (finished, "Make it daytime")
    assert videos.error(videos.http.post(path, json={"prompt": "x", "size": SMALL}))[1] == "size"
    assert videos.error(videos.http.post(path, json={}))[1] == "prompt"
    assert videos.http.post(path, json={"prompt": "[sandbox:moderation]"}).status_code == 400
    stuck = videos.created("[sandbox:stuck]")
    assert videos.http.post(f"/videos/{stuck}/remix", json={"prompt": "x"}).status_code == 400
    assert videos.http.post("/videos/video_missing/remix", json={"prompt": "x"}).status_code == 404


def test_a_gateway_answers_in_its_own_manner(gateway: Videos, videos: Videos) -> None:
    created = gateway.create(model="sora-2").json()
    assert (created["status"], created["seconds"]) == ("queued", "10")
    assert "error" not in created
    assert abs(created["created_at"] / 1000 - time.time()) < 60
    done = gateway.ended(created["id"])
    assert done["completed_at"] > 1e12
    clip = httpx.get(done["video_url"])
    assert clip.content == gateway.content(created["id"]).content
    assert videos.query(created["id"]).status_code == 404
    failed = gateway.ended(gateway.created("[sandbox:fail-at-94]", model="sora-2"))
    assert failed["error"]["code"] == "content_policy_violation"
    assert failed["failed_at"] > 1e12


@pytest.mark.parametrize("link", ["https://example.com/a.png", data_url(picture())])
def test_a_gateway_takes_a_reference_as_text(gateway: Videos, link: str) -> None:
    assert gateway.create(model="sora-2", input_reference=link).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "missing_model"),
        ({"model": "sora-2", "size": "1x1"}, 400, "invalid_size"),
        ({"model": "sora-2", "input_reference": data_url(picture(8, 8))}, 400, "invalid_request"),
        ({"model": "sora-2", "prompt": "[sandbox:quota]"}, 403, "insufficient_user_quota"),
    ],
)
def test_a_gateway_refuses_in_the_familys_shape(
    gateway: Videos, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = gateway.create(**fields)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, None)


def test_a_gateway_has_no_channel_for_a_model_it_does_not_know(gateway: Videos) -> None:
    answer = gateway.create(model="sora-3")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")


def test_a_gateway_offers_neither_list_nor_deletion(gateway: Videos) -> None:
    for answer in (gateway.http.get("/videos"), gateway.http.delete("/videos/x")):
        assert answer.status_code == 404
        assert answer.json()["error"]["message"].startswith("Invalid URL")


@pytest.mark.parametrize(
    ("prompt", "status", "code"),
    [
        ("[sandbox:moderation]", 400, "moderation_blocked"),
        ("[sandbox:quota]", 429, "insufficient_quota"),
        ("[sandbox:bad-key]", 401, "invalid_api_key"),
        ("[sandbox:banned]", 401, "account_deactivated"),
        ("[sandbox:key-limit]", 429, "billing_hard_limit_reached"),
        ("[sandbox:unknown-model]", 404, "model_not_found"),
        ("[sandbox:not-implemented]", 501, None),
        ("[sandbox:body-too-large]", 413, None),
        ("[sandbox:upstream-error]", 404, None),
        ("[sandbox:error-in-200]", 200, "insufficient_quota"),
    ],
)
def test_a_refusal_makes_no_job(sandbox: Sandbox, prompt: str, status: int, code: str | None) -> None:
    videos = Videos(sandbox)
    for _ in range(2):
        assert videos.error(videos.create(prompt)) == (status, None, code)
    assert (sandbox.creates, sandbox.posts, sandbox.posts_for(prompt)) == (0, 2, 2)


@pytest.mark.parametrize(
    ("prompt", "status"),
    [("[sandbox:rate-limit]", 429), ("[sandbox:retry-after-date]", 429), ("[sandbox:overloaded]", 503)],
)
def test_a_busy_provider_accepts_later(videos: Videos, prompt: str, status: int) -> None:
    answer = videos.create(f"{prompt} of OpenAI")
    assert answer.status_code == status
    assert answer.headers["retry-after"]
    assert videos.create(f"{prompt} of OpenAI").status_code == 200


@pytest.mark.parametrize(
    ("prompt", "is_spoilt"),
    [
        ("[sandbox:error-500]", lambda answer: answer.status_code == 502),
        ("[sandbox:garbled]", lambda answer: answer.status_code == 200 and not answer.text.endswith("}")),
        ("[sandbox:hang=0.2]", lambda answer: answer.elapsed.total_seconds() >= 0.2),
    ],
)
def test_a_spoilt_answer_still_makes_the_job(
    sandbox: Sandbox, prompt: str, is_spoilt: Callable[[httpx.Response], bool]
) -> None:
    assert is_spoilt(Videos(sandbox).create(prompt))
    assert sandbox.creates == 1


def test_a_lost_answer_still_makes_the_job(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        Videos(sandbox).send(picture(), prompt="[sandbox:lost-answer]")
    assert sandbox.creates == 1


@pytest.mark.parametrize(
    ("prompt", "code"), [("[sandbox:fail]", "generation_failed"), ("[sandbox:fail-at-94]", "moderation_blocked")]
)
def test_a_failed_job_says_why(videos: Videos, prompt: str, code: str) -> None:
    job_id = videos.created(prompt)
    answer = videos.ended(job_id)
    assert (answer["status"], answer["error"]["code"], answer["completed_at"]) == ("failed", code, None)
    assert videos.content(job_id).status_code == 400


def test_a_vanished_job_is_a_404() -> None:
    with Sandbox(key=KEY, speed=40) as sandbox:
        videos = Videos(sandbox)
        job_id = videos.created("[sandbox:vanish]")
        assert list(videos.watch(job_id))[-1]["error"]["message"].endswith("not found.")
        assert {videos.query(job_id).status_code, videos.content(job_id).status_code} == {404}
        assert videos.http.get("/videos").json()["data"] == []


def test_an_unknown_word_passes() -> None:
    with Sandbox(key=KEY, speed=20) as sandbox:
        videos = Videos(sandbox)
        words = {answer["status"] for answer in videos.watch(videos.created("[sandbox:unknown-word]"))}
    assert {"marinating", "completed"} <= words


@pytest.mark.parametrize(
    ("prompt", "statuses"),
    [
        ("[sandbox:no-url]", [400, 400, 400]),
        ("[sandbox:late-url]", [400, 400, 200]),
        ("[sandbox:gone-file]", [404]),
        ("[sandbox:url-private]", [302]),
        ("[sandbox:url-redirect-private]", [302]),
    ],
)
def test_content_may_not_come(videos: Videos, prompt: str, statuses: list[int]) -> None:
    job_id = videos.created(prompt)
    assert videos.ended(job_id)["status"] == "completed"
    assert [videos.content(job_id).status_code for _ in statuses] == statuses


def test_content_may_be_bad_or_break_off(videos: Videos) -> None:
    bad, short = videos.created("[sandbox:bad-file]"), videos.created("[sandbox:short-file]")
    for job_id in (bad, short):
        videos.ended(job_id)
    assert (videos.content(bad).status_code, b"ftyp" in videos.content(bad).content) == (200, False)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            videos.content(short)
    assert b"ftyp" in videos.content(short).content


@pytest.mark.parametrize("secret", ["whsec_" + base64.b64encode(b"a secret").decode(), "a secret"])
def test_an_event_is_signed(secret: str) -> None:
    with receiving() as receiver:
        with Sandbox(key=KEY, speed=SPEED, webhook_url=receiver.url, webhook_secret=secret) as sandbox:
            job_id = Videos(sandbox).created("[sandbox:fail]")
            headers, body = receiver.next()
    event = json.loads(body)
    assert (event["type"], event["data"], event["object"]) == ("video.failed", {"id": job_id}, "event")
    assert event["id"] == headers["webhook-id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = hmac.new(b"a secret", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"


def test_an_event_is_sent_again_until_it_is_taken() -> None:
    with receiving([500, 503]) as receiver:
        with Sandbox(key=KEY, speed=SPEED, webhook_url=receiver.url, webhook_secret="s") as sandbox:
            Videos(sandbox).created("[sandbox:fail]")
            tries = [receiver.next() for _ in range(3)]
            assert len({(headers["webhook-id"], body) for headers, body in tries}) == 1
            assert receiver.heard.empty()
            assert sandbox.house.tally.announcements_dropped == 0


def test_an_event_nobody_takes_is_dropped_and_counted() -> None:
    with receiving([500] * 3) as receiver:
        with Sandbox(key=KEY, speed=SPEED, webhook_url=receiver.url, webhook_secret="s") as sandbox:
            Videos(sandbox).created("[sandbox:fail]")
            for _ in range(3):
                receiver.next()
            end = time.monotonic() + PATIENCE
            while not sandbox.house.tally.announcements_dropped and time.monotonic() < end:
                time.sleep(0.01)
            stats = httpx.get(f"{sandbox.url}/sandbox/stats").json()
    assert stats["announcements_dropped"] == 1


@pytest.mark.parametrize("secret", ["", "whsec_no base64"])
def test_a_webhook_without_a_good_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        Sandbox(webhook_url="http://127.0.0.1:1/", webhook_secret=secret)

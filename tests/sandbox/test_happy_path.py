"""From a prompt to a film that plays."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.jobs import LINK_LIFETIME
from tests.sandbox.conftest import KEY, SPEED, Caller

MODELS = 9


def test_a_create_answers_what_the_documents_show(caller: Caller) -> None:
    answer = caller.create(model="sora2-portrait-12s", prompt="[sandbox:no-url]")
    body = answer.json()
    assert abs(body.pop("created_at") - time.time()) < 60
    assert body.pop("id").startswith("gen_")
    assert body == {
        "object": "video.generation.job",
        "model": "sora2",
        "status": "queued",
        "progress": 0,
        "seconds": "12",
    }


def test_a_job_moves_forward_and_completes(caller: Caller) -> None:
    answers = list(caller.watch(caller.created("A paper boat", duration="4", image_url="https://example.com/a.jpg")))
    progress = [answer["progress"] for answer in answers]
    assert progress == sorted(progress)
    assert all(answer["video_url"] is None for answer in answers[:-1])
    assert {answer["status"] for answer in answers[:-1]} <= {"queued", "in_progress"}
    last = answers[-1]
    assert (last["status"], last["progress"], last["thumbnail_url"]) == ("completed", 100, None)
    assert last["prompt"] == "A paper boat"
    assert last["video_url"].startswith(str(caller.http.base_url.join("/files/")))
    assert isinstance(last["duration"], int)
    assert last["metadata"].keys() == {"total_time", "predict_time"}


def test_the_video_url_uses_the_host_the_caller_used(sandbox: Sandbox, own: Caller) -> None:
    job_id = own.created("x")
    own.ended(job_id)
    answer = own.http.get(f"/v1/videos/{job_id}", headers={"Host": "sandbox.example:8001"})
    assert answer.json()["video_url"].startswith("http://sandbox.example:8001/files/")
    odd = own.http.get(f"/v1/videos/{job_id}", headers={"Host": 'evil"/x'})
    assert odd.json()["video_url"].startswith(f"{sandbox.url}/files/")


@pytest.mark.parametrize(
    ("fields", "size", "seconds"),
    [
        ({"model": "sora2-landscape-8s"}, (640, 360), 8),
        ({"model": "sora2-portrait-4s", "aspect_ratio": "9:16", "duration": 4}, (360, 640), 4),
        ({"model": "sora2-pro-720p", "aspect_ratio": "16:9", "duration": "4"}, (1280, 720), 4),
        ({"model": "sora2-pro-720p"}, (720, 1280), 4),
        ({"model": "sora2-pro-1080p", "aspect_ratio": "9:16", "duration": 4}, (1080, 1920), 4),
    ],
)
def test_the_clip_is_what_was_asked_for(
    caller: Caller, fields: dict[str, Any], size: tuple[int, int], seconds: int
) -> None:
    answer = caller.ended(caller.created("Schnee über dem Fjord, 雪とフィヨルド", **fields))
    with av.open(io.BytesIO(httpx.get(answer["video_url"]).content), "r") as film:
        video = film.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == size
        assert film.duration == pytest.approx(seconds * av.time_base, abs=av.time_base / 20)
        packets = [packet for packet in film.demux(video) if packet.pts is not None]
    assert sum(packet.is_keyframe for packet in packets) == seconds


def test_frames_differ_and_seeking_lands(caller: Caller) -> None:
    content = httpx.get(caller.ended(caller.created("Waves"))["video_url"]).content
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(io.BytesIO(content), "r") as film:
        first = bytes(next(film.decode(video=0)).planes[0])
        film.seek(2 * av.time_base)
        landed = next(film.decode(video=0))
    assert landed.time == pytest.approx(2)
    assert bytes(landed.planes[0]) != first


def test_the_list_of_models_is_the_catalogue(caller: Caller) -> None:
    body = caller.http.get("/v1/models").json()
    assert body["object"] == "list"
    assert len(body["data"]) == MODELS
    assert all(row["object"] == "model" for row in body["data"])


def test_a_restart_loses_no_job(tmp_path: Path) -> None:
    with Sandbox(key=KEY, speed=SPEED, data=tmp_path) as before:
        caller = Caller(before.url)
        done = caller.created("Done before")
        content = httpx.get(caller.ended(done)["video_url"]).content
    with Sandbox(key=KEY, speed=1, data=tmp_path) as slow:
        fresh = Caller(slow.url).created("Half way")
    with Sandbox(key=KEY, speed=SPEED, data=tmp_path, clock=lambda: time.time() + 60) as after:
        caller = Caller(after.url)
        assert httpx.get(caller.ended(done)["video_url"]).content == content
        assert httpx.get(caller.ended(fresh)["video_url"]).status_code == 200
        assert after.creates == 0
        assert caller.http.get("/sandbox/stats").json()["jobs"] == 2


def test_old_jobs_and_litter_are_cleared_at_the_start(tmp_path: Path) -> None:
    with Sandbox(key=KEY, speed=SPEED, data=tmp_path) as sandbox:
        caller = Caller(sandbox.url)
        caller.ended(caller.created())
    (tmp_path / "files" / "nobodys.mp4").touch()
    (tmp_path / "jobs" / "half.tmp").write_text("{")
    (tmp_path / "jobs" / "broken.json").write_text("{")
    (tmp_path / "jobs" / "foreign.json").write_text(json.dumps({"id": 1}))
    with Sandbox(key=KEY, data=tmp_path, clock=lambda: time.time() + 8 * 24 * 3600):
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_link_expires_a_day_after_completion() -> None:
    ahead = 0.0
    with Sandbox(key=KEY, speed=SPEED, clock=lambda: time.time() + ahead) as sandbox:
        caller = Caller(sandbox.url)
        url = caller.ended(caller.created())["video_url"]
        ahead = LINK_LIFETIME - 60
        assert httpx.get(url).status_code == 200
        ahead = LINK_LIFETIME + 60
        assert httpx.get(url).status_code == 404

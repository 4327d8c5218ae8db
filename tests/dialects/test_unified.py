"""Unified video, by its documents and recorded answers."""

import pytest

from generations.contract import GenerationRequest, Reference, RemoteOutput, RemoteState
from generations.dialects.unified import Unified
from tests.dialects.cases import KEY, DialectCases, answer_of, json_answer

MAKE = "make animate"


class TestUnified(DialectCases):
    dialect = Unified
    payloads = "unified"
    requests = {
        "create_request": GenerationRequest(
            MAKE, "sora-2", "9:16", 15, "large", options={"watermark": "never", "private": "yes", "storyboard": "no"}
        ),
        "create_request_image": GenerationRequest(
            MAKE, "sora-2", "16:9", 10, "small", options={"watermark": "prefer-none", "private": "no"},
            references=(Reference("https://example.com/ref.png"),),
        ),
        "create_request_pro": GenerationRequest(
            MAKE, "sora-2-pro", "9:16", 15, "large", options={"watermark": "never", "private": "yes"}
        ),
        "create_request_style": GenerationRequest(MAKE, "sora_video2", "9:16", 10, options={"style": "anime"}),
    }  # fmt: skip

    def test_it_creates_and_asks_on_different_paths(self, speaking: Unified) -> None:
        create, query = self.calls(speaking)
        assert create.url == "https://api.example.com/v1/video/create"
        assert query.url == "https://api.example.com/v1/video/query?id=gen_1"

    def test_it_reads_where_the_clip_lies_and_why_there_is_none(self, speaking: Unified) -> None:
        done = speaking.read_snapshot(answer_of(self.sample("query_completed")), "x")
        assert (done.outputs, done.progress) == ((RemoteOutput("https://example.com/cdn/output.mp4"),), 100)
        for name in ("query_failed", "query_failed_error_object"):
            failed = speaking.read_snapshot(answer_of(self.sample(name)), "x")
            assert failed.reason == "content moderation rejected the prompt", name

    def test_it_finds_the_progress_and_the_work_inside_the_details(self, speaking: Unified) -> None:
        running = speaking.read_snapshot(answer_of(self.sample("query_running")), "x")
        assert (running.state, running.progress, running.word) == (RemoteState.RUNNING, 93, "pending")
        assert speaking.read_snapshot(answer_of(self.sample("query_queued")), "x").progress == 0

    @pytest.mark.parametrize("share", ["0.5", None, [0.5], float("nan"), float("inf"), 10**400, True])
    def test_a_share_that_is_none_is_no_progress(self, speaking: Unified, share: object) -> None:
        body = {"id": "x", "status": "pending", "detail": {"pending_info": {"progress_pct": share}}}
        assert speaking.read_snapshot(json_answer(body), "x").progress is None

    @pytest.mark.parametrize("detail", ["text", [], {"pending_info": "soon"}, {"pending_info": []}, None, 7])
    def test_details_may_be_anything(self, speaking: Unified, detail: object) -> None:
        body = {"id": "x", "status": "pending", "progress": "12", "detail": detail}
        seen = speaking.read_snapshot(json_answer(body), "x")
        assert (seen.state, seen.progress) == (RemoteState.PENDING, 12)


def test_another_shape_travels_as_an_aspect_ratio() -> None:
    body = Unified("https://api.example.com", KEY).create(GenerationRequest("A fox", "veo-3", "1:1", 8)).json or {}
    assert body["aspect_ratio"] == "1:1"
    assert "orientation" not in body

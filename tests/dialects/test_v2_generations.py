"""The Comfly family, by its documents and recorded answers."""

from decimal import Decimal

import pytest

from generations.contract import GenerationRequest, Reference, Refused, RemoteOutput, RemoteState
from generations.dialects.v2_generations import V2Generations
from tests.dialects.cases import DialectCases, answer_of

MAKE = "make animate"
SHOTS = "Shot 1:\nduration: 7.5sec\nScene: plane takes off\n\nShot 2:\nduration: 7.5sec\nScene: plane lands"


class TestV2Generations(DialectCases):
    dialect = V2Generations
    payloads = "v2_generations"
    requests = {
        "create_request": GenerationRequest(MAKE, "sora-2", "16:9", 10, "720p", 1280, 720),
        "create_request_image": GenerationRequest(
            "let the person dance", "sora-2", "16:9", 10, "720p", 1280, 720,
            options={"watermark": "no", "private": "yes"},
            references=(Reference("https://example.com/photo_1280x720.jpg"),),
            notify_url="https://example.com/callback",
        ),
        "create_request_pro_25": GenerationRequest(MAKE, "sora-2-pro", "16:9", 25, "720p", 1280, 720),
        "create_request_pro_hd": GenerationRequest(MAKE, "sora-2-pro", "9:16", 15, "hd"),
        "create_request_storyboard": GenerationRequest(SHOTS, "sora-2", "16:9", 15, "720p", 1280, 720),
    }  # fmt: skip
    never_sent = {
        "create_request_character": "the portal has no characters: they are videos of people, made elsewhere",
        "character_create_request": "the portal has no characters: they are videos of people, made elsewhere",
    }
    not_read = {
        "character_create_response": "the portal makes no characters, so none is answered",
        "callback_success": "what a caller says is never believed; the next look asks (services/callbacks.py)",
        "callback_success_camel": "what a caller says is never believed; the next look asks (services/callbacks.py)",
    }
    create_errors = {"error_400_openai_shape": Refused}

    def test_it_creates_and_asks_on_one_path(self, speaking: V2Generations) -> None:
        create, query = self.calls(speaking)
        assert create.url == "https://api.example.com/v2/videos/generations"
        assert query.url == "https://api.example.com/v2/videos/generations/gen_1"

    def test_it_reads_progress_cost_and_clip(self, speaking: V2Generations) -> None:
        assert speaking.read_snapshot(answer_of(self.sample("query_running")), "x").progress == 45
        for name in ("query_completed", "query_completed_rich", "query_completed_sora"):
            done = speaking.read_snapshot(answer_of(self.sample(name)), "x")
            assert done.outputs == (RemoteOutput("https://example.com/cdn/output.mp4"),), name
            assert done.cost == (Decimal("0.12") if "rich" in name else None), name

    def test_it_reads_a_reason_that_is_json_in_a_text(self, speaking: V2Generations) -> None:
        words = {
            "query_failed": "content policy violation",
            "query_failed_json_reason": "Inpaint image must match the requested width and height",
        }
        for name, reason in words.items():
            assert speaking.read_snapshot(answer_of(self.sample(name)), "x").reason == reason

    @pytest.mark.parametrize("name", ["callback_success", "callback_success_camel"])
    def test_a_body_that_calls_back_would_be_read_like_an_answer(self, speaking: V2Generations, name: str) -> None:
        assert speaking.read_snapshot(answer_of(self.sample(name)), "x").state == RemoteState.SUCCEEDED

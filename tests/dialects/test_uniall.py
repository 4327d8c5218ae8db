"""UniAll, by its documents and recorded answers."""

import pytest

from generations.catalogue import models_of
from generations.contract import CatalogueModel, GenerationRequest, Reference, RemoteOutput
from generations.dialects.uniall import UniAll
from tests.dialects.cases import DialectCases, answer_of, json_answer

CAT = "A cat running through grass"


class TestUniAll(DialectCases):
    dialect = UniAll
    payloads = "uniall"
    requests = {
        "create_request": GenerationRequest(
            CAT, "sora2-portrait-12s", "9:16", 12, references=(Reference("https://example.com/image.jpg"),)
        ),
        "create_request_pro": GenerationRequest(CAT, "sora2-pro-1080p", "16:9", 16, "1080p", 1920, 1080),
        "create_request_text_only": GenerationRequest(CAT, "sora2-landscape-8s", "16:9", 8),
    }

    @pytest.mark.parametrize("model", [m for m in models_of("uniall") if "pro" not in m.slug], ids=lambda m: m.slug)
    def test_a_name_that_fixes_shape_and_length_travels_alone(self, speaking: UniAll, model: CatalogueModel) -> None:
        only = model.combinations[0]
        call = speaking.create(GenerationRequest(CAT, model.slug, only.aspect_ratio, only.seconds))
        assert call.json == {"model": model.slug, "prompt": CAT}

    def test_duration_in_an_answer_is_processing_time_and_is_not_read(self, speaking: UniAll) -> None:
        seen = speaking.read_snapshot(json_answer({"id": "x", "status": "in_progress", "duration": 89}), "x")
        assert seen.progress is None

    def test_it_reads_how_far_a_job_is_and_where_its_clip_lies(self, speaking: UniAll) -> None:
        assert speaking.read_snapshot(answer_of(self.sample("query_running")), "x").progress == 45
        done = speaking.read_snapshot(answer_of(self.sample("query_completed")), "x")
        assert done.outputs == (RemoteOutput("https://example.com/output.mp4"),)
        failed = speaking.read_snapshot(answer_of(self.sample("query_failed")), "x")
        assert failed.reason == "content moderation rejected the prompt"

    def test_it_creates_and_asks_on_different_paths(self, speaking: UniAll) -> None:
        create, query = self.calls(speaking)
        assert create.url == "https://api.example.com/v1/video/generations"
        assert query.url == "https://api.example.com/v1/videos/gen_1"

"""UniAll, by its documents and recorded answers."""

import pytest

from generations.catalogue import models_of
from generations.contract import GenerationRequest
from generations.dialects.uniall import UniAll
from tests.dialects.cases import KEY, DialectCases, json_answer

CAT = "A cat running through grass"


class TestUniAll(DialectCases):
    dialect = UniAll
    payloads = "uniall"
    requests = {
        "create_request": GenerationRequest(
            CAT, "sora2-portrait-12s", "9:16", 12, reference_urls=("https://example.com/image.jpg",)
        ),
        "create_request_pro": GenerationRequest(CAT, "sora2-pro-1080p", "16:9", 16, "1080p"),
        "create_request_text_only": GenerationRequest(CAT, "sora2-landscape-8s", "16:9", 8),
    }

    @pytest.mark.parametrize("model", [m for m in models_of("uniall") if "pro" not in m.slug], ids=lambda m: m.slug)
    def test_a_name_that_fixes_shape_and_length_travels_alone(self, speaking: UniAll, model: object) -> None:
        slug, only = model.slug, model.combinations[0]  # type: ignore[attr-defined]
        call = speaking.create(GenerationRequest(CAT, slug, only.aspect_ratio, only.seconds))
        assert call.json == {"model": slug, "prompt": CAT}

    def test_duration_in_an_answer_is_processing_time_and_is_not_read(self, speaking: UniAll) -> None:
        snapshot = speaking.read_snapshot(json_answer({"id": "x", "status": "in_progress", "duration": 89}))
        assert snapshot.progress is None

    def test_it_creates_and_asks_on_different_paths(self, speaking: UniAll) -> None:
        request = self.requests["create_request_text_only"]
        assert speaking.create(request).url == "https://api.example.com/v1/video/generations"
        assert speaking.query("gen_1").url == "https://api.example.com/v1/videos/gen_1"
        assert speaking.query("gen_1").headers == {"Authorization": f"Bearer {KEY}"}

"""OpenAI's Videos API, by its documents, its servers and recorded answers."""

from typing import Any

import pytest

from generations.contract import (
    Combination,
    GenerationRequest,
    Listing,
    Misconfigured,
    NeverHeard,
    NotKnown,
    NotTaken,
    Reference,
    Refused,
    RemoteOutput,
    RemoteState,
)
from generations.dialects.openai_videos import OpenAIVideos
from tests.dialects.cases import KEY, DialectCases, answer_of, json_answer, wire

COUPE = "Wide tracking shot of a teal coupe on a desert highway"
TURNS = "She turns around and smiles"
LONG_ID = "video_68d7512d07848190b3e45da0ecbebcde004da08e1e0678d5"
HOOK = "its signature is what counts, and then the next look asks (services/callbacks.py, tests/services)"


class TestOpenAIVideos(DialectCases):
    dialect = OpenAIVideos
    payloads = "openai_videos"
    requests = {
        "create_request": GenerationRequest(COUPE, "sora-2-pro", "16:9", 8, "720p", 1280, 720),
        "create_request_image_json": GenerationRequest(
            TURNS, "sora-2", "16:9", 8, "720p", 1280, 720,
            references=(Reference("https://example.com/frame_1280x720.png"),),
        ),
        "create_request_multipart": GenerationRequest(
            TURNS, "sora-2-pro", "16:9", 8, "720p", 1280, 720,
            references=(Reference(content=b"jpeg", content_type="image/jpeg", name="frame_1280x720.jpeg"),),
        ),
    }  # fmt: skip
    never_sent = {
        "create_request_gateway_10s": "input_reference as a bare text: no reference knows it, an object is sent",
        "edit_request": "the portal makes new clips and remixes; it edits none",
        "extend_request": "the portal makes new clips and remixes; it extends none",
    }
    not_read = {
        "character_response": "the portal has no characters: they are videos of people, made elsewhere",
        "webhook_completed": HOOK,
        "webhook_failed": HOOK,
    }
    create_errors = {
        "error_400_image_size": Refused,
        "error_400_seconds": Refused,
        "error_400_sentinel": Refused,
        "error_400_size": Refused,
        "error_404_azure_deployment": Refused,
        "error_429_concurrency": NotTaken,
        "error_newapi_401": Misconfigured,
        "error_newapi_upstream": Refused,
        "error_tuzi_400": Refused,
    }
    query_errors = {
        "error_404": NotKnown,
        "error_404_sglang": NotKnown,
        "error_newapi_content_404": NotKnown,
        "error_newapi_content_not_ready": Refused,  # an answer of /content; of a look it would end nothing
        "error_newapi_unknown_task": NotKnown,
    }

    def test_it_creates_and_asks_on_one_path(self, speaking: OpenAIVideos) -> None:
        create, query = self.calls(speaking)
        assert create.url == "https://api.example.com/v1/videos"
        assert query.url == "https://api.example.com/v1/videos/gen_1"

    def test_the_clip_comes_from_the_api_itself_and_needs_the_key(self, speaking: OpenAIVideos) -> None:
        done = speaking.read_snapshot(answer_of(self.sample("query_completed")), "a/b")
        assert done.outputs == (
            RemoteOutput("https://api.example.com/v1/videos/a%2Fb/content", 1758945390.0, needs_key=True),
        )
        done = speaking.read_snapshot(answer_of(self.sample("query_completed_newapi_rc30")), "task_1")
        assert done.outputs == (RemoteOutput("https://api.example.com/v1/videos/task_1/content", needs_key=True),)

    def test_an_address_that_a_gateway_names_comes_first_and_gets_no_key(self, speaking: OpenAIVideos) -> None:
        done = speaking.read_snapshot(answer_of(self.sample("query_completed_gateway")), "x")
        assert done.outputs == (RemoteOutput("https://example.com/videos/xxxxx.mp4"),)

    def test_it_reads_progress_and_reasons(self, speaking: OpenAIVideos) -> None:
        assert speaking.read_snapshot(answer_of(self.sample("query_running")), "x").progress == 33
        words = {
            "query_failed": "Your request was blocked by our moderation system.",
            "query_failed_gateway": "moderation rejected: real person detected",
        }
        for name, reason in words.items():
            assert speaking.read_snapshot(answer_of(self.sample(name)), "x").reason == reason

    def test_an_answer_without_a_state_means_it_waits(self, speaking: OpenAIVideos) -> None:
        assert speaking.read_snapshot(json_answer({"id": "x"}), "x").state == RemoteState.PENDING

    def test_an_error_instead_of_a_state_is_no_waiting(self, speaking: OpenAIVideos) -> None:
        with pytest.raises(NeverHeard) as told:
            speaking.read_snapshot(json_answer({"error": {"message": "bad key", "code": "invalid_api_key"}}), "x")
        assert told.value.detail == "HTTP 200: invalid_api_key bad key"
        assert speaking.read_snapshot(json_answer({"id": "x", "error": None}), "x").state == RemoteState.PENDING

    @pytest.mark.parametrize(
        ("query_path", "content"),
        [
            ("", "/v1/videos/a%2Fb/content"),
            ("/openai/v1/videos/{id}?api-version=preview", "/openai/v1/videos/a%2Fb/content?api-version=preview"),
            ("/v1/video/query?id={id}", "/v1/videos/a%2Fb/content"),
        ],
    )
    def test_the_clip_has_a_path_of_its_own(self, query_path: str, content: str) -> None:
        speaking = OpenAIVideos("https://api.example.com", "k", query_path=query_path)
        (output,) = speaking.read_snapshot(json_answer({"status": "completed"}), "a/b").outputs
        assert output.url == f"https://api.example.com{content}"
        assert speaking.remix("a/b", GenerationRequest("x", "m", "16:9", 8)).url == output.url.replace(
            "content", "remix"
        )

    @pytest.mark.parametrize(
        ("shape", "objects"),
        [(("1:1", 8), True), (("1:1", 8, "", 1024), True), (("1:1", 8, "", 1024, 1024), False), (("9:16", 8), False)],
    )
    def test_a_shape_without_pixels_is_not_asked_for(self, shape: tuple[Any, ...], objects: bool) -> None:
        assert ("Give width and height of 1:1" in OpenAIVideos.objection(Combination(*shape))) == objects

    def test_it_lists_the_account_s_jobs(self, speaking: OpenAIVideos) -> None:
        assert speaking.list_recent().url == "https://api.example.com/v1/videos?limit=100&order=desc"
        assert speaking.list_recent("a&b").url.endswith("&after=a%26b")
        listing = speaking.read_list(answer_of(self.sample("list_response")))
        (listed,) = listing.jobs
        assert (listed.remote_id, listed.model, listed.seconds, listed.size) == (LONG_ID, "sora-2-pro", 8, "1280x720")
        assert (listed.created_at, listed.snapshot.state) == (1758941485.0, RemoteState.SUCCEEDED)
        assert listed.prompt.startswith("Wide tracking shot")
        assert not listing.more

    @pytest.mark.parametrize("data", [[], [1, None, "x"], [{}], [{"id": "x" * 400}]])
    def test_a_list_may_hold_anything(self, speaking: OpenAIVideos, data: object) -> None:
        assert speaking.read_list(json_answer({"object": "list", "data": data})) == Listing((), more=False)

    @pytest.mark.parametrize("data", [None, {}, "text", 5])
    def test_what_is_no_list_says_so(self, speaking: OpenAIVideos, data: object) -> None:
        with pytest.raises(Misconfigured, match="no list"):
            speaking.read_list(json_answer({"object": "list", "data": data}))

    def test_odd_facts_of_a_listed_job_are_left_out(self, speaking: OpenAIVideos) -> None:
        row = {"id": "v", "seconds": "-8", "created_at": "soon", "size": None, "model": ["sora-2"]}
        (listed,) = speaking.read_list(json_answer({"data": [row]})).jobs
        assert (listed.seconds, listed.created_at, listed.size, listed.model) == (None, None, "", "")

    @pytest.mark.parametrize(
        ("told", "fits"),
        [
            ({}, True),
            ({"model": "sora-2-pro-2025-10-06", "seconds": "8", "size": "1280x720", "prompt": "A  fox\n"}, True),
            ({"model": "sora-2"}, False),
            ({"seconds": "12"}, False),
            ({"size": "720x1280"}, False),
            ({"prompt": "A fox wakes"}, False),
        ],
    )
    def test_it_knows_which_request_made_a_listed_job(
        self, speaking: OpenAIVideos, told: dict[str, str], fits: bool
    ) -> None:
        (listed,) = speaking.read_list(json_answer({"data": [{"id": "v"} | told]})).jobs
        request = GenerationRequest("A fox", "sora-2-pro", "16:9", 8, "", 1280, 720)
        assert speaking.may_come_from(listed, request) == fits

    def test_it_deletes_a_job(self, speaking: OpenAIVideos) -> None:
        call = speaking.delete("a/b")
        assert (call.method, call.url) == ("DELETE", "https://api.example.com/v1/videos/a%2Fb")
        for name in (
            "delete_response",
            "delete_response_sglang",
            "error_404",
            "error_404_sglang",
            "error_newapi_unknown_task",
        ):
            assert speaking.read_deleted(answer_of(self.sample(name))), name
        for name in ("query_completed", "error_401", "error_502_html"):
            assert not speaking.read_deleted(answer_of(self.sample(name))), name
        assert not speaking.read_deleted(json_answer({"detail": "Not Found"}, 404)), "the path is not there"

    def test_it_remixes_a_job(self, speaking: OpenAIVideos) -> None:
        call = speaking.remix("video_123", GenerationRequest("Make it daytime", "sora-2", "16:9", 8))
        assert (call.method, call.url) == ("POST", "https://api.example.com/v1/videos/video_123/remix")
        assert call.json == wire(self.sample("remix_request"))
        assert speaking.read_created(answer_of(self.sample("remix_response"))) == "video_456"

    def test_an_azure_address_works_as_it_is_pasted(self) -> None:
        speaking = self.dialect("https://res.openai.azure.com/openai/v1", "", {"api-key": KEY})
        assert speaking.query("v").url == "https://res.openai.azure.com/openai/v1/videos/v"
        assert speaking.query("v").headers == {"api-key": KEY}


def test_a_model_added_by_hand_without_pixels_keeps_its_orientation() -> None:
    speaking = OpenAIVideos("https://api.example.com", KEY)
    sizes = {}
    for ratio in ("16:9", "9:16", "4:3"):
        call = speaking.create(GenerationRequest("A fox", "wan-2", ratio, 5))
        sizes[ratio] = {part.name: part.value for part in call.parts}.get("size")
    assert sizes == {"16:9": "1280x720", "9:16": "720x1280", "4:3": None}

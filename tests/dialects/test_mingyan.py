"""mingyan, by its documents and recorded answers."""

from decimal import Decimal

from generations.catalogue import presets_of
from generations.contract import GenerationRequest, Misconfigured, Reference, Refused, RemoteOutput
from generations.dialects.mingyan import Mingyan
from tests.dialects.cases import KEY, DialectCases, answer_of, wire

CAT = "A cat dancing in the rain, cinematic style"


class TestMingyan(DialectCases):
    dialect = Mingyan
    payloads = "mingyan"
    requests = {
        "create_request": GenerationRequest(
            CAT, "openAiSora2Plus", "9:16", 8, "720p", 720, 1280,
            references=(Reference("https://example.com/frame_720x1280.png"),),
        )
    }  # fmt: skip
    never_sent = {
        "create_request_alt": "the other half of each pair (size, duration, image_urls): one half is always sent"
    }
    create_errors = {"error_400_exclusive": Refused, "error_404_route": Misconfigured}
    query_errors = {"error_404_route": Misconfigured}

    def test_it_creates_and_asks_on_different_paths(self, speaking: Mingyan) -> None:
        create, query = self.calls(self.dialect("https://zcbservice.aizfw.cn/kyyReactApiServer", KEY))
        assert create.url == "https://zcbservice.aizfw.cn/kyyReactApiServer/v1/sora/videos"
        assert query.url == "https://zcbservice.aizfw.cn/kyyReactApiServer/v1/result/gen_1"

    def test_the_older_host_is_asked_on_another_path(self) -> None:
        older = presets_of("mingyan")[1]
        speaking = self.dialect(older.base_url, KEY, None, older.create_path, older.query_path)
        assert speaking.query("gen_1").url == "https://api.globalaiopc.com/v1/videos/gen_1"

    def test_of_a_pair_that_excludes_the_other_only_one_is_sent(self, speaking: Mingyan) -> None:
        body = speaking.create(self.requests["create_request"]).json or {}
        other = wire(self.sample("create_request_alt"))
        assert set(body) & set(other) == {"model", "prompt"}

    def test_it_reads_the_clip_and_what_it_cost_also_inside_an_envelope(self, speaking: Mingyan) -> None:
        for name, cost in [("query_completed", Decimal(12)), ("query_completed_wrapped", Decimal("0.72"))]:
            done = speaking.read_snapshot(answer_of(self.sample(name)), "x")
            assert (done.outputs, done.cost) == ((RemoteOutput("https://example.com/output.mp4"),), cost), name
        assert speaking.read_snapshot(answer_of(self.sample("query_failed")), "x").reason == "content rejected"

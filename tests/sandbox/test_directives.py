"""Every directive does what the table promises."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from html import unescape
from pathlib import Path

import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.directives import DIRECTIVES, directives_in
from generations.sandbox.front import DIALECTS
from generations.sandbox.jobs import Order, Stage, moment, new_job
from generations.sandbox.page import dashboard
from tests.sandbox.conftest import KEY, SPEED, Caller


def test_directives_are_read_anywhere_in_any_case() -> None:
    assert directives_in("A cat [Sandbox:SLOW=2.5], then [sandbox:hang]") == {"slow": 2.5, "hang": 600}


def test_directives_are_all_tried() -> None:
    tried = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [directive.name for directive in DIRECTIVES if f"[sandbox:{directive.name}" not in tried] == []


def test_the_page_shows_every_directive_and_promise() -> None:
    page = unescape(dashboard(tuple(DIALECTS)))
    assert [row.name for row in DIRECTIVES if row.syntax not in page or row.promise not in page] == []
    assert len({row.name for row in DIRECTIVES}) == len(DIRECTIVES)


@pytest.mark.parametrize(
    ("prompt", "status", "code"),
    [
        ("[sandbox:moderation]", 400, "content_policy_violation"),
        ("[sandbox:quota]", 403, "insufficient_user_quota"),
    ],
)
def test_a_refusal_makes_no_job(sandbox: Sandbox, own: Caller, prompt: str, status: int, code: str) -> None:
    for _ in range(2):
        answer = own.create(prompt)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (sandbox.creates, sandbox.posts, sandbox.posts_for(prompt)) == (0, 2, 2)


@pytest.mark.parametrize(
    ("prompt", "statuses"),
    [
        ("[sandbox:rate-limit]", [429, 200, 200]),
        ("[sandbox:rate-limit=3]", [429, 429, 429, 200]),
        ("[sandbox:overloaded]", [503, 200, 200]),
    ],
)
def test_a_busy_provider_accepts_later(sandbox: Sandbox, own: Caller, prompt: str, statuses: list[int]) -> None:
    answers = [own.create(prompt) for _ in statuses]
    assert [answer.status_code for answer in answers] == statuses
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code != 200} == {"1"}
    assert sandbox.creates == statuses.count(200)
    assert own.create(f"{prompt} another text").status_code == statuses[0]


def test_a_lost_answer_still_makes_the_job(sandbox: Sandbox, own: Caller) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        own.create("[sandbox:lost-answer]")
    assert sandbox.creates == 1


def test_a_bad_gateway_still_makes_the_job(sandbox: Sandbox, own: Caller) -> None:
    answer = own.create("[sandbox:error-500]")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")
    assert sandbox.creates == 1


def test_a_garbled_answer_still_makes_the_job(sandbox: Sandbox, own: Caller) -> None:
    answer = own.create("[sandbox:garbled]")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert sandbox.creates == 1


def test_a_hanging_answer_comes_late_and_never_holds_up_a_stop() -> None:
    with Sandbox(key=KEY, speed=SPEED) as sandbox:
        caller = Caller(sandbox.url)
        began = time.monotonic()
        assert caller.create("[sandbox:hang=0.2]").status_code == 200
        assert time.monotonic() - began >= 0.2
        caller.http.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            caller.create("[sandbox:hang]")
        assert sandbox.creates == 2
        began = time.monotonic()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("prompt", "words"), [("[sandbox:fail]", "internal error"), ("[sandbox:fail-at-94]", "content moderation")]
)
def test_a_failed_job_says_why(caller: Caller, prompt: str, words: str) -> None:
    answer = caller.ended(caller.created(prompt))
    assert (answer["status"], answer["progress"], answer["video_url"]) == ("failed", 0, None)
    assert answer["error"] == {"code": "task_failed", "message": answer["message"]}
    assert words in answer["message"]


def test_fail_at_94_is_seen_at_94_first() -> None:
    job = new_job("gen_1", _order("[sandbox:fail-at-94]"), now=0, speed=1)
    stages = [moment(job, second / 10, has_clip=False) for second in range(200)]
    assert max(stage.progress for stage in stages) == 94
    assert stages[-1].stage is Stage.FAILED


def test_a_vanished_job_was_known_once() -> None:
    prompt = "[sandbox:vanish]"
    with Sandbox(key=KEY, speed=40) as sandbox:
        caller = Caller(sandbox.url)
        answers = list(caller.watch(caller.created(prompt)))
    assert answers[0]["status"] == "queued"
    assert max(answer.get("progress", 0) for answer in answers) < 30
    assert answers[-1]["code"] == "task_not_exist"


def test_no_url_never_comes(caller: Caller) -> None:
    job_id = caller.created("[sandbox:no-url]")
    assert [caller.ended(job_id)["video_url"] for _ in range(4)] == [None] * 4
    assert caller.ended(job_id)["status"] == "completed"


def test_a_late_url_comes_third(caller: Caller) -> None:
    job_id = caller.created("[sandbox:late-url]")
    urls = [caller.ended(job_id)["video_url"] for _ in range(3)]
    assert urls[:2] == [None, None]
    assert httpx.get(urls[2]).status_code == 200


def test_an_unknown_word_is_all_that_is_odd() -> None:
    with Sandbox(key=KEY, speed=40) as sandbox:
        caller = Caller(sandbox.url)
        words = [answer["status"] for answer in caller.watch(caller.created("[sandbox:unknown-word]"))]
    assert list(dict.fromkeys(words)) == ["queued", "marinating", "completed"]


def test_slow_takes_a_multiple() -> None:
    usual, slow, slower = (
        new_job("gen_1", _order(prompt), now=0, speed=1)
        for prompt in ("A cat", "[sandbox:slow]", "[sandbox:slow=20] A cat")
    )
    assert (usual.completes_at, slow.completes_at, slower.completes_at) == (15, 75, 300)


def test_a_bad_file_is_text(caller: Caller) -> None:
    answer = httpx.get(caller.ended(caller.created("[sandbox:bad-file]"))["video_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.text.startswith("AccessDenied")


def test_a_gone_file_is_a_404(caller: Caller) -> None:
    assert httpx.get(caller.ended(caller.created("[sandbox:gone-file]"))["video_url"]).status_code == 404


def test_a_short_file_is_whole_at_the_third_try(caller: Caller) -> None:
    url = caller.ended(caller.created("[sandbox:short-file]"))["video_url"]
    assert httpx.head(url).status_code == 200
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url)
    answer = httpx.get(url)
    assert len(answer.content) == int(answer.headers["content-length"])


def test_a_short_file_can_be_fetched_in_pieces(caller: Caller) -> None:
    url = caller.ended(caller.created("[sandbox:short-file] in pieces"))["video_url"]
    whole, etag = int(httpx.head(url).headers["content-length"]), httpx.head(url).headers["etag"]
    content = b""
    for _ in range(3):
        headers = {"Range": f"bytes={len(content)}-", "If-Range": etag} if content else {}
        with suppress(httpx.RemoteProtocolError), httpx.stream("GET", url, headers=headers) as answer:
            assert answer.status_code == (206 if content else 200)
            for chunk in answer.iter_raw():
                content += chunk
    assert len(content) == whole
    assert content == httpx.get(url).content


def test_a_dripping_file_comes_as_slowly_as_it_says(caller: Caller) -> None:
    url = caller.ended(caller.created("[sandbox:drip-file=200]"))["video_url"]
    with httpx.stream("GET", url) as answer:
        assert answer.headers["content-length"] == httpx.head(url).headers["content-length"]
        sizes = [len(chunk) for _, chunk in zip(range(3), answer.iter_raw(), strict=False)]
        # Twenty bytes at a time; a reader that was busy meanwhile finds a few of them at once.
        assert all(size % 20 == 0 and size < int(answer.headers["content-length"]) / 2 for size in sizes), sizes


def test_an_aged_link_is_refused_and_another_one_is_named(caller: Caller) -> None:
    job = caller.created("[sandbox:aged-link]")
    first, second = caller.ended(job)["video_url"], caller.query(job).json()["video_url"]
    assert first.partition("?")[0] == second.partition("?")[0]
    assert first != second
    assert httpx.get(first).status_code == 403
    assert httpx.get(second).status_code == 200
    assert httpx.get(first.partition("?")[0]).status_code == 403


def _order(prompt: str) -> Order:
    return Order("uniall", "sora2-landscape-4s", prompt, "16:9", 4, 640, 360)

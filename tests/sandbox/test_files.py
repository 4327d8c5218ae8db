"""Downloading a finished clip: ranges, HEAD, and what a stranger gets."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.conftest import Caller


@pytest.fixture(scope="module")
def url(caller: Caller) -> str:
    return str(caller.ended(caller.created("One clip for all downloads"))["video_url"])


@pytest.fixture(scope="module")
def content(url: str) -> bytes:
    return httpx.get(url).content


def test_a_whole_file_needs_no_key(url: str, content: bytes) -> None:
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].strip('"')


def test_head_tells_the_same_without_the_body(url: str, content: bytes) -> None:
    answer = httpx.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(content))


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=500-", 500, None), ("bytes=-64", -64, None), ("bytes=0-99999999", 0, None)],
)
def test_a_range_is_cut_out(url: str, content: bytes, wanted: str, start: int, stop: int | None) -> None:
    answer = httpx.get(url, headers={"Range": wanted})
    first = start % len(content)
    assert answer.status_code == 206
    assert answer.content == content[start:stop]
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_a_416(url: str, content: bytes, wanted: str) -> None:
    answer = httpx.get(url, headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize("wanted", ["bytes=-", "bytes=9-3", "bytes=0-1,4-5", "lines=1-2"])
def test_what_is_no_single_range_gets_the_whole_file(url: str, content: bytes, wanted: str) -> None:
    answer = httpx.get(url, headers={"Range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, len(content))


def test_a_range_of_another_version_gets_the_whole_file(url: str) -> None:
    etag = httpx.head(url).headers["etag"]
    assert httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": etag}).status_code == 206
    assert httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


def test_an_unknown_or_unfinished_file_is_a_404(caller: Caller, url: str) -> None:
    assert httpx.get(url.replace(".mp4", "x.mp4")).status_code == 404
    assert caller.http.get("/files/../jobs/x.json").status_code in (200, 404)
    assert caller.http.get("/files/%2e%2e%2fjobs.mp4").status_code == 404

"""Looking at reference pictures: what is read, what is taken on trust, what is none."""

from __future__ import annotations

import pytest

from generations.sandbox import Sandbox
from generations.sandbox.images import Picture, PictureError, is_loopback, measured, read_pictures
from tests.sandbox.tongues import UNIFIED, Talker, data_uri, listener, picture


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/a.png", True),
        ("https://localhost/a.png", True),
        ("http://[::1]:80/a.png", True),
        ("http://127.8.8.8/", True),
        ("http://127.0.0.1.example.com/a.png", False),
        ("http://10.0.0.1/a.png", False),
        ("https://example.com/a.png", False),
        ("ftp://127.0.0.1/a.png", False),
        ("", False),
    ],
)
def test_only_this_machine_is_within_reach(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_a_picture_is_measured() -> None:
    content = picture(64, 36)
    assert measured(content) == Picture(64, 36, len(content), "PNG")
    assert read_pictures([data_uri(content), "https://example.com/a.png"]) == [Picture(64, 36, len(content), "PNG")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be decoded"),
        (b"GIF89a", "cannot be decoded"),
        (picture(64, 36)[:60], "cannot be decoded"),
        (picture(10_000, 6_000), "too many pixels"),
    ],
)
def test_what_is_no_picture_says_so(content: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        measured(content)


def test_unified_takes_any_picture_but_nothing_else(sandbox: Sandbox) -> None:
    talker = Talker(sandbox, UNIFIED)
    with listener(picture(33, 44)) as (url, _):
        assert talker.create("[sandbox:no-url]", images=[f"{url}/a.png?size=1"]).status_code == 200
    with listener(b"<html>") as (url, _):
        answer = talker.create("[sandbox:no-url]", images=[f"{url}/a.png"])
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "the image cannot be decoded")
    assert sandbox.creates == 1

"""The kept files: ranges, names, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Output, State, User
from tests.pages.conftest import CLIP, POSTER

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def clip_of(job: Job) -> str:
    return reverse("job-clip", args=[job.key])


def test_the_whole_clip(mara: Client, make_clip: MakeJob) -> None:
    answer = mara.get(clip_of(make_clip()))
    assert answer.status_code == 200
    assert body(answer) == CLIP
    assert answer["Content-Type"] == "video/mp4"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Length"] == str(len(CLIP))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private, max-age=")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Disposition" not in answer


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=1000-1999", 1000, 1999),
        ("bytes=0-", 0, len(CLIP) - 1),
        ("bytes=9000-99999", 9000, len(CLIP) - 1),
        ("bytes=-500", len(CLIP) - 500, len(CLIP) - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=-1", len(CLIP) - 1, len(CLIP) - 1),
    ],
)
def test_a_range_is_exactly_those_bytes(mara: Client, make_clip: MakeJob, asked: str, start: int, end: int) -> None:
    answer = mara.get(clip_of(make_clip()), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end}/{len(CLIP)}"
    assert body(answer) == CLIP[start : end + 1]


def test_a_range_past_the_end_is_416(mara: Client, make_clip: MakeJob) -> None:
    answer = mara.get(clip_of(make_clip()), headers={"Range": f"bytes={len(CLIP)}-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(CLIP)}"


def test_head_says_the_size_and_sends_nothing(mara: Client, make_clip: MakeJob) -> None:
    answer = mara.head(clip_of(make_clip()))
    assert (answer.status_code, answer["Content-Length"], body(answer)) == (200, str(len(CLIP)), b"")
    assert mara.post(clip_of(make_clip())).status_code == 405


def test_an_unchanged_clip_is_not_sent_again(mara: Client, make_clip: MakeJob) -> None:
    url = clip_of(make_clip())
    seen = mara.get(url)["Last-Modified"]
    assert mara.get(url, headers={"If-Modified-Since": seen}).status_code == 304


def test_a_download_has_a_name_made_by_us(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip('Dunes at "dusk" ../../breathe\r\nlike a sleeping animal under the moon')
    answer = mara.get(clip_of(job), {"download": 1})
    today = f"{timezone.localdate():%Y-%m-%d}"
    rest = f"sora2-landscape-8s-8s-{job.key.hex[:8]}.mp4"
    name = f"{today}-dunes-at-dusk-breathe-like-a-sleeping-an-{rest}"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_name_in_other_letters_comes_along_with_a_plain_one(mara: Client, make_clip: MakeJob) -> None:
    arabic = make_clip("بازار قديم")
    today, rest = f"{timezone.localdate():%Y-%m-%d}", f"sora2-landscape-8s-8s-{arabic.key.hex[:8]}.mp4"
    told = mara.get(clip_of(arabic), {"download": 1})["Content-Disposition"]
    own = quote(f"{today}-بازار-قديم-{rest}", safe="")
    assert told == f"attachment; filename=\"{today}-{rest}\"; filename*=UTF-8''{own}"
    assert told.isascii()


def test_the_poster(mara: Client, make_clip: MakeJob) -> None:
    answer = mara.get(reverse("job-poster", args=[make_clip().key]))
    assert (answer.status_code, body(answer), answer["Content-Type"]) == (200, POSTER, "image/webp")
    assert answer["Cache-Control"] == "private, max-age=86400"


@pytest.mark.parametrize("name", ["job-clip", "job-poster"])
def test_private_files_are_their_owners_only(
    as_user: Callable[[User], Client], make_clip: MakeJob, stranger: User, reviewer: User, admin: User, name: str
) -> None:
    url = reverse(name, args=[make_clip(visibility="me").key])
    for user in (stranger, reviewer, admin):
        assert as_user(user).get(url).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("name", ["job-clip", "job-poster"])
def test_what_is_not_kept_is_not_there(mara: Client, make_job: MakeJob, make_clip: MakeJob, name: str) -> None:
    for job in (make_job(State.RUNNING), make_job(State.ARCHIVING), make_job(State.DONE)):
        assert mara.get(reverse(name, args=[job.key])).status_code == 404
    lost = make_clip()
    output = Output.objects.get(job=lost)
    output.clip.storage.delete(output.clip.name or "")
    output.poster.storage.delete(output.poster.name or "")
    assert mara.get(reverse(name, args=[lost.key])).status_code == 404


def test_a_poster_is_a_picture_whatever_its_name_says(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    Output.objects.filter(job=job).update(poster="evil.html")
    assert mara.get(reverse("job-poster", args=[job.key])).status_code == 404

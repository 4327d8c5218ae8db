"""The last frame of a clip, as the image that the next one starts from."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from generations.models import Job, Output, State, User
from generations.services.frames import frame_of
from generations.services.references import NotUsable
from tests.pictures import picture
from tests.services.clips import make_clip

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(make_job: Callable[..., Job], tmp_path: Path) -> Job:
    job = make_job(State.DONE)
    kept(job, make_clip(tmp_path / "clip.mp4", 192, 128, seconds=5, right="blue").read_bytes())
    return job


def kept(job: Job, clip: bytes, poster: bytes = b"") -> None:
    output = job.cover
    assert output
    output.clip.save("clip.mp4", ContentFile(clip))
    if poster:
        output.poster.save("poster.webp", ContentFile(poster))


def test_it_is_in_full_size_and_the_same_clip_gives_the_same_image(job: Job, member: User, stranger: User) -> None:
    image = frame_of(job, member)
    assert (image.width, image.height, image.content_type, image.owner) == (192, 128, "image/webp", member)
    seen = Image.open(io.BytesIO(image.image.open("rb").read())).convert("RGB")
    red, _, blue = seen.getpixel((170, 64))  # type: ignore[misc]
    assert blue > 150 > red
    assert frame_of(job, member) == image
    assert frame_of(job, stranger) != image


def test_a_clip_that_cannot_be_read_gives_its_poster(job: Job, member: User) -> None:
    kept(job, b"no clip at all", picture(320, 180))
    assert frame_of(job, member).width == 320


def test_without_clip_or_poster_it_is_said(job: Job, member: User) -> None:
    kept(job, b"no clip at all")
    with pytest.raises(NotUsable, match="No frame"):
        frame_of(job, member)
    output = Output.objects.get(job=job)
    output.clip.storage.delete(output.clip.name or "")
    with pytest.raises(NotUsable, match="not there any more"):
        frame_of(Job.objects.get(pk=job.pk), member)

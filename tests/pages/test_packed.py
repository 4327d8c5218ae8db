"""What travels packed, and what must not."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import Job
from tests.pages.conftest import CLIP, HTMX

pytestmark = pytest.mark.django_db
PACKS = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("headers", [PACKS, PACKS | HTMX])
def test_pages_and_fragments_travel_packed(mara: Client, make_job: Callable[..., Job], headers: dict[str, str]) -> None:
    key = make_job().key
    plain = mara.get(reverse("job", args=[key])).content
    answer = mara.get(reverse("job", args=[key]), headers=headers)
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert len(answer.content) < len(plain) / 2
    assert b"A fox wakes" in gzip.decompress(answer.content)


@pytest.mark.parametrize("part", [{}, {"Range": "bytes=100-199"}])
def test_a_clip_does_not(mara: Client, make_clip: Callable[..., Job], part: dict[str, str]) -> None:
    answer = mara.get(reverse("job-clip", args=[make_clip().key]), headers=PACKS | part)
    assert "Content-Encoding" not in answer
    assert answer["Content-Length"] == str(100 if part else len(CLIP))

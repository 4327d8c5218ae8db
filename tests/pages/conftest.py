"""What page tests ask for: somebody signed in, a posted composer, a job with a kept file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from generations.models import Job, Output, Provider, State, User

HTMX = {"HX-Request": "true"}
CLIP = bytes(range(256)) * 40
POSTER = b"RIFF\x00\x00\x00\x00WEBP"


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser in which this user is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def mara(as_user: Callable[[User], Client], member: User) -> Client:
    """The member's own browser."""
    return as_user(member)


@pytest.fixture
def ask(provider: Provider) -> Callable[..., dict[str, Any]]:
    """A composer filled in, with changes."""

    def filled(**changes: Any) -> dict[str, Any]:
        good = {
            "text": "A fox wakes", "provider": provider.pk, "model": "sora2-landscape-8s", "aspect_ratio": "16:9",
            "seconds": 8, "visibility": "team", "compose_token": uuid4().hex,
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not None}

    return filled


@pytest.fixture
def make_clip(make_job: Callable[..., Job]) -> Callable[..., Job]:
    """A finished job whose file and poster are kept."""

    def make(text: str = "A fox wakes", **extra: Any) -> Job:
        job = make_job(State.DONE, text, **extra)
        output = Output.objects.get(job=job)
        output.clip.save(f"{uuid4().hex}.mp4", ContentFile(CLIP), save=False)
        output.poster.save(f"{uuid4().hex}.webp", ContentFile(POSTER), save=False)
        output.size = len(CLIP)
        output.save()
        return job

    return make

"""What a load balancer hears."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import Heartbeat
from generations.services.readiness import LOOKS, Look, Words, heartbeats, readiness

PARTS = {"database", "engine", "queue", "archive", "broker", "storage"}


@pytest.fixture(autouse=True)
def fresh_looks() -> None:
    for look in LOOKS:
        look.good_until = 0


def beat(*names: str, ago: float = 0) -> None:
    at = timezone.now() - timedelta(seconds=ago)
    for name in names:
        Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def test_alive_touches_nothing(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["videos.example.org"], True
    answer = Client().get("/health/live", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.content, answer.cookies) == (200, b"alive\n", {})
    assert Client().post("/health/live").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_ready_when_every_part_is_wherever_it_runs(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["videos.example.org"], True
    beat("engine@two", "canary:portal@one", "archive@three")
    answer = Client().get("/health/ready", headers={"Host": "10.0.0.7:8000"})
    assert answer.json() == dict.fromkeys(PARTS, "ok")
    assert (answer.status_code, answer.cookies) == (200, {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silent", "beats"),
    [
        ({"engine", "queue", "archive"}, {}),
        ({"engine"}, {"engine@one": 31, "engine": 90, "engine-room": 0, "canary:portal": 1, "canary:archive": 1}),
        ({"queue"}, {"engine": 1, "canary:portal@a": 40, "canary:archive": 1}),
        ({"archive"}, {"engine": 1, "canary:portal": 1, "canary:archive@a": 121, "archive@a": 130}),
        (set(), {"engine@a": 60, "engine@b": 1, "canary:portal": 1, "canary:archive": 300, "archive@b": 100}),
    ],
)
def test_signs_of_life_grow_old(silent: set[str], beats: dict[str, float], django_assert_num_queries: Any) -> None:
    for name, ago in beats.items():
        beat(name, ago=ago)
    with django_assert_num_queries(1):
        found = heartbeats()
    assert {part for part, word in found.items() if word == "silent"} == silent


def test_a_part_that_hangs_costs_one_thread_however_many_ask() -> None:
    go_on, asked = Event(), []

    def hang() -> Words:
        asked.append(1)
        go_on.wait(10)
        return {"slow": "ok"}

    look = Look(hang, {"slow": "away"}, keep=60)
    assert [look.words(0)["slow"] for _ in range(20)] == ["away"] * 20
    assert len(asked) == 1
    go_on.set()
    assert readiness([look]) == {"slow": "ok"}
    assert readiness([look]) == {"slow": "ok"}
    assert len(asked) == 1

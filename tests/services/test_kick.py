"""Waking the queue: not too often, always the right cluster, by names that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.conf import Conf

from generations.models import Heartbeat
from generations.services import kick
from generations.signals import stamp_canary
from generations.tasks import run_engine
from tests.services.helpers import queued

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
ENGINE = ("engine", "generations.tasks.run_engine", ())


def test_a_sleeping_engine_is_woken_once() -> None:
    kick.kick_engine()
    kick.kick_engine()
    kick.kick_engine_again()
    assert queued() == [ENGINE]


def test_a_live_engine_is_left_alone() -> None:
    Heartbeat.beat(kick.ENGINE_BEAT)
    kick.kick_engine()
    assert queued() == []


def test_an_engine_that_went_quiet_is_woken() -> None:
    Heartbeat.objects.create(name=kick.ENGINE_BEAT, at=timezone.now() - kick.ENGINE_STALE - timedelta(seconds=1))
    kick.kick_engine()
    assert queued() == [ENGINE]


def test_a_turn_that_ends_has_the_next_one_follow_though_its_heart_just_beat() -> None:
    Heartbeat.beat(kick.ENGINE_BEAT)
    kick.kick_engine_again()
    assert queued() == [ENGINE]


@pytest.mark.parametrize("inside", ["portal", "engine", "archive"])
def test_every_task_goes_to_its_cluster_from_wherever_it_is_sent(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "CLUSTER_NAME", inside)
    kick.kick_engine()
    kick.kick_archive(7)
    for cluster in (kick.MAIN, kick.ENGINE, kick.ARCHIVES):
        kick.kick_canary(cluster)
    assert queued() == [
        ENGINE,
        ("archive", "generations.tasks.archive", (7,)),
        ("portal", "generations.tasks.canary", ("portal",)),
    ], "no canary where something waits already"


@pytest.mark.parametrize("name", [kick.RUN_ENGINE, kick.ARCHIVE, kick.CANARY])
def test_every_task_s_name_leads_to_a_function(name: str) -> None:
    assert callable(import_string(name))


def test_the_clusters_are_the_configured_ones(settings: object) -> None:
    configured = settings.Q_CLUSTER  # type: ignore[attr-defined]
    assert {configured["name"], *configured["ALT_CLUSTERS"]} == {kick.MAIN, kick.ENGINE, kick.ARCHIVES}


def test_an_acknowledged_canary_is_a_sign_of_life() -> None:
    stamp_canary(None, {"func": kick.RUN_ENGINE, "args": ()})
    assert Heartbeat.last("canary:archive") is None
    stamp_canary(None, {"func": kick.CANARY, "args": ("archive",)})
    assert Heartbeat.last("canary:archive")


def test_an_engine_s_turn_enqueues_the_next_unless_the_portal_stops(
    monkeypatch: pytest.MonkeyPatch, stopping: Callable[[bool], None]
) -> None:
    monkeypatch.setattr("generations.engine.run", lambda stop: None)
    stopping(True)
    run_engine()
    assert queued() == []
    stopping(False)
    run_engine()
    assert queued() == [ENGINE]


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    return lambda asked: monkeypatch.setattr("generations.process.stop_requested", lambda: asked)

"""Waking the queue: not too often, always the right cluster, by names that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task
from pytest_django import Settings

from generations.models import Heartbeat
from generations.services import kick
from generations.signals import stamp_canary
from generations.tasks import run_engine
from sora_portal.brokers import own_door
from tests.services.helpers import queued

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
ENGINE = ("engine", "generations.tasks.run_engine", ())
OWN_ENGINE = (own_door("engine"), *ENGINE[1:])


def test_a_sleeping_engine_is_woken_once() -> None:
    kick.kick_engine()
    kick.kick_engine()
    assert queued() == [ENGINE]


def test_a_live_engine_is_left_alone() -> None:
    Heartbeat.beat(kick.ENGINE_BEAT)
    kick.kick_engine()
    assert queued() == []


def test_an_engine_that_went_quiet_is_woken() -> None:
    silent(timedelta(seconds=6), "engine@here")
    kick.kick_engine()
    assert queued() == [ENGINE]


def test_an_engine_that_beats_on_another_machine_is_enough() -> None:
    silent(timedelta(days=2), "engine@here")
    silent(timedelta(seconds=1), "engine@there")
    kick.kick_engine()
    assert queued() == []


def test_a_turn_that_ends_has_the_next_one_follow_at_the_own_door_though_its_heart_just_beat() -> None:
    Heartbeat.beat(kick.ENGINE_BEAT)
    kick.kick_engine_again()
    kick.kick_engine_again()
    assert queued() == [OWN_ENGINE]


def test_turns_that_were_sent_twice_become_one_again() -> None:
    for _ in range(2):
        async_task(kick.RUN_ENGINE, cluster=own_door("engine"))
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))  # both taken: one runs, one waits behind it
    kick.kick_engine_again(under_way=1)
    assert len(queued()) == 2


def test_an_engine_that_has_taken_a_turn_is_sent_no_other() -> None:
    kick.kick_engine_again()
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))
    kick.kick_engine_again()
    assert len(queued()) == 1


def test_a_fresh_start_drops_what_the_killed_one_had_taken_from_its_own_door_only(settings: Settings) -> None:
    settings.INSTANCE = "there"
    kick.kick_canary("engine")
    settings.INSTANCE = "here"
    kick.kick_canary("engine")
    kick.kick_archive(7)
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))
    kick.fresh_start("engine")
    assert [key for key, *_ in queued()] == ["engine@there", "archive", "engine@here"]
    assert queued()[-1][1] == kick.RUN_ENGINE


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
        *[(own_door(cluster), "generations.tasks.canary", (cluster,)) for cluster in ("portal", "engine", "archive")],
    ]


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


def test_a_cluster_that_is_silent_here_is_not_hidden_by_one_that_lives_there(settings: Settings) -> None:
    settings.INSTANCE = "there"
    stamp_canary(None, {"func": kick.CANARY, "args": ("portal",)})
    settings.INSTANCE = "here"
    assert Heartbeat.last_here("canary:portal") is None
    assert Heartbeat.last("canary:portal")


def test_an_instance_that_is_gone_for_a_day_leaves_nothing_behind(settings: Settings) -> None:
    for instance, age in (("gone", 25), ("partly", 25), ("here", 0)):
        settings.INSTANCE = instance
        kick.kick_canary("archive")
        silent(timedelta(hours=age), f"canary:archive@{instance}")
    silent(timedelta(hours=1), "engine@partly")
    kick.forget_gone_instances()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"engine@partly", "canary:archive@here"}
    assert [key for key, *_ in queued()] == ["archive@partly", "archive@here"]


def silent(age: timedelta, name: str) -> None:
    Heartbeat.objects.create(name=name, at=timezone.now() - age)


def test_an_engine_s_turn_enqueues_the_next_unless_the_portal_stops(
    monkeypatch: pytest.MonkeyPatch, stopping: Callable[[bool], None]
) -> None:
    monkeypatch.setattr("generations.engine.run", lambda stop: None)
    stopping(True)
    run_engine()
    assert queued() == []
    stopping(False)
    run_engine()
    assert queued() == [OWN_ENGINE]


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    return lambda asked: monkeypatch.setattr("generations.process.stop_requested", lambda: asked)

"""The whole engine against the sandbox: from a waiting job to its end, and what that leaves behind."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from generations import engine
from generations.engine import poller
from generations.engine.doors import Doors
from generations.engine.poller import Poller
from generations.models import Charged, Heartbeat, Job, Output, Provider, State, Watch
from generations.sandbox import Sandbox
from generations.services import look
from generations.services.archive import archive
from tests.engine.helpers import look_round, run_until, submit_round
from tests.peer import answering, peer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
MakeJob = Callable[..., Job]
KEY = "sk-0123456789-of-the-sandbox"


@pytest.fixture
def sandbox(provider: Provider) -> Iterator[Sandbox]:
    with Sandbox(key=KEY, speed=300) as server:
        provider.base_url, provider.key, provider.allow_private = server.url, KEY, True
        provider.poll_interval, provider.in_flight = 0.2, 50
        provider.save()
        yield server


@pytest.fixture(autouse=True)
def quick(settings: object, tmp_path: Path) -> None:
    settings.ENGINE_TICK = 0.02  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]


def test_a_clip_is_made_once_and_kept(make_job: MakeJob, sandbox: Sandbox) -> None:
    job = make_job(text="A fox [sandbox:late-url]", model="sora2-landscape-4s", seconds=4)
    assert run_until(lambda: reached(State.ARCHIVING))
    output = Output.objects.get()
    assert archive(output.pk)
    job.refresh_from_db()
    output.refresh_from_db()
    assert (job.state, job.submissions.get().charged) == (State.DONE, Charged.YES)
    assert (output.width, output.height, output.duration) == (640, 360, 4.0)
    assert output.clip.size == output.size > 1000
    assert (sandbox.posts, sandbox.creates) == (1, 1)
    assert [event.state for event in job.events.all()] == [
        State.QUEUED, State.SUBMITTING, State.RUNNING, State.ARCHIVING, State.DONE,
    ]  # fmt: skip
    assert not Watch.objects.exists()


@pytest.mark.parametrize(
    ("directive", "state", "charged", "made"),
    [
        ("moderation", State.FAILED, Charged.NO, 0),
        ("quota", State.QUEUED, Charged.NO, 0),
        ("lost-answer", State.UNKNOWN, Charged.UNKNOWN, 1),
        ("error-500", State.UNKNOWN, Charged.UNKNOWN, 1),
        ("garbled", State.UNKNOWN, Charged.UNKNOWN, 1),
        ("fail-at-94", State.FAILED, Charged.UNKNOWN, 1),
        ("no-url", State.FAILED, Charged.YES, 1),
        ("vanish", State.FAILED, Charged.UNKNOWN, 1),
    ],
)
def test_a_job_that_goes_wrong_ends_where_it_should_and_was_sent_once(
    directive: str, state: State, charged: Charged, made: int, make_job: MakeJob, sandbox: Sandbox
) -> None:
    job = make_job(text=f"A fox [sandbox:{directive}]")
    submit_round()
    for _ in range(60):
        look_round()
        if not Watch.objects.exists():
            break
    submit_round()
    job.refresh_from_db()
    assert (job.state, job.submissions.get().charged) == (state, charged)
    assert (sandbox.posts, sandbox.creates) == (1, made)


def test_engines_side_by_side_send_each_job_once(make_job: MakeJob, sandbox: Sandbox) -> None:
    jobs = [make_job(text=f"clip {n} [sandbox:no-url]") for n in range(12)]
    stop = threading.Event()

    def turn() -> None:
        engine.run(stop=stop.is_set)
        connection.close()

    engines = [threading.Thread(target=turn) for _ in range(2)]
    for one in engines:
        one.start()
    ended = run_until(lambda: Job.objects.filter(state=State.FAILED).count() == len(jobs))
    stop.set()
    for one in engines:
        one.join()
    assert ended
    assert (sandbox.posts, sandbox.creates) == (12, 12)
    assert [sandbox.posts_for(f"clip {n} [sandbox:no-url]") for n in range(12)] == [1] * 12
    assert [job.events.count() for job in jobs] == [4] * 12


def test_no_more_jobs_are_under_way_than_the_provider_takes(make_job: MakeJob, provider: Provider) -> None:
    ids = iter(range(100))
    with peer(lambda wire: answering(200, f'{{"id": "gen_{next(ids)}"}}'.encode())(wire)) as server:
        Provider.objects.update(base_url=server.url, allow_private=True, in_flight=3)
        for _ in range(7):
            make_job()
        for _ in range(3):
            submit_round()
        assert len(server.requests) == 3
        assert Job.objects.filter(state=State.RUNNING).count() == 3


def test_a_provider_that_was_full_is_looked_at_again_once_it_has_room(
    make_job: MakeJob, provider: Provider, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENGINE_TICK = 5.0  # type: ignore[attr-defined]
    for where, name, count in ((look, "AT_ONCE", 2), (poller, "AT_ONCE", 2), (poller, "ROOM_AGAIN", 1)):
        monkeypatch.setattr(where, name, count)
    with peer(answering(200, b'{"status": "processing"}')) as server:
        Provider.objects.update(base_url=server.url, allow_private=True, poll_interval=60)
        for _ in range(7):
            make_job(State.RUNNING)
        Watch.objects.update(next_poll_at=timezone.now(), origin=Provider.objects.get().origin)
        assert run_until(lambda: len(server.requests) == 7, 8), "four rounds of two, within two ticks"


def test_a_stop_waits_for_the_answer_that_is_on_its_way(make_job: MakeJob, provider: Provider) -> None:
    stop = threading.Event()

    def answer_after_the_stop(wire: object) -> None:
        stop.set()
        threading.Event().wait(0.3)
        answering(200, b'{"id": "gen_1"}')(wire)  # type: ignore[arg-type]

    with peer(answer_after_the_stop) as server:
        Provider.objects.update(base_url=server.url, allow_private=True)
        make_job()
        engine.run(stop=stop.is_set)
        assert sum(request.startswith(b"POST") for request in server.requests) == 1
    assert Job.objects.get().state == State.RUNNING


def test_an_engine_shows_that_it_lives(make_job: MakeJob) -> None:
    assert Heartbeat.last("engine") is None
    assert run_until(lambda: Heartbeat.last("engine") is not None)


def test_the_key_is_in_no_line_of_the_log(
    make_job: MakeJob, sandbox: Sandbox, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make_job(text="A fox [sandbox:moderation]")
    make_job(text="A wolf [sandbox:fail-at-94]")
    make_job(text="A bear [sandbox:lost-answer]")
    assert run_until(lambda: not Job.objects.filter(state__in=[State.QUEUED, State.SUBMITTING, State.RUNNING]).exists())
    with peer(answering(401, f'{{"error": {{"message": "Bad key {KEY}"}}}}'.encode())) as server:
        Provider.objects.update(base_url=server.url)
        job = make_job(text="A hare")
        submit_round()
    assert str(job.key) in caplog.text
    assert KEY not in caplog.text
    provider.refresh_from_db()
    job.refresh_from_db()
    assert "refused the key" in provider.paused_reason
    assert "Bad key" in job.submissions.get().detail
    for text in (provider.paused_reason, job.submissions.get().detail, *(e.detail for e in job.events.all())):
        assert KEY not in text


def reached(state: State) -> bool:
    return Job.objects.get().state == state


def test_an_answer_that_takes_longer_than_a_round_is_kept(make_job: MakeJob, provider: Provider) -> None:
    may_answer = threading.Event()

    def slow(wire: object) -> None:
        may_answer.wait(10)
        answering(200, b'{"id": "gen_1", "status": "in_progress", "progress": 77}')(wire)  # type: ignore[arg-type]

    async def rounds() -> None:
        doors = Doors()
        poller = Poller(doors)
        for _ in range(3):
            await poller.step()
            await asyncio.sleep(0.02)
        may_answer.set()
        await poller.drain(10)
        await doors.aclose()

    with peer(slow) as server:
        provider.base_url, provider.allow_private = server.url, True
        provider.save()
        make_job(State.RUNNING)
        async_to_sync(rounds)()
        assert len(server.requests) == 1
    assert Watch.objects.get().progress == 77

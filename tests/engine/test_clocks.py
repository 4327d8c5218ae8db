"""The wall clock jumps, or a provider answers with errors for an hour: jobs go on, are sent once and end well."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.utils import timezone

from generations.contract import NeverHeard
from generations.engine.doors import Doors
from generations.engine.poller import Poller
from generations.models import Charged, Job, Output, Provider, State, Watch
from generations.services.archive import archive
from generations.services.look import Seen, claim_looks, keep_seen
from generations.services.outcomes import accepted
from generations.services.pace import SLOWEST
from generations.services.submit import intend
from generations.services.sweep import sweep
from tests.engine.helpers import submit_round
from tests.engine.stage import finished, saying, started
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import Peer, answering, peer
from tests.services.clips import make_clip

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
Clock = time_machine.Traveller
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORWARD, BACK = timedelta(hours=1), -timedelta(minutes=10)
STEP = timedelta(seconds=20)
CATCHING_UP = timedelta(minutes=3)  # beyond the jump itself: a lease, a back-off, a few looks

jumps = pytest.mark.parametrize("jump", [FORWARD, BACK], ids=["an hour forward", "ten minutes back"])


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOW) as traveller:
        yield traveller


@dataclass
class Studio:
    """A provider that answers 429 so many times, and 500 to every look until a time; else each job is finished."""

    clip: bytes
    busy: int = 0
    broken_until: datetime = NOW
    creates: int = 0
    looks: int = 0
    door: Peer | None = None

    def play(self, connection: socket.socket) -> None:
        request = self.door.requests[-1] if self.door else b""
        if request.startswith(b"POST "):
            self._create(connection)
        elif b"/clip.mp4 " in request:
            answering(200, self.clip, "Content-Type: video/mp4")(connection)
        else:
            self._look(connection)

    def _create(self, connection: socket.socket) -> None:
        if self.busy:
            self.busy -= 1
            answering(429, b'{"code": "saturated", "message": "later"}', "Retry-After: 1")(connection)
        else:
            self.creates += 1
            saying(started())(connection)

    def _look(self, connection: socket.socket) -> None:
        self.looks += 1
        if datetime.now(UTC) < self.broken_until:
            answering(500, b"Internal Server Error", "Content-Type: text/plain")(connection)
        else:
            saying(finished("@here@/clip.mp4", video_url="@here@/clip.mp4"))(connection)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4").read_bytes()


@pytest.fixture
def studio(clip: bytes, provider: Provider, settings: object, tmp_path: Path) -> Iterator[Studio]:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    made = Studio(clip)
    with peer(made.play) as server:
        made.door, provider.base_url, provider.allow_private = server, server.url, True
        provider.save()
        yield made


class TestJumps:
    @jumps
    @pytest.mark.parametrize("point", ["before_intent", "after_intent", "after_post", "after_save"])
    def test_while_a_job_is_sent(
        self, point: str, jump: timedelta, make_job: MakeJob, studio: Studio, clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        job, once = make_job(), [jump]
        monkeypatch.setattr(
            "generations.engine.submitter.failpoint",
            lambda name: clock.shift(once.pop()) if name == point and once else None,
        )
        submit_round()
        ends_well(job, studio, clock, within=abs(jump))

    @jumps
    def test_while_a_job_waits_for_a_provider_that_cools_down(
        self, jump: timedelta, make_job: MakeJob, studio: Studio, clock: Clock
    ) -> None:
        studio.busy, job = 1, make_job()
        submit_round()
        job.refresh_from_db()
        assert (job.state, job.provider and job.provider.is_cooling) == (State.QUEUED, True)
        clock.shift(jump)
        ends_well(job, studio, clock, within=abs(jump))

    @jumps
    def test_while_a_look_is_taken(self, jump: timedelta, make_job: MakeJob, studio: Studio, clock: Clock) -> None:
        job = make_job()
        submit_round()
        clock.move_to(Watch.objects.get().next_poll_at)
        (look,) = claim_looks({})
        clock.shift(jump)
        assert look.lease
        ends_well(job, studio, clock, within=abs(jump))

    @jumps
    def test_while_a_file_is_copied(self, jump: timedelta, make_job: MakeJob, studio: Studio, clock: Clock) -> None:
        job = make_job()
        submit_round()
        until(lambda: Output.objects.exists(), clock, abs(jump))
        lease = timezone.now() + timedelta(seconds=120)
        Output.objects.update(lease=uuid4(), lease_until=lease, attempts=1)  # by a worker that is gone since
        clock.shift(jump)
        ends_well(job, studio, clock, within=abs(jump))

    def test_an_answer_that_comes_after_the_jump_is_no_lost_one(self, make_job: MakeJob, clock: Clock) -> None:
        job = make_job()
        intent = intend(job.pk)
        assert intent
        clock.shift(FORWARD)
        sweep()
        job.refresh_from_db()
        assert (job.state, intend(job.pk)) == (State.UNKNOWN, None), "thought lost, and not sent again"
        assert accepted(intent.token, "gen_1")
        job.refresh_from_db()
        assert (job.state, job.submissions.count()) == (State.RUNNING, 1)

    @jumps
    def test_nobody_is_too_old_by_a_jump(self, jump: timedelta, make_job: MakeJob, clock: Clock) -> None:
        jobs = [make_job(state) for state in (State.QUEUED, State.RUNNING, State.ARCHIVING)]
        clock.shift(jump)
        sweep()
        keep_seen([Seen(look, NeverHeard("broken")) for look in claim_looks({})])
        assert [Job.objects.get(pk=job.pk).state for job in jobs] == [State.QUEUED, State.RUNNING, State.ARCHIVING]


def test_a_provider_that_answers_every_look_with_500_for_an_hour(
    make_job: MakeJob, provider: Provider, studio: Studio, clock: Clock
) -> None:
    studio.broken_until = NOW + timedelta(hours=1)
    Provider.objects.update(poll_interval=5)
    job = make_job(State.RUNNING)
    while datetime.now(UTC) < studio.broken_until:
        look_when_due()
        assert Job.objects.get().state == State.RUNNING
        clock.move_to(max(timezone.now(), Watch.objects.get().next_poll_at))
    # After 10, 20 and 40 seconds one a minute, each up to a tenth sooner or later.
    assert 3600 / (SLOWEST * 1.1) < studio.looks < 3600 / (SLOWEST * 0.9) + 5
    until(lambda: Job.objects.get().state == State.DONE, clock, timedelta(seconds=SLOWEST))
    assert job.submissions.get().charged == Charged.YES
    assert Output.objects.get().clip.read() == studio.clip


def ends_well(job: Job, studio: Studio, clock: Clock, within: timedelta) -> None:
    """The job is DONE not long after the jump was made up for, and was made once."""

    def done() -> bool:
        job.refresh_from_db()
        return job.state == State.DONE

    until(done, clock, within)
    assert [event.state for event in job.events.all() if event.state in (State.FAILED, State.UNKNOWN)] == []
    assert Output.objects.get().clip.read() == studio.clip
    assert studio.creates == 1


def until(done: Callable[[], bool], clock: Clock, within: timedelta) -> None:
    """Let the portal's parts work, a step at a time."""
    end = timezone.now() + within + CATCHING_UP
    while not done():
        assert timezone.now() < end, f"still {Job.objects.get().state}"
        sweep()
        submit_round()
        look_when_due()
        for pk in Output.objects.filter(stored_at=None, next_try_at__lte=timezone.now()).values_list("pk", flat=True):
            archive(pk)
        clock.shift(STEP)


def look_when_due() -> None:
    """One round of the poller, which finds what is due by the clock."""

    async def go() -> None:
        doors = Doors()
        poller = Poller(doors)
        await poller.step()
        await poller.drain(10)
        await doors.aclose()

    async_to_sync(go)()


def test_after_a_clock_that_was_hours_ahead_nothing_waits_for_its_hours(
    make_job: MakeJob, provider: Provider, clock: Clock
) -> None:
    running, saving = make_job(State.RUNNING), make_job(State.ARCHIVING)
    ahead = timezone.now() + timedelta(hours=5)
    Watch.objects.update(next_poll_at=ahead)
    Output.objects.update(next_try_at=ahead)
    Provider.objects.update(cooling_until=ahead, quiet_until=ahead)
    sweep()
    provider.refresh_from_db()
    assert not provider.is_cooling
    assert not provider.is_quiet
    assert Watch.objects.get(job=running).next_poll_at <= timezone.now()
    assert Output.objects.get(job=saving).next_try_at <= timezone.now() + timedelta(minutes=1)

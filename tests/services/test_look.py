"""Looking at jobs in flight: quiet looks in bulk, endings one by one, and nothing by a lease that ran out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings, settings
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.contract import (
    Cause,
    DialectError,
    Misconfigured,
    NeverHeard,
    NotKnown,
    NotTaken,
    RemoteOutput,
    RemoteState,
    Snapshot,
)
from generations.models import Charged, Job, Output, Provider, State, Watch
from generations.services.judge import SILENT_LOOKS, OutOfReach
from generations.services.leases import free_ours
from generations.services.look import AT_ONCE, Look, Seen, claim_looks, keep_seen
from generations.services.slots import free_slots
from tests.engine.helpers import look_round
from tests.peer import answering, peer
from tests.services.helpers import queued, race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INSTANCE = settings.INSTANCE

DONE = Snapshot(RemoteState.SUCCEEDED, 100, (RemoteOutput("https://files.example.com/a.mp4"),))
NO_URL = Snapshot(RemoteState.SUCCEEDED, 100)
ENDINGS = {
    "completed": DONE,
    "failed": Snapshot(RemoteState.FAILED, reason="no"),
    "cancelled": Snapshot(RemoteState.CANCELLED),
}


def rendering(progress: int | None = None) -> Snapshot:
    return Snapshot(RemoteState.RUNNING, progress)


@pytest.fixture
def running(make_job: MakeJob) -> Job:
    """A job at 45 %."""
    return make_job(State.RUNNING)


class TestEndings:
    def test_a_finished_clip_is_fetched(self, running: Job, django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            saw(running, DONE)
        output = Output.objects.get()
        assert (running.state, running.cover, output.remote_url) == (State.ARCHIVING, output, DONE.outputs[0].url)
        assert running.submissions.get().charged == Charged.YES
        assert queued() == [("archive", "generations.tasks.archive", (output.pk,))]
        assert not Watch.objects.exists()

    def test_every_file_is_kept_and_the_first_is_the_cover(self, running: Job) -> None:
        urls = [f"https://files.example.com/{name}.mp4" for name in "abc"]
        saw(running, Snapshot(RemoteState.SUCCEEDED, outputs=tuple(RemoteOutput(url, 1772366400.0) for url in urls)))
        assert [(o.number, o.remote_url, o.expires_at) for o in Output.objects.all()] == [
            (n, url, NOW) for n, url in enumerate(urls, 1)
        ]
        assert running.cover
        assert running.cover.remote_url == urls[0]

    @pytest.mark.parametrize("expires_at", [1e30, -1e30, float("nan"), 0.0])
    def test_an_expiry_that_no_calendar_has_is_no_expiry(self, expires_at: float, running: Job) -> None:
        saw(running, Snapshot(RemoteState.SUCCEEDED, outputs=(RemoteOutput("https://h.example/a.mp4", expires_at),)))
        assert Output.objects.get().expires_at is None

    @pytest.mark.parametrize(
        ("snapshot", "state", "reason"),
        [
            (Snapshot(RemoteState.FAILED, reason="too violent"), State.FAILED, "too violent"),
            (Snapshot(RemoteState.FAILED), State.FAILED, "The provider failed and gave no reason."),
            (Snapshot(RemoteState.CANCELLED), State.CANCELLED, "The provider cancelled it."),
        ],
    )
    def test_the_provider_s_word_ends_a_job_and_nobody_knows_the_cost(
        self, snapshot: Snapshot, state: State, reason: str, running: Job
    ) -> None:
        saw(running, snapshot)
        assert (running.state, running.reason, running.submissions.get().charged) == (state, reason, Charged.UNKNOWN)
        assert running.finished_at
        assert not Watch.objects.exists()

    def test_words_without_end_are_cut(self, running: Job) -> None:
        saw(running, Snapshot(RemoteState.FAILED, reason="long " * 10_000))
        assert len(running.reason) <= 500

    def test_a_clip_without_an_address_gets_six_looks(self, running: Job) -> None:
        for _ in range(5):
            saw(running, NO_URL)
            assert (running.state, running.watch.progress) == (State.RUNNING, 100)
        saw(running, NO_URL)
        assert (running.state, running.submissions.get().charged) == (State.FAILED, Charged.YES)
        assert "gives no file" in running.reason

    def test_an_address_that_comes_late_is_in_time(self, running: Job) -> None:
        for _ in range(5):
            saw(running, NO_URL)
        saw(running, DONE)
        assert running.state == State.ARCHIVING

    def test_five_times_unknown_in_a_row_ends_a_job(self, running: Job) -> None:
        for _ in range(4):
            saw(running, NotKnown("no such task"))
            assert running.state == State.RUNNING
        saw(running, NotKnown("no such task"))
        assert (running.state, running.submissions.get().charged) == (State.FAILED, Charged.UNKNOWN)
        assert running.reason == "The provider no longer knows this job."

    @pytest.mark.parametrize("between", [rendering(50), NeverHeard("broken"), NotTaken("busy")], ids=repr)
    def test_anything_else_in_between_starts_the_count_again(
        self, between: Snapshot | DialectError, running: Job
    ) -> None:
        for _ in range(4):
            saw(running, NotKnown("no such task"))
        saw(running, between)
        for _ in range(4):
            saw(running, NotKnown("no such task"))
        assert running.state == State.RUNNING

    def test_silence_ends_an_old_job_only_when_it_lasts(self, running: Job) -> None:
        Watch.objects.update(since=timezone.now() - timedelta(hours=9))
        for _ in range(SILENT_LOOKS - 1):
            saw(running, NotTaken("cannot be reached"))
        assert running.state == State.RUNNING, "the portal may just have been off for a night"
        saw(running, NotTaken("cannot be reached"))
        assert running.state == State.FAILED

    def test_a_404_that_may_be_about_the_path_ends_old_jobs_only(self, running: Job) -> None:
        doubtful = NotKnown("no such task or path", cause=Cause.PATH)
        for _ in range(12):
            saw(running, doubtful)
        assert running.state == State.RUNNING
        Watch.objects.update(since=timezone.now() - timedelta(hours=9), missing=0)
        for _ in range(4):
            saw(running, doubtful)
            assert running.state == State.RUNNING
        saw(running, doubtful)
        assert running.reason == "The provider no longer knows this job."

    def test_a_wrong_key_ends_no_job_however_old(self, running: Job) -> None:
        Watch.objects.update(since=timezone.now() - timedelta(hours=9), errors=500)
        saw(running, Misconfigured("wrong key"))
        assert running.state == State.RUNNING

    @pytest.mark.parametrize("result", [rendering(80), NO_URL], ids=["good", "no URL"])
    def test_old_age_ends_a_job_whatever_is_seen(self, result: Snapshot | DialectError, running: Job) -> None:
        age = timedelta(seconds=settings.RUNNING_MAX_AGE)
        Watch.objects.update(since=timezone.now() - age + timedelta(seconds=60))
        saw(running, result)
        assert running.state == State.RUNNING
        Watch.objects.update(since=timezone.now() - age)
        saw(running, result)
        assert (running.state, running.submissions.get().charged) == (State.FAILED, Charged.UNKNOWN)
        assert running.reason == "The provider did not finish within 6 hours."

    def test_a_clip_that_is_finished_at_last_is_not_too_old(self, running: Job) -> None:
        Watch.objects.update(since=timezone.now() - timedelta(days=3))
        saw(running, DONE)
        assert running.state == State.ARCHIVING


class TestQuietLooks:
    def test_progress_never_goes_backwards(self, running: Job) -> None:
        for told, shown in [(20, 45), (60, 60), (None, 60), (59, 60), (100, 100), (0, 100)]:
            saw(running, rendering(told))
            assert running.watch.progress == shown

    def test_a_first_progress_of_nothing_is_shown_as_nothing(self, running: Job) -> None:
        Watch.objects.update(progress=None)
        saw(running, rendering())
        assert running.watch.progress is None
        saw(running, rendering(0))
        assert running.watch.progress == 0

    def test_a_word_nobody_knows_is_shown_to_staff_and_ends_nothing(self, running: Job) -> None:
        saw(running, Snapshot(RemoteState.UNRECOGNISED, 50, word="marinating" * 20))
        assert (running.state, running.watch.progress) == (State.RUNNING, 50)
        assert running.watch.word == ("marinating" * 20)[:60]
        saw(running, rendering(51))
        assert running.watch.word == ""

    def test_single_errors_change_nothing_anybody_sees(self, running: Job) -> None:
        before = running.revision
        for _ in range(2):
            saw(running, NeverHeard("broken", detail="HTTP 502"))
        assert (running.revision, running.watch.trouble, running.watch.errors) == (before, "", 2)
        saw(running, NeverHeard("broken", detail="HTTP 502"))
        assert (running.watch.trouble, running.watch.errors) == ("HTTP 502", 3)
        assert running.revision != before
        saw(running, rendering())
        assert (running.watch.trouble, running.watch.errors) == ("", 0)

    def test_only_what_a_card_shows_counts_as_a_change(self, running: Job) -> None:
        saw(running, rendering(45))
        first = running.revision
        saw(running, rendering(45))
        saw(running, rendering(12))
        assert (running.revision, running.watch.looks) == (first, 3)
        saw(running, rendering(46))
        assert running.revision != first

    def test_errors_make_the_looks_rarer_up_to_a_minute(self, running: Job) -> None:
        Provider.objects.update(poll_interval=5)
        waits = []
        with time_machine.travel(NOW, tick=False):
            Watch.objects.update(since=NOW)
            results: list[Snapshot | DialectError] = [rendering(), *[NeverHeard("broken")] * 6, rendering()]
            for result in results:
                saw(running, result)
                waits.append((running.watch.next_poll_at - NOW).total_seconds())
        for wait, meant in zip(waits, [5, 10, 20, 40, 60, 60, 60, 5], strict=True):
            assert meant * 0.9 <= wait <= meant * 1.1


class TestLeases:
    def test_a_claimed_watch_is_nobody_else_s_for_a_while(self, running: Job) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            Watch.objects.update(next_poll_at=NOW, since=NOW)
            (look,) = claim_looks({})
            assert claim_looks({}) == []
            clock.shift(19)
            assert claim_looks({}) == []
            clock.shift(2)
            (second,) = claim_looks({})
        assert look.watch == second.watch
        assert look.lease != second.lease

    def test_a_fresh_engine_looks_at_once_at_what_its_killed_predecessor_was_looking_at(
        self, running: Job, settings: LazySettings
    ) -> None:
        (killed,) = claim_looks({})
        settings.INSTANCE = "another-machine"
        assert (free_ours(), claim_looks({})) == (0, []), "another instance's engine may be alive"
        settings.INSTANCE = INSTANCE
        assert free_ours() == 1
        (fresh,) = claim_looks({})
        keep_seen([Seen(killed, ENDINGS["failed"])])
        assert Job.objects.get().state == State.RUNNING, "the dead one has no say any more"
        keep_seen([Seen(fresh, rendering(60))])
        assert free_ours() == 0, "nobody is looking; its next look has a time of its own"
        assert Watch.objects.get().next_poll_at > timezone.now()

    @pytest.mark.parametrize(
        "result", [rendering(99), NeverHeard("broken"), *ENDINGS.values()], ids=lambda r: str(r)[:40]
    )
    def test_a_lease_that_ran_out_changes_nothing(self, result: Snapshot | DialectError, running: Job) -> None:
        (old,) = claim_looks({})
        Watch.objects.update(next_poll_at=timezone.now() - timedelta(seconds=1))
        (new,) = claim_looks({})
        before = rows()
        keep_seen([Seen(old, result)])
        assert rows() == before
        keep_seen([Seen(new, DONE)])
        assert Job.objects.get().state == State.ARCHIVING

    def test_what_is_seen_of_a_job_that_ended_meanwhile_changes_nothing(self, running: Job) -> None:
        (look,) = claim_looks({})
        keep_seen([Seen(look, ENDINGS["failed"])])
        before = rows()
        keep_seen([Seen(look, DONE)])
        assert rows() == before

    @pytest.mark.django_db(transaction=True)
    def test_pollers_that_race_claim_each_watch_once(self, make_job: MakeJob) -> None:
        jobs = [make_job(State.RUNNING, text=f"clip {n}") for n in range(12)]
        results = race(*[lambda: claim_looks({})] * 5)
        assert not [r for r in results if isinstance(r, Exception)], results
        claimed = [look.watch.pk for looks in results for look in looks]
        assert len(claimed) == len(set(claimed))
        claimed += [look.watch.pk for look in claim_looks({})]
        assert sorted(claimed) == sorted(job.pk for job in jobs)

    @pytest.mark.django_db(transaction=True)
    def test_one_ending_seen_by_two_engines_ends_the_job_once(self, running: Job) -> None:
        (look,) = claim_looks({})
        results = race(*[lambda: keep_seen([Seen(look, DONE)])] * 4)
        assert results == [None] * 4
        assert Output.objects.count() == 1
        assert [event.state for event in running.events.all()] == [State.RUNNING, State.ARCHIVING]

    def test_the_longest_due_come_first_and_no_more_than_fit(self, make_job: MakeJob, provider: Provider) -> None:
        jobs = [make_job(State.RUNNING) for _ in range(3)]
        for minutes, job in enumerate(jobs):
            Watch.objects.filter(job=job).update(next_poll_at=timezone.now() - timedelta(minutes=minutes + 1))
        assert {look.watch.job_id for look in claim_looks({provider.pk: AT_ONCE - 2})} == {jobs[1].pk, jobs[2].pk}


class TestOneAmongMany:
    def test_a_batch_of_quiet_looks_is_one_write(self, make_job: MakeJob) -> None:
        for _ in range(50):
            make_job(State.RUNNING)
        with CaptureQueriesContext(connection) as claiming:
            looks = claim_looks({})
        with CaptureQueriesContext(connection) as keeping:
            keep_seen([Seen(look, rendering(70)) for look in looks])
        assert len(looks) == 50
        assert len(claiming) <= 6
        assert len(keeping) <= 7, "one write between savepoints; the rest is the provider's health"
        assert set(Watch.objects.values_list("progress", flat=True)) == {70}

    @pytest.mark.django_db(transaction=True)
    def test_one_answer_that_is_hostile_spoils_no_other(self, make_job: MakeJob, provider: Provider) -> None:
        words = {"status": "marin\x00ating \ud83e", "progress": 1e999, "message": "\x00", "video_url": "\ud83e\x00"}
        with (
            peer(answering(200, json.dumps(words).encode())) as hostile,
            peer(answering(200, b'{"id": "x", "status": "in_progress", "progress": 77}')) as honest,
        ):
            odd = make_job(State.RUNNING, provider=provider_at(hostile.url, "Odd"), origin=hostile.url)
            good = make_job(State.RUNNING, provider=provider_at(honest.url, "Good"), origin=honest.url)
            look_round()
        assert (Watch.objects.get(job=good).progress, Watch.objects.get(job=good).looks) == (77, 1)
        watch = Watch.objects.get(job=odd)
        assert (watch.progress, watch.word, watch.looks) == (45, "marinating ?", 1), "1e999 is no progress"

    def test_an_ending_that_cannot_be_written_spoils_no_other(self, make_job: MakeJob) -> None:
        broken, fine = make_job(State.RUNNING), make_job(State.RUNNING)
        results = {
            broken.pk: Snapshot(RemoteState.SUCCEEDED, outputs=(RemoteOutput(None),)),  # type: ignore[arg-type]
            fine.pk: rendering(80),
        }
        keep_seen([Seen(look, results[look.watch.pk]) for look in claim_looks({})])
        assert Watch.objects.get(job=fine).progress == 80
        assert Job.objects.get(pk=broken.pk).state == State.RUNNING
        assert Watch.objects.get(job=broken).looks == 1


class TestObstacles:
    @pytest.mark.django_db(transaction=True)
    def test_no_request_leaves_for_a_new_address(self, make_job: MakeJob, provider: Provider) -> None:
        with peer(answering(200, b'{"id": "x", "status": "completed", "video_url": "https://h/x.mp4"}')) as server:
            job = make_job(State.RUNNING)
            Provider.objects.update(base_url=server.url, allow_private=True)
            for _ in range(3):
                look_round()
            assert server.connections == 0
        assert Job.objects.get(pk=job.pk).state == State.RUNNING
        assert Watch.objects.get(job=job).trouble == "The provider's address was changed after this was sent."

    @pytest.mark.django_db(transaction=True)
    def test_a_job_at_an_address_nobody_asks_any_more_ends_by_age(self, make_job: MakeJob, provider: Provider) -> None:
        jobs = [make_job(State.RUNNING) for _ in range(2)]
        Provider.objects.update(base_url="https://new.example.com", in_flight=2)
        provider.refresh_from_db()
        assert free_slots(provider) == 2, "what runs at the old address takes no slot of the new one"
        for _ in range(SILENT_LOOKS):
            look_round()
        assert {job.state for job in Job.objects.all()} == {State.RUNNING}, "however often, not while it is young"
        Watch.objects.update(since=timezone.now() - timedelta(hours=9))
        look_round()
        for job in jobs:
            job.refresh_from_db()
            assert (job.state, job.submissions.get().charged) == (State.FAILED, Charged.UNKNOWN)
            assert job.reason.startswith("The provider's address was changed after this was sent. So nobody could ask")
            assert job.events.latest("pk").detail == "The provider's address was changed after this was sent."

    def test_a_removed_provider_is_said_and_ends_nothing(self, running: Job, provider: Provider) -> None:
        provider.delete()
        (look,) = claim_looks({})
        assert (look.call, look.obstacle) == (None, "The provider was removed.")
        keep_seen([Seen(look, OutOfReach(look.obstacle))])
        assert Job.objects.get().state == State.RUNNING


def saw(job: Job, result: Snapshot | DialectError) -> None:
    """One look at the job that came to `result`; the job as it is afterwards."""
    Watch.objects.filter(job=job).update(next_poll_at="2020-01-01T00:00Z")
    Provider.objects.update(quiet_until=None)
    keep_seen([Seen(look, result) for look in looks_at(job)])
    fresh = Job.objects.select_related("watch", "cover").get(pk=job.pk)
    job.__dict__.update(fresh.__dict__)
    job._state = fresh._state


def looks_at(job: Job) -> Iterator[Look]:
    return (look for look in claim_looks({}) if look.watch.pk == job.pk)


def rows() -> list[list[dict[str, Any]]]:
    tables: list[QuerySet[Any, Any]] = [Job.objects.values(), Watch.objects.values(), Output.objects.values()]
    return [list(table.order_by("pk")) for table in tables]


def provider_at(url: str, name: str) -> Provider:
    return Provider.objects.create(name=name, dialect="uniall", base_url=url, key="k", allow_private=True)

"""The trash: in, out, and at last the files are gone while the rows stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from generations.models import FINAL, AuditEntry, Job, Output, Prompt, State, User
from generations.services.history import best_clips, history
from generations.services.trash import may_play, may_restore, may_trash, purge, purge_due, restore, retire_old, trash
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
MakeJob = Callable[..., Job]


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: object) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path / "media"


@pytest.fixture
def stored(make_job: MakeJob) -> MakeJob:
    """A finished job with a clip and a poster on disk."""

    def make(**extra: object) -> Job:
        job = make_job(State.DONE, **extra)
        output = Output.objects.get(job=job)
        output.clip.save(f"clips/ab/{uuid4().hex}.mp4", ContentFile(b"clip"), save=False)
        output.poster.save(f"clips/ab/{uuid4().hex}.webp", ContentFile(b"poster"), save=False)
        output.save()
        return job

    return make


@pytest.mark.parametrize("state", State)
def test_only_what_is_over_can_be_moved_there(state: State, make_job: MakeJob, member: User) -> None:
    job = make_job(state)
    assert may_trash(job, member) == (state in FINAL)
    assert trash(job, member) == (state in FINAL)
    job.refresh_from_db()
    assert (job.trashed_at is not None) == (state in FINAL)


def test_author_and_admins_may_and_nobody_else(
    stored: MakeJob, member: User, stranger: User, viewer: User, reviewer: User, admin: User
) -> None:
    job = stored()
    assert [may_trash(job, user) for user in (member, admin, stranger, viewer, reviewer)] == [True, True] + [False] * 3
    assert trash(job, admin)
    job.refresh_from_db()
    assert [may_restore(job, user) for user in (member, admin, stranger, reviewer)] == [True, True, False, False]
    assert [may_play(job, user) for user in (member, admin, stranger, reviewer)] == [True, True, False, False]
    private = stored(visibility="me")
    assert trash(private, member)
    private.refresh_from_db()
    assert (may_restore(private, admin), may_play(private, admin), may_play(private, member)) == (True, False, True)


def test_in_and_out_are_on_the_timeline_and_the_audit_knows_other_people_s(
    stored: MakeJob, member: User, admin: User
) -> None:
    job = stored()
    rev = job.rev
    assert trash(job, member)
    assert restore(job, admin)
    job.refresh_from_db()
    assert (job.trashed_at, job.trashed_by, job.is_on_the_shelf, job.state) == (None, None, True, State.DONE)
    assert job.rev == rev + 2
    assert [event.note for event in job.events.all()][1:] == [
        "Moved to the trash by Mara Lindqvist.",
        "Taken out of the trash by Tomás Silva.",
    ]
    assert [(entry.actor, entry.action, entry.subject) for entry in AuditEntry.objects.exclude(actor=None)] == [
        (admin, "taken out of trash", f"Job {job.key}")
    ]


def test_two_clicks_are_one(stored: MakeJob, member: User) -> None:
    job = stored()
    assert sorted(race(*[lambda: trash(job, member)] * 3)) == [False, False, True]
    assert sorted(race(*[lambda: restore(job, member)] * 3)) == [False, False, True]
    assert job.events.count() == 3


def test_after_its_days_the_files_go_and_the_rows_stay(
    stored: MakeJob, member: User, own_media: Path, settings: object
) -> None:
    old, young, restored = stored(text="Old"), stored(text="Young"), stored(text="Restored")
    for job in (old, young, restored):
        trash(job, member)
    long_ago = timezone.now() - timedelta(days=30, seconds=1)
    Job.objects.exclude(pk=young.pk).update(trashed_at=long_ago)
    restore(restored, member)
    assert purge_due() == 1
    assert purge_due() == 0
    assert len([path for path in own_media.rglob("*") if path.is_file()]) == 4
    old.refresh_from_db()
    output = Output.objects.get(job=old)
    assert (output.clip.name, output.poster.name, output.stored_at is not None) == ("", "", True)
    assert (old.purged_at is not None, old.clip, old.submissions.count()) == (True, None, 1)
    assert old.events.latest("pk").note == "Its files were removed."
    assert Prompt.objects.get(pk=old.prompt_id).text == "Old"
    assert not restore(old, member)
    assert not trash(old, member)


def test_what_was_taken_out_in_time_keeps_its_files(stored: MakeJob, member: User, own_media: Path) -> None:
    job = stored()
    trash(job, member)
    seen = Job.objects.get(pk=job.pk)
    restore(job, member)
    assert not purge(seen)
    trash(job, member)
    assert not purge(seen), "in the trash anew, with all its days before it"
    assert len([path for path in own_media.rglob("*") if path.is_file()]) == 2


def test_restoring_and_removing_at_the_same_moment_is_one_of_both(stored: MakeJob, member: User) -> None:
    for _ in range(3):
        job = stored(text=uuid4().hex)
        trash(job, member)
        seen = Job.objects.get(pk=job.pk)
        results = race(lambda job=job: restore(job, member), lambda seen=seen: purge(seen))  # type: ignore[misc]
        assert sorted(results) == [False, True]
        output = Output.objects.get(job=job)
        there = bool(output.clip.name) and output.clip.storage.exists(output.clip.name or "")
        assert there == results[0]


def test_a_file_that_was_on_its_way_is_not_stored_any_more(make_job: MakeJob, member: User) -> None:
    job = make_job(State.DONE)
    lease = uuid4()
    Output.objects.update(stored_at=None, lease=lease, lease_until=timezone.now() + timedelta(minutes=1))
    trash(job, member)
    assert purge(Job.objects.get())
    output = Output.objects.get()
    assert output.lease is None
    assert output.abandoned_at
    assert not Output.objects.wanted().exists()
    assert not Output.objects.needing_a_person().exists()


def test_retention_is_off_unless_it_is_set(stored: MakeJob, settings: object) -> None:
    job = stored()
    Job.objects.update(finished_at=timezone.now() - timedelta(days=4000))
    assert retire_old() == 0
    settings.RETENTION_DAYS = 365  # type: ignore[attr-defined]
    young, running = stored(), stored()
    Job.objects.filter(pk=young.pk).update(finished_at=timezone.now() - timedelta(days=364))
    Job.objects.filter(pk=running.pk).update(finished_at=None, state=State.RUNNING)
    assert retire_old() == 1
    assert retire_old() == 0
    job.refresh_from_db()
    assert (job.trashed_at is not None, job.trashed_by) == (True, None)
    assert job.events.latest("pk").note == "Moved to the trash: it is older than 365 days."


def test_prompts_outlive_their_clips(stored: MakeJob, member: User) -> None:
    job = stored()
    trash(job, member)
    row = history(member).get()
    assert (row.runs, row.done, best_clips([row], member)) == (1, 1, {})

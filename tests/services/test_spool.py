"""An answer that came is never lost, though the process dies or the database is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from generations.contract import Cause, DialectError, Misconfigured, NeverHeard, NotTaken, Refused
from generations.models import Job, State, Submission
from generations.services import spool
from generations.services.submit import intend
from generations.services.sweep import sweep

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "spool"


def recover() -> None:
    """A sweep when the files are no longer somebody's work at hand."""
    with time_machine.travel(timezone.now().timestamp() + spool.SETTLED + 1):
        sweep()


def test_an_id_that_never_reached_the_database_is_recovered(make_job: MakeJob, folder: Path) -> None:
    job = make_job()
    intent = intend(job.pk)
    assert intent
    spool.keep(intent.token, "gen_1")
    sweep()
    assert Job.objects.get().state == State.SUBMITTING, "a young file is somebody's work"
    recover()
    assert (Job.objects.get().state, Submission.objects.get().remote_id) == (State.RUNNING, "gen_1")
    assert not list(folder.iterdir())


def test_it_finds_a_job_that_was_given_up_meanwhile(make_job: MakeJob) -> None:
    intent = intend(make_job().pk)
    assert intent
    spool.keep(intent.token, "gen_1")
    Submission.objects.update(lease_until=timezone.now())
    sweep()
    assert Job.objects.get().state == State.UNKNOWN
    recover()
    assert Job.objects.get().state == State.RUNNING


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Refused("too violent", detail="HTTP 400"), State.FAILED),
        (NotTaken("busy", retry_after=5), State.QUEUED),
        (NotTaken("no channel", model_unknown=True), State.QUEUED),
        (Misconfigured("wrong key"), State.QUEUED),
        (NeverHeard("broken"), State.UNKNOWN),
        (DialectError("of a new kind"), State.UNKNOWN),
    ],
)
def test_every_other_answer_is_recovered_too(error: DialectError, state: State, make_job: MakeJob) -> None:
    intent = intend(make_job().pk)
    assert intent
    spool.keep(intent.token, error)
    recover()
    assert Job.objects.get().state == state


def test_what_can_be_done_about_it_is_recovered_too(folder: Path, make_job: MakeJob) -> None:
    for cause, kept in ((Cause.CONTENT, "content"), (Cause.OTHER, "of another version"), (Cause.OTHER, None)):
        intent = intend(make_job(text=str(kept)).pk)
        assert intent
        spool.keep(intent.token, Refused("no", cause=cause))
        path = folder / f"{intent.token.hex}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"cause": kept}))
        recover()
        assert Job.objects.get(key=intent.job_key).cause == cause


def test_told_twice_it_changes_nothing(make_job: MakeJob) -> None:
    intent = intend(make_job().pk)
    assert intent
    for _ in range(2):
        spool.keep(intent.token, "gen_1")
        recover()
    assert [event.state for event in Job.objects.get().events.all()] == ["queued", "submitting", "running"]


def test_an_answer_of_a_submission_nobody_knows_is_kept_for_a_person(folder: Path, make_job: MakeJob) -> None:
    spool.keep(uuid4(), "gen_1")
    recover()
    assert [path.suffix for path in folder.iterdir()] == [".unmatched"]


def test_a_damaged_file_stays_and_stops_no_other(folder: Path, make_job: MakeJob) -> None:
    intent = intend(make_job().pk)
    assert intent
    spool.keep(intent.token, "gen_1")
    (folder / f"{uuid4().hex}.json").write_text("{half")
    (folder / "no-token.json").write_text("{}")
    recover()
    assert Job.objects.get().state == State.RUNNING
    assert sorted(path.suffix for path in folder.iterdir()) == [".unreadable", ".unreadable"]


def test_only_the_owner_may_read_it(folder: Path) -> None:
    spool.keep(uuid4(), "gen_1")
    assert folder.stat().st_mode & 0o077 == 0

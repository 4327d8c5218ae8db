"""Files and rows brought together: orphans go, missing clips are fetched again, what is young or foreign stays."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from generations.models import Heartbeat, Job, Output, Provider, Reference, State, User
from generations.services import tidy
from generations.services.archive import archive
from generations.services.incoming import workshop
from generations.services.sweep import sweep
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import answering, peer
from tests.services.clips import make_clip
from tests.services.helpers import queued

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
DAYS = 2 * 86_400


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"  # type: ignore[attr-defined]


def put(name: str, *, age: float = DAYS) -> str:
    name = default_storage.save(name, ContentFile(b"something"))
    os.utime(default_storage.path(name), (time.time() - age,) * 2)
    return name


@pytest.fixture
def kept(make_job: MakeJob) -> Output:
    """A kept clip and poster, as old as any."""
    output = Output.objects.get(job=make_job(State.DONE))
    output.clip.name, output.poster.name = put(f"clips/ab/{uuid4().hex}.mp4"), put(f"clips/ab/{uuid4().hex}.webp")
    output.size = 9
    output.save()
    return output


@pytest.fixture
def reference(member: User) -> Reference:
    names = {"image": put("references/cd/a.png"), "thumb": put("references/cd/a-small.webp")}
    return Reference.objects.create(
        owner=member, sha256="0" * 64, content_type="image/png", size=9, width=64, height=64, **names
    )


def stored() -> set[str]:
    root = Path(default_storage.path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_old_files_without_a_row_go_and_nothing_else(kept: Output, reference: Reference) -> None:
    orphans = {put("clips/ab/lost.mp4"), put("clips/ef/lost.webp"), put("references/cd/lost.png")}
    young = put("clips/ab/young.mp4", age=3600)
    foreign = {put("backup/by-hand.tar"), put("clips-of-last-year/a.mp4"), put("by-hand.mp4")}
    before = stored()
    tidy.tidy()
    assert before - stored() == orphans
    assert {young, *foreign} < stored()
    put("clips/ab/later.mp4")
    tidy.tidy()
    assert "clips/ab/later.mp4" in stored(), "once a day"
    Heartbeat.objects.filter(name="tidy:listed").update(at=timezone.now() - timedelta(hours=25))
    tidy.tidy()
    assert "clips/ab/later.mp4" not in stored()


def test_many_orphans_are_left_to_a_person(
    kept: Output, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restored database: the rows are older than the files."""
    monkeypatch.setattr(tidy, "FEW", 3)
    for number in range(4):
        put(f"clips/{number:02}/lost.mp4")
    before = stored()
    tidy.tidy()
    assert stored() == before
    assert "manage.py storage --check" in caplog.text


def test_half_done_files_of_nobody_go_in_the_same_round() -> None:
    (workshop() / "12345678").mkdir()
    tidy.tidy()
    assert list(workshop().iterdir()) == []


def test_a_round_is_asked_for_every_hour_by_one_sweeper() -> None:
    sweep()
    assert queued() == [], "a new portal has nothing old"
    Heartbeat.objects.filter(name="tidy:kicked").update(at=timezone.now() - timedelta(minutes=61))
    sweep()
    sweep()
    assert queued() == [("archive", "generations.tasks.tidy", ())]


def run(*flags: str) -> str:
    out = StringIO()
    call_command("storage", *flags, stdout=out)
    return out.getvalue()


def test_a_check_says_what_is_wrong_and_changes_nothing(kept: Output, make_job: MakeJob) -> None:
    assert run("--check") == "Every kept clip is there, and nothing else is.\n"
    gone = Output.objects.get(job=make_job(State.DONE))
    put("clips/ab/lost.mp4")
    rows, files = list(Output.objects.order_by("pk").values()), stored()
    with pytest.raises(CommandError, match=r"1 missing, 1 without a row\. Add --repair"):
        run("--check")
    assert (list(Output.objects.order_by("pk").values()), stored()) == (rows, files)
    assert gone.stored_at


def test_a_repair_removes_orphans_and_has_missing_clips_fetched_again(kept: Output, make_job: MakeJob) -> None:
    gone, damaged = (Output.objects.get(job=make_job(State.DONE)) for _ in range(2))
    Output.objects.filter(pk=gone.pk).update(clip="clips/aa/gone.mp4")
    Output.objects.filter(pk=damaged.pk).update(clip=put("clips/ab/short.mp4"), size=1000)
    put("clips/ab/lost.mp4")
    said = run("--check", "--repair")
    assert f"missing   clips/aa/gone.mp4  job {gone.job.key}: The stored file is gone." in said
    assert "The stored file has 9 bytes instead of 1000." in said
    assert "no row    clips/ab/lost.mp4  9 bytes" in said
    assert "2 to be fetched again, 2 removed." in said, "the damaged one has no row any more"
    assert set(Output.objects.wanted()) == {gone, damaged}
    assert stored() == {str(kept.clip), str(kept.poster)}
    sweep()
    assert sorted(args[0] for _, _, args in queued()) == sorted([gone.pk, damaged.pk])


def test_a_storage_that_is_not_there_costs_nothing(kept: Output, make_job: MakeJob, settings: object) -> None:
    make_job(State.DONE)
    settings.MEDIA_ROOT = settings.DATA_DIR / "not-mounted"  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="not mounted, or not the right one"):
        run("--check", "--repair")
    assert not Output.objects.wanted().exists()


def test_a_command_that_is_told_nothing_does_nothing() -> None:
    with pytest.raises(CommandError, match="--check"):
        run()


def test_clips_that_were_removed_on_purpose_are_not_missed(kept: Output) -> None:
    Output.objects.update(clip="", poster="")
    Job.objects.update(trashed_at=timezone.now(), purged_at=timezone.now())
    assert list(tidy.missing()) == []


class Elsewhere(InMemoryStorage):
    """A storage that is no folder, as those of S3's kind."""

    def _relative_path(self, name: str) -> str:
        return os.path.relpath(super().path(name), self.location)

    def path(self, name: str) -> str:
        raise NotImplementedError("This storage has no paths.")


@pytest.mark.django_db(transaction=True)
def test_a_storage_without_a_folder_keeps_clips_too(
    make_job: MakeJob, provider: Provider, settings: object, tmp_path: Path
) -> None:
    """As one in another house: it has no paths."""
    elsewhere = {"BACKEND": "tests.services.test_tidy.Elsewhere"}
    settings.STORAGES = settings.STORAGES | {"default": elsewhere}  # type: ignore[attr-defined]
    content = make_clip(tmp_path / "clip.mp4", seconds=1).read_bytes()
    with peer(answering(200, content)) as server:
        Provider.objects.update(base_url=server.url, allow_private=True)
        output = make_job(State.ARCHIVING).cover
        assert output
        Output.objects.update(remote_url=f"{server.url}/clip.mp4")
        assert archive(output.pk)
    output.refresh_from_db()
    assert output.clip.read() == content
    assert (list(tidy.missing()), list(tidy.orphans())) == ([], [])
    default_storage.save("clips/ab/lost.mp4", ContentFile(b"lost"))
    assert list(tidy.orphans()) == [], "younger than a day"
    default_storage.delete(str(output.clip))
    assert [found.output for found in tidy.missing()] == [output]

"""Keeping a clip: fetched, measured, stored under a name nobody guesses; or tried again, and at last given up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from generations.models import Heartbeat, Job, Output, Provider, State
from generations.services.archive import archive
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import ByPath, Play, answering, closing, peer
from tests.services.clips import make_clip
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]
VIDEO = "Content-Type: video/mp4"
NO_SUCH_JOB = b'{"error": {"message": "Task not found"}}'
MakeOutput = Callable[[str], Output]
gone = ByPath({"/clip.mp4": answering(404, b"gone"), "/v1/videos/": answering(404, NO_SUCH_JOB)})


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 96, 64, seconds=2).read_bytes()


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: object) -> Path:
    """A storage of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path / "media"


@pytest.fixture
def make_output(make_job: Callable[..., Job], provider: Provider) -> MakeOutput:
    def make(url: str) -> Output:
        Provider.objects.update(base_url=url, allow_private=True)
        output = make_job(State.ARCHIVING).cover
        assert output
        Output.objects.filter(pk=output.pk).update(remote_url=f"{url}/clip.mp4")
        return output

    return make


def test_a_clip_is_kept_with_its_poster_and_its_facts(clip: bytes, make_output: MakeOutput, own_media: Path) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        output = make_output(server.url)
        assert archive(output.pk)
    output.refresh_from_db()
    assert output.clip.read() == clip
    assert output.poster.read()[8:12] == b"WEBP"
    assert (output.size, output.bytes_done, output.sha256) == (len(clip), len(clip), hashlib.sha256(clip).hexdigest())
    assert (output.duration, output.width, output.height, output.trouble) == (2.0, 96, 64, "")
    assert output.stored_at
    assert (output.job.state, output.job.reason) == (State.DONE, "")
    assert files(own_media) == sorted([str(output.clip), str(output.poster)])
    assert not (settings.DATA_DIR / "incoming" / str(output.pk)).exists()
    assert Heartbeat.last("archive")


def test_names_tell_nothing_and_files_are_the_owner_s(clip: bytes, make_output: MakeOutput, own_media: Path) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        outputs = [make_output(server.url) for _ in range(2)]
        for output in outputs:
            assert archive(output.pk)
            output.refresh_from_db()
    names = {name for output in outputs for name in (str(output.clip), str(output.poster))}
    assert len(names) == 4
    for output in outputs:
        assert len(Path(str(output.clip)).stem) == 32
        assert output.job.key.hex not in str(output.clip)
        assert Path(output.clip.path).stat().st_mode & 0o077 == 0


def test_a_clip_is_fetched_once_whoever_asks(clip: bytes, make_output: MakeOutput, own_media: Path) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        output = make_output(server.url)
        results = race(*[lambda: archive(output.pk)] * 3)
        assert sorted(results) == [False, False, True], results
        assert archive(output.pk) is False
        assert len(server.requests) == 1
    assert len(files(own_media)) == 2
    assert output.job.events.filter(state=State.DONE).count() == 1


def test_nobody_touches_what_another_worker_is_at(clip: bytes, make_output: MakeOutput) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        output = make_output(server.url)
        Output.objects.update(lease=uuid4(), lease_until=timezone.now() + timedelta(seconds=60))
        assert not archive(output.pk)
        assert server.connections == 0
        Output.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert archive(output.pk)


@pytest.mark.parametrize(
    ("play", "trouble"),
    [
        (gone, "The file could not be fetched (HTTP 404). The provider names no other address."),
        (answering(200, b"AccessDenied: text", VIDEO), "InvalidDataError"),
        (answering(302, b"", "Location: file:///etc/passwd"), "not allowed"),
    ],
    ids=["gone", "no clip", "a hostile redirect"],
)
def test_a_clip_that_does_not_come_is_tried_again_later_and_later(
    play: Play | ByPath, trouble: str, make_output: MakeOutput, own_media: Path
) -> None:
    with peer(play) as server:
        output = make_output(server.url)
        for number, wait in enumerate([5, 15, 45, 135, 405], 1):
            before = timezone.now()
            assert not archive(output.pk)
            output.refresh_from_db()
            assert (output.attempts, output.lease_until) == (number, None)
            assert trouble in output.trouble
            assert before + timedelta(seconds=wait) <= output.next_try_at <= timezone.now() + timedelta(seconds=wait)
            assert (output.abandoned_at is not None) == (number == 5)
            assert Job.objects.get().state == (State.DONE if number == 5 else State.ARCHIVING)
        assert not archive(output.pk)
        assert len([request for request in server.requests if b"/clip.mp4" in request]) == 5
    job = Job.objects.get()
    assert job.reason == "The file could not be copied into the library."
    assert trouble in job.events.latest("pk").detail
    assert files(own_media) == []


def test_the_job_waits_for_all_its_files(clip: bytes, make_output: MakeOutput) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        first = make_output(server.url)
        second = Output.objects.create(
            job=first.job, number=2, remote_url=f"{server.url}/2.mp4", next_try_at=timezone.now()
        )
        assert archive(first.pk)
        assert Job.objects.get().state == State.ARCHIVING
        assert archive(second.pk)
        assert Job.objects.get().state == State.DONE


def test_a_stop_hands_the_clip_to_the_next_start(clip: bytes, make_output: MakeOutput, own_media: Path) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        output = make_output(server.url)
        assert not archive(output.pk, stop=lambda: True)
        output.refresh_from_db()
        assert (output.attempts, output.lease_until, output.trouble, output.stored_at) == (0, None, "", None)
        assert output.next_try_at <= timezone.now()
        assert files(own_media) == []
        assert archive(output.pk)


def test_a_worker_that_lost_its_lease_changes_nothing_and_leaves_no_file(
    clip: bytes, make_output: MakeOutput, own_media: Path
) -> None:
    taken_over = uuid4()

    def another_worker_comes(wire: object) -> None:
        Output.objects.update(lease=taken_over, lease_until=timezone.now() + timedelta(seconds=60))
        connection.close()
        answering(200, clip, VIDEO)(wire)  # type: ignore[arg-type]

    with peer(another_worker_comes) as server:
        output = make_output(server.url)
        assert not archive(output.pk)
    output.refresh_from_db()
    assert (output.lease, output.stored_at, output.clip.name, output.bytes_done) == (taken_over, None, "", 0)
    assert Job.objects.get().state == State.ARCHIVING
    assert files(own_media) == []


def test_the_failure_of_a_lease_that_was_lost_is_not_counted(make_output: MakeOutput) -> None:
    def another_worker_comes(wire: object) -> None:
        Output.objects.update(lease=uuid4(), faults=5)
        connection.close()
        answering(404, b"")(wire)  # type: ignore[arg-type]

    with peer(another_worker_comes) as server:
        output = make_output(server.url)
        assert not archive(output.pk)
    output.refresh_from_db()
    assert (output.abandoned_at, output.trouble) == (None, "")


def test_a_private_file_address_is_refused_unless_it_is_the_provider_s(clip: bytes, make_output: MakeOutput) -> None:
    with peer(answering(200, clip, VIDEO)) as inside, peer(answering(200, clip, VIDEO)) as server:
        output = make_output(server.url)
        Output.objects.update(remote_url=f"https://127.0.0.1:{inside.port}/clip.mp4")
        assert not archive(output.pk)
        assert inside.connections == 0
    output.refresh_from_db()
    assert "not allowed" in output.trouble


def test_no_key_goes_to_where_the_file_lies(clip: bytes, make_output: MakeOutput) -> None:
    with peer(answering(200, clip, VIDEO)) as server:
        archive(make_output(server.url).pk)
        assert b"sk-test" not in server.requests[0]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_trouble_on_the_way_is_waited_out_for_a_day(make_output: MakeOutput) -> None:
    with peer(closing) as server:
        output = make_output(server.url)
        for _ in range(12):
            assert not archive(output.pk)
        output.refresh_from_db()
        assert (output.abandoned_at, Job.objects.get().state) == (None, State.ARCHIVING)
        assert output.next_try_at <= timezone.now() + timedelta(minutes=10)
        Output.objects.update(asked_at=timezone.now() - timedelta(hours=25))
        assert not archive(output.pk)
    output.refresh_from_db()
    assert output.abandoned_at is not None
    assert Job.objects.get().state == State.DONE

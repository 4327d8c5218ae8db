"""Copying a clip in more than one try, from the sandbox: broken downloads, links that aged, workers that are stuck."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from generations.models import Job, Output, Provider, State
from generations.sandbox import Sandbox
from generations.services.archive import archive
from generations.services.incoming import forget_orphans, workshop
from tests.engine.helpers import look_round, submit_round
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import ByPath, answering, peer
from tests.services.clips import make_clip

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
KEY = "sk-0123456789-of-the-sandbox"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY, speed=1000) as server:
        yield server


@pytest.fixture
def finished(make_job: MakeJob, provider: Provider, sandbox: Sandbox) -> Callable[[str], Output]:
    """An output of the sandbox that waits to be copied."""
    Provider.objects.update(base_url=sandbox.url, key=KEY, allow_private=True)

    def make(text: str) -> Output:
        make_job(text=text, model="sora2-landscape-4s", seconds=4)
        submit_round()
        for _ in range(200):
            look_round()
            if output := Output.objects.first():
                return output
        raise AssertionError("it never completed")

    return make


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: object) -> Path:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path / "media"


def test_a_copy_that_breaks_off_goes_on_in_the_next_try(finished: Callable[[str], Output]) -> None:
    output = finished("A fox [sandbox:short-file]")
    sizes = []
    for _ in range(2):
        assert not archive(output.pk)
        sizes.append((workshop() / str(output.pk) / "clip.mp4").stat().st_size)
    assert 0 < sizes[0] < sizes[1], "the second try added to what the first one brought"
    assert archive(output.pk)
    output.refresh_from_db()
    content = output.clip.read()
    assert content == httpx.get(output.remote_url).content
    assert output.sha256 == hashlib.sha256(content).hexdigest()
    assert (output.attempts, output.faults, output.size) == (3, 0, len(content))
    assert not (workshop() / str(output.pk)).exists()
    assert output.job.state == State.DONE


def test_a_link_that_aged_is_asked_for_anew_within_the_same_try(
    finished: Callable[[str], Output], sandbox: Sandbox
) -> None:
    output = finished("A fox [sandbox:aged-link]")
    posts, first = sandbox.posts, output.remote_url
    assert archive(output.pk)
    output.refresh_from_db()
    assert output.remote_url != first
    assert (output.attempts, output.faults, output.trouble) == (1, 0, "")
    assert sandbox.posts == posts, "never a POST"


def test_an_ended_link_is_asked_for_anew_before_the_first_byte(finished: Callable[[str], Output]) -> None:
    output = finished("A fox [sandbox:aged-link] once more")
    Output.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert archive(output.pk)
    output.refresh_from_db()
    assert output.remote_url.endswith("?link=2")
    assert output.expires_at is None, "the provider says nothing of an end now"


CLIP_GONE = {"/clip.mp4": answering(403, b"<Error>Expired</Error>")}
NOBODY = answering(404, b'{"error": {"message": "Task not found"}}')


@pytest.mark.parametrize(
    ("look", "faults", "words"),
    [
        (NOBODY, 1, "(HTTP 403). The provider names no other address."),
        (answering(500, b""), 0, "The provider could not be asked for another address."),
        (answering(401, b""), 0, "The provider could not be asked for another address."),
        (answering(200, b'{"status": "completed", "video_url": null}'), 1, "names no other address."),
        (answering(200, b'{"status": "failed"}'), 1, "names no other address."),
        (answering(200, b"[[["), 0, "could not be asked"),
    ],
    ids=["not known", "broken", "the key is refused", "no address", "failed", "nonsense"],
)
def test_an_ended_link_is_said_in_words_and_given_up_only_when_the_provider_was_asked(
    look: Callable[..., None], faults: int, words: str, make_job: MakeJob
) -> None:
    with peer(ByPath(CLIP_GONE | {"/v1/videos/": look})) as server:
        output = waiting(make_job, server.url)
        Output.objects.update(expires_at=timezone.now() - timedelta(hours=1))
        assert not archive(output.pk)
        asked = [request.split(b" ")[:2] for request in server.requests]
    output.refresh_from_db()
    assert output.trouble.startswith("The provider's link ended on ")
    assert words in output.trouble
    assert (output.faults, output.abandoned_at) == (faults, None)
    assert {method for method, _ in asked} == {b"GET"}
    assert [path for _, path in asked if path.startswith(b"/v1/")] == [f"/v1/videos/gen_{output.job.key.hex}".encode()]


def test_nobody_is_asked_where_the_key_does_not_belong(make_job: MakeJob) -> None:
    with peer(ByPath(CLIP_GONE)) as server:
        output = waiting(make_job, server.url)
        Job.objects.update(origin="https://another.example")
        assert not archive(output.pk)
        assert [request for request in server.requests if b"/v1/" in request] == []


def test_the_next_try_comes_before_the_link_ends(make_job: MakeJob) -> None:
    with peer(answering(503, b"")) as server:
        output = waiting(make_job, server.url)
        Output.objects.update(attempts=9, expires_at=timezone.now() + timedelta(minutes=4))
        assert not archive(output.pk)
    output.refresh_from_db()
    assert timedelta(seconds=40) < output.next_try_at - timezone.now() <= timedelta(seconds=60)


def test_two_processes_never_write_into_one_file(make_job: MakeJob) -> None:
    """A worker whose lease ended while it hung may still be alive."""
    with peer(answering(200, b"")) as server:
        output = waiting(make_job, server.url)
        folder = workshop() / str(output.pk)
        folder.mkdir()
        with locked(folder):
            assert not archive(output.pk)
            assert server.requests == []
            output.refresh_from_db()
            assert (output.attempts, output.lease_until, output.trouble) == (0, None, "")
            Output.objects.update(abandoned_at=timezone.now())
            assert forget_orphans() == 0
        assert forget_orphans() == 1


def test_what_nobody_waits_for_any_more_is_removed(make_job: MakeJob) -> None:
    wanted, kept, lost = (make_job(State.ARCHIVING).cover for _ in range(3))
    assert wanted
    assert kept
    assert lost
    Output.objects.filter(pk=kept.pk).update(stored_at=timezone.now())
    Output.objects.filter(pk=lost.pk).update(abandoned_at=timezone.now())
    names = {str(wanted.pk), str(kept.pk), str(lost.pk), "999999999", "incoming-ab12", "²"}
    for name in names:
        (workshop() / name).mkdir()
        (workshop() / name / "clip.mp4").write_bytes(b"half")
    assert forget_orphans() == 5
    assert {folder.name for folder in workshop().iterdir()} & names == {str(wanted.pk)}


def test_a_file_of_another_address_is_never_put_together(make_job: MakeJob, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4").read_bytes()
    with peer(ByPath({"/new.mp4": answering(200, clip)})) as server:
        output = waiting(make_job, server.url)
        folder = workshop() / str(output.pk)
        folder.mkdir()
        (folder / "clip.mp4").write_bytes(b"x" * 100)
        mark = '{"source": "%s/old.mp4", "validator": "\\"a\\"", "total": 200, "kept": 100}'
        (folder / "clip.mp4.mark").write_text(mark % server.url)
        Output.objects.update(remote_url=f"{server.url}/new.mp4")
        assert archive(output.pk)
    output.refresh_from_db()
    assert output.clip.read() == clip


def waiting(make_job: MakeJob, url: str) -> Output:
    Provider.objects.update(base_url=url, allow_private=True)
    output = make_job(State.ARCHIVING, provider=Provider.objects.get()).cover
    assert output
    Output.objects.filter(pk=output.pk).update(remote_url=f"{url}/clip.mp4")
    return output


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder as a worker in another process does."""
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield
    os.close(handle)

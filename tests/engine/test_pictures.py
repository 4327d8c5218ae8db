"""Reference images in the engine: nobody waits for one but its own job, and no POST goes without it."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generations import engine
from generations.contract import Delivery
from generations.models import Heartbeat, Job, Provider, Reference, State, Submission, User
from generations.services import submit
from generations.services.delivery import NO_ADDRESS, WAS_UPLOADED
from generations.services.references import add
from tests.engine.helpers import run_until, submit_round
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import Peer, answering, peer
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
PUBLIC = "https://portal.example.com"


@pytest.fixture
def image(member: User) -> Reference:
    return add(member, picture(300, 200))


@pytest.fixture
def server() -> Iterator[Peer]:
    ids = iter(range(1000))
    with peer(
        lambda wire: answering(200, json.dumps({"id": f"v{next(ids)}", "status": "queued"}).encode())(wire)
    ) as on:
        yield on


@pytest.fixture
def studio(server: Peer) -> Provider:
    return Provider.objects.create(
        name="Studio", dialect="v2_generations", base_url=server.url, key="k" * 20, allow_private=True, delivery="data",
        in_flight=8,
    )  # fmt: skip


@pytest.fixture
def job(make_job: MakeJob, studio: Provider, image: Reference) -> Job:
    return make_job(provider=studio, dialect=studio.dialect, reference=image, reference_fit="crop")


def posts(server: Peer) -> list[dict[str, Any]]:
    found = [request for request in server.requests if request.startswith(b"POST")]
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in found]


def test_the_heartbeat_and_other_jobs_do_not_wait_for_pictures(
    job: Job, make_job: MakeJob, studio: Provider, image: Reference, server: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_job(provider=studio, dialect=studio.dialect, reference=image, reference_fit="crop")
    plain = make_job(provider=studio, dialect=studio.dialect)
    free, fitting, busiest = threading.Event(), set[int](), list[int]()
    read = subprocess.run

    def slow(*args: Any, **how: Any) -> Any:
        fitting.add(threading.get_ident())
        busiest.append(len(fitting))
        free.wait(20)
        fitting.discard(threading.get_ident())
        return read(*args, **how)

    monkeypatch.setattr(subprocess, "run", slow)
    beats: list[bool] = []
    real = Heartbeat.beat.__func__  # type: ignore[attr-defined]

    def beat(cls: type[Heartbeat], name: str) -> None:
        beats.append(bool(fitting))
        real(cls, name)

    monkeypatch.setattr(Heartbeat, "beat", classmethod(beat))

    def both() -> bool:
        if Job.objects.get(pk=plain.pk).state == State.RUNNING and sum(beats) >= 2:
            free.set()  # only now may any picture be ready
        return Job.objects.filter(state=State.RUNNING).count() == 5

    assert run_until(both)
    assert max(busiest) == 2
    assert len(posts(server)) == 5
    assert sorted("images" in body for body in posts(server)) == [False] + [True] * 4


def test_a_job_that_waits_for_its_picture_is_left_for_the_next_turn(
    job: Job, server: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    real = submit.references_for

    def stopped_meanwhile(due: submit.Due) -> Any:
        stop.set()
        time.sleep(0.3)
        return real(due)

    monkeypatch.setattr(submit, "references_for", stopped_meanwhile)
    engine.run(stop.is_set)
    job.refresh_from_db()
    assert (job.state, posts(server)) == (State.QUEUED, [])


@pytest.mark.parametrize(
    "trouble",
    [subprocess.TimeoutExpired("x", 20), BlockingIOError(11, "no process"), ConnectionError("no storage")],
    ids=lambda error: type(error).__name__,
)
def test_trouble_that_may_pass_leaves_the_job_waiting(
    trouble: Exception, job: Job, server: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **how: object) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", fails)
        submit_round()
    job.refresh_from_db()
    assert (job.state, Submission.objects.count()) == (State.QUEUED, 0)
    assert job.reason == "Waiting: The reference image could not be read just now; the next try may work."
    assert job.not_before
    submit_round()
    assert posts(server) == []
    Job.objects.update(not_before=None)
    submit_round()
    assert posts(server)[0]["images"][0].startswith("data:image/png;base64,")


def test_a_reader_that_is_killed_is_no_verdict(job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr("generations.media.pictures.CHILD", child)
    submit_round()
    job.refresh_from_db()
    assert (job.state, bool(job.not_before)) == (State.QUEUED, True)


def test_a_lost_file_and_a_broken_image_end_the_job(job: Job, make_job: MakeJob, studio: Provider) -> None:
    assert job.reference
    broken = Reference.objects.get(pk=job.reference.pk)
    Path(broken.image.path).write_bytes(b"no image")
    submit_round()
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.FAILED, "This is no JPEG, PNG or WebP image.")
    Path(broken.image.path).unlink()
    second = make_job(provider=studio, dialect=studio.dialect, reference=broken, reference_fit="crop")
    submit_round()
    second.refresh_from_db()
    assert (second.state, second.reason) == (State.FAILED, "The reference image is not there any more.")
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("way", "says"), [(Delivery.ADDRESS, WAS_UPLOADED), (Delivery.LINK, NO_ADDRESS)])
def test_without_a_usable_address_the_job_waits_and_says_who_can_mend_it(
    way: Delivery, says: str, job: Job, studio: Provider, server: Peer, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    Provider.objects.update(delivery=way)
    monkeypatch.setattr("generations.services.delivery.address", lambda provider: settings.PUBLIC_URL)
    submit_round()
    job.refresh_from_db()
    assert (job.state, job.reason, posts(server)) == (State.QUEUED, f"Waiting: {says}", [])
    settings.PUBLIC_URL = PUBLIC
    Reference.objects.update(source_url="https://example.com/a.png")
    Job.objects.update(not_before=None)
    submit_round()
    (url,) = posts(server)[0]["images"]
    assert url.startswith("https://")


def test_a_job_with_an_image_is_never_sent_without_it(job: Job) -> None:
    assert submit.intend(job.pk) is None
    assert not Submission.objects.exists()


@pytest.mark.parametrize("change", [{"delivery": "link"}, {"allow_private": False}, {"base_url": "https://b.example"}])
def test_what_was_made_ready_for_other_settings_is_not_sent(change: dict[str, Any], job: Job) -> None:
    (due,) = submit.due_jobs(1)
    references = submit.references_for(due)
    Provider.objects.filter(pk=due.provider.pk).update(**change)
    assert submit.intend(job.pk, references, due.provider) is None
    assert not Submission.objects.exists()
    Provider.objects.filter(pk=due.provider.pk).update(**{name: getattr(due.provider, name) for name in change})
    assert submit.intend(job.pk, references, due.provider)


def test_an_address_changed_while_a_job_is_on_its_way_pauses_nobody(
    make_job: MakeJob, studio: Provider, server: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(provider=studio, dialect=studio.dialect)
    real = submit.due_jobs
    with peer(answering(200, b'{"id": "v1"}')) as new:

        def moved_meanwhile(*args: Any) -> list[submit.Due]:
            found = real(*args)
            Provider.objects.filter(pk=studio.pk).update(base_url=new.url)
            return found

        with monkeypatch.context() as patch:
            patch.setattr(submit, "due_jobs", moved_meanwhile)
            submit_round()
        studio.refresh_from_db()
        assert (studio.paused_reason, Job.objects.get().state, new.requests, server.requests) == ("", "queued", [], [])
        submit_round()
        assert (Job.objects.get().state, len(new.requests), len(server.requests)) == (State.RUNNING, 1, 0)
    assert job.submissions.count() == 1

"""`manage.py generate`: the composer for scripts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from generations.models import Job, Provider, State, User
from generations.services.advance import advance

MODEL = ["--provider", "UniAll studio", "--model", "sora2-pro-720p"]
FOX = ["--prompt", "A fox wakes"]


@pytest.mark.django_db
class TestAsking:
    @pytest.fixture(autouse=True)
    def _somebody_to_ask(self, provider: Provider, admin: User) -> None:
        pass

    def test_it_prints_the_key_of_the_job(self, admin: User) -> None:
        out = run(*MODEL, *FOX)
        job = Job.objects.get()
        assert out == f"{job.key}\n"
        assert (job.author, job.state, job.prompt.text) == (admin, State.QUEUED, "A fox wakes")

    def test_what_is_left_out_is_the_first_legal_combination(self) -> None:
        run(*MODEL, *FOX)
        job = Job.objects.get()
        assert (job.aspect_ratio, job.seconds, job.quality) == ("16:9", 4, "720p")

    def test_every_flag_reaches_the_job(self, member: User) -> None:
        choices = ["--aspect", "9:16", "--seconds", "12", "--quality", "720p", "--as", "MARA@example.org"]
        run(*MODEL, *FOX, *choices)
        job = Job.objects.get()
        assert (job.author, job.aspect_ratio, job.seconds, job.quality) == (member, "9:16", 12, "720p")

    def test_the_same_key_again_prints_the_same_job(self) -> None:
        first, again, other = (run(*MODEL, *FOX, "--key", key) for key in ("nightly-7", "nightly-7", "nightly-8"))
        unnamed = {run(*MODEL, *FOX) for _ in range(2)}
        assert first == again
        assert len({first, other, *unnamed}) == 4

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--prompt", " "], "--prompt: Write a prompt first."),
            (["--prompt", "a" * 4001], "--prompt: 4001 characters are too many; the limit is 4000."),
            ([*FOX, "--aspect", "1:1"], "--aspect: 1:1 is not offered by Sora 2 Pro, 720p here. Choose 16:9, 9:16."),
            ([*FOX, "--seconds", "5"], "--seconds: 5 s is not offered"),
            ([*FOX, "--quality", "4k"], "--quality: 4k is not offered"),
            ([*FOX, "--model", "sora9"], "--model: UniAll studio does not offer sora9 now."),
            ([*FOX, "--provider", "Nobody"], "--provider: 'Nobody' is not offered. There are: UniAll studio."),
            ([*FOX, "--as", "nobody@example.org"], "--as: nobody here has the e-mail nobody@example.org."),
            ([*FOX, "--as", "viewer@example.org"], "--prompt: Your role is viewer."),
            ([*FOX, "--key", "k" * 65], "--key: 65 characters are too many; the limit is 64."),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_what_is_not_possible_names_its_flag(self, arguments: list[str], words: str, viewer: User) -> None:
        with pytest.raises(CommandError) as caught:
            run(*MODEL, *arguments)
        assert words in str(caught.value)
        assert not Job.objects.exists()

    def test_without_an_admin_it_says_so(self, admin: User) -> None:
        admin.delete()
        with pytest.raises(CommandError, match="there is no admin yet"):
            run(*MODEL, *FOX)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("ways", "code"),
    [
        ([State.CANCELLED], 1),
        ([State.FAILED], 1),
        ([State.UNKNOWN], 1),
        ([State.SUBMITTING, State.RUNNING, State.ARCHIVING, State.DONE], 0),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_waiting_ends_with_the_job(
    ways: list[State], code: int, admin: User, make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(author=admin, compose_token="nightly")
    now = job.created_at
    sent = job.submissions.create(number=1, provider=job.provider, sent_at=now, lease_until=now)
    Job.objects.update(token=sent.token)
    breath = threading.Event()

    def live() -> None:
        breath.wait(10)
        for state in ways:
            advance(job, state, by=sent, reason="for this reason")
        connection.close()

    # The command's own pauses are the clock: the job lives after the first of them.
    real = time.sleep

    def pause(seconds: float) -> None:
        breath.set()
        real(0.01)

    monkeypatch.setattr(time, "sleep", pause)
    life = threading.Thread(target=live)
    life.start()
    out, err, ended = waited(*MODEL, *FOX, "--key", "nightly")
    life.join()
    assert (out, ended) == (f"{job.key}\n", code)
    assert err.splitlines()[0] == f"{job.key} queued"
    assert err.splitlines()[-1] == f"{job.key} {ways[-1]} for this reason"


def waited(*arguments: str) -> tuple[str, str, int]:
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("generate", *arguments, "--wait", stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    return out.getvalue(), err.getvalue(), code


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("generate", *arguments, stdout=out)
    return out.getvalue()

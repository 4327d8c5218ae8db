"""What a card and the job's page say of each bad end: what happened, whether it was charged, what to do now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Output, Provider, State, User, Watch
from generations.sandbox import Sandbox
from generations.services.archive import FAULTS, archive
from generations.services.outcomes import MODEL_UNKNOWN_TRIES
from generations.transport import Timeouts
from tests.engine.helpers import look_round, submit_round

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-0123456789-of-the-sandbox"
QUICK = Timeouts(connect=1, write=1, read=0.4, total=3)
TELL = re.compile(r'<div class="tell">(.*?)</div>', re.DOTALL)
RULES, OTHERWISE = "Edit the prompt or its image first.", "or choose another provider."
ADMIN, AGAIN = "Ask an admin to mend it.", "It is tried again by itself."
LOOK = "Staff can look it up."
FREE, UNSURE, NOT_SENT = "Not charged.", "May have been charged.", "or charged yet."


@dataclass(frozen=True)
class Case:
    """A directive of the sandbox, where the job is then, the sentences of it, and words that only staff read."""

    name: str
    state: State
    said: tuple[str, ...]
    raw: str = ""


CASES = [
    Case("moderation", State.FAILED, ("content rules refuse the prompt or its image", FREE, RULES), "HTTP 400"),
    Case("fail-at-94", State.FAILED, ("then its content rules stopped it", UNSURE, RULES, LOOK), "task_failed"),
    Case(
        "fail",
        State.FAILED,
        ("could not make it: ", UNSURE, "perhaps changed or at another provider.", LOOK),
        "task_failed",
    ),
    Case("cancelled", State.CANCELLED, ("The provider cancelled it: ", UNSURE, "Try again, perhaps changed", LOOK)),
    Case("rate-limit", State.QUEUED, ("Waiting: The provider is busy.", NOT_SENT, AGAIN), "HTTP 429"),
    Case("bad-key", State.QUEUED, ("needs an admin", "Its key is refused.", NOT_SENT, ADMIN), "HTTP 401"),
    Case("quota", State.QUEUED, ("needs an admin", "balance is used up", NOT_SENT, ADMIN), "HTTP 403"),
    Case("html-200", State.QUEUED, ("needs an admin", "Its address is wrong.", NOT_SENT, ADMIN), "HTTP 200"),
    Case("overloaded", State.QUEUED, ("has no free channel for this model", NOT_SENT, AGAIN), "HTTP 503"),
    Case("unknown-model", State.FAILED, ("not offer this model now", FREE, "Choose another model, or"), "HTTP 503"),
    Case("body-too-large", State.FAILED, ("refused it: ", FREE, "Change the prompt or the settings"), "HTTP 413"),
    Case("lost-answer", State.UNKNOWN, ("no clear answer came back.", UNSURE, "Wait, or ask staff.")),
    Case("vanish", State.FAILED, ("no longer knows this job.", UNSURE, OTHERWISE, LOOK), "task_not_exist"),
    Case("stuck", State.FAILED, ("did not finish within 6 hours.", UNSURE, OTHERWISE, LOOK)),
    Case("no-url", State.FAILED, ("finished but gives no file.", "Charged.", OTHERWISE, "Another try costs again.")),
    Case("gone-file", State.DONE, ("could not be copied.", "Charged.", "Ask staff soon to copy it again."), "HTTP 404"),
]


@pytest.fixture
def sandbox(provider: Provider, settings: object, tmp_path: Path) -> Iterator[Sandbox]:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    with Sandbox(key=KEY, speed=300) as server:
        provider.base_url, provider.key, provider.allow_private = server.url, KEY, True
        provider.poll_interval, provider.in_flight = 0.2, 50
        provider.save()
        yield server


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_says_what_happened_what_it_cost_and_what_to_do(
    case: Case, make_job: Callable[..., Job], sandbox: Sandbox, member: User, reviewer: User
) -> None:
    job = make_job(text=f"A fox [sandbox:{case.name}]")
    play(job, case)
    card, page = (shown(member, url) for url in (reverse("job-card", args=[job.key]), job.get_absolute_url()))
    for sentence in case.said:
        assert sentence in card
        assert sentence in page
    assert case.raw not in shown(member, job.get_absolute_url(), whole=True) or not case.raw
    assert case.raw in shown(reviewer, job.get_absolute_url(), whole=True)


def play(job: Job, case: Case) -> None:
    """Send it, look at it and copy it until it is where it should be."""
    for _ in range(MODEL_UNKNOWN_TRIES + 15):
        job.refresh_from_db()
        if job.state == case.state and (job.reason or job.state == State.DONE):
            return
        if job.state == State.QUEUED:
            Job.objects.update(not_before=None)
            submit_round(QUICK)
        elif job.state == State.RUNNING:
            if case.name == "stuck":
                Watch.objects.update(since=timezone.now() - timedelta(days=1))
            look_round()
        for output in Output.objects.wanted():
            Output.objects.update(next_try_at=timezone.now(), faults=FAULTS - 1)
            archive(output.pk)
    raise AssertionError(f"it is {job.state}: {job.reason}")


def shown(user: User, url: str, *, whole: bool = False) -> str:
    """What the page says in place of the clip, or all that it says."""
    client = Client()
    client.force_login(user)
    page = client.get(url).content.decode()
    found = TELL.search(page)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page if whole else found[1])).split())

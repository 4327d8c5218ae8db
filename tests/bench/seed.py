"""Rows to measure with, written in bulk inside a prepared installation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generations.models import Job, Prompt, Provider, Role, State, Submission, User, Watch
from generations.models.prompt import text_hash
from generations.services.providers import add_provider
from tests.bench.plan import Plan

BATCH = 500
FLOWING = timedelta(seconds=30)  # the age from which a job is looked at every interval, until it is old


def plant(*plans: Plan) -> None:
    """Make the rows. The first looks of running jobs are spread evenly over one interval from now."""
    with transaction.atomic():
        for plan in plans:
            _plant(plan)


def shift_first_looks() -> None:
    """Move all looks so that the first one is due now: starting a process took some time since they were planted."""
    first = Watch.objects.order_by("next_poll_at").first()
    if first:
        # One statement: rows loaded here would count as the engine's memory.
        Watch.objects.update(next_poll_at=F("next_poll_at") + (timezone.now() - first.next_poll_at))


def _plant(plan: Plan) -> None:
    provider = add_provider(
        plan.name, "openai_videos", plan.url, "sk-bench-0123456789", allow_private=True,
        poll_interval=plan.interval, in_flight=1000,
    )  # fmt: skip
    authors = [_author(f"{plan.name}-{number}@example.org") for number in range(plan.authors)]
    jobs = Job.objects.bulk_create(_jobs(plan, provider, authors), batch_size=BATCH)
    if plan.state == State.RUNNING:
        _set_running(plan, provider, jobs)


def _author(email: str) -> User:
    return User.objects.create_user(email, "a long enough passphrase", role=Role.MEMBER)


def _jobs(plan: Plan, provider: Provider, authors: list[User]) -> Iterator[Job]:
    now, text = timezone.now(), f"A fox wakes ({plan.name})"
    prompt = Prompt.objects.create(text=text, text_hash=text_hash(text), author=authors[0], last_run_at=now)
    for number in range(plan.jobs):
        yield Job(
            author=authors[number % len(authors)], prompt=prompt, provider=provider, provider_name=provider.name,
            dialect=provider.dialect, model="sora-2", aspect_ratio="16:9", seconds=8, width=1280, height=720,
            state=plan.state, state_since=now, compose_token=uuid4().hex,
            token=uuid4() if plan.state == State.RUNNING else None,
            origin=provider.origin if plan.state == State.RUNNING else "",
        )  # fmt: skip


def _set_running(plan: Plan, provider: Provider, jobs: list[Job]) -> None:
    now = timezone.now()
    submissions = [
        Submission(
            job=job, number=1, token=job.token or uuid4(), provider=provider, lease_until=now, sent_at=now,
            answered_at=now, remote_id=f"{plan.name}-{number:06d}", outcome="accepted",
        )
        for number, job in enumerate(jobs)
    ]  # fmt: skip
    Submission.objects.bulk_create(submissions, batch_size=BATCH)
    watches = (
        Watch(
            job=sent.job, provider=provider, remote_id=sent.remote_id, dialect=provider.dialect,
            origin=provider.origin, since=now - FLOWING,
            next_poll_at=_spread(now, plan, number), progress=0,
        )
        for number, sent in enumerate(submissions)
    )  # fmt: skip
    Watch.objects.bulk_create(watches, batch_size=BATCH)


def _spread(now: datetime, plan: Plan, number: int) -> datetime:
    return now + timedelta(seconds=plan.interval * number / plan.jobs)

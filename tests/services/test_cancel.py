"""Taking a wish back, while others move the job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generations.models import Job, State, User
from generations.services.cancel import cancel

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_job_that_came_back_meanwhile_is_cancelled(make_job: Callable[..., Job], member: User) -> None:
    seen_while_sending = make_job(State.SUBMITTING)
    Job.objects.update(state=State.QUEUED)  # the provider was busy
    assert cancel(seen_while_sending, member)
    assert Job.objects.get().state == State.CANCELLED


def test_a_job_that_is_being_sent_keeps_the_wish(make_job: Callable[..., Job], member: User) -> None:
    seen_while_waiting = make_job()
    Job.objects.update(state=State.SUBMITTING)
    assert not cancel(seen_while_waiting, member)
    job = Job.objects.get()
    assert (job.state, job.cancel_asked) == (State.SUBMITTING, True)

"""Submissions of which nobody knows what the provider made of them."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from generations.models import LOOKED_FOR, Job, Provider, State, Submission, SubmissionQuerySet


def waiting() -> list[Submission]:
    """What the portal still tries to settle by itself: of jobs of unknown outcome, and of those staff moved on."""
    since = timezone.now() - LOOKED_FOR
    young = _rows().filter(sent_at__gt=since)
    # Two queries, each on an index of its own: together they would walk the whole table every other second.
    live = young.filter(job__state=State.UNKNOWN, token=F("job__token"))
    left = young.filter(left_at__gt=since)
    return [*live, *left]


def on_their_way(provider: Provider) -> list[Submission]:
    """POSTs whose answer may still come: a job that the provider lists may be one of theirs."""
    return list(_rows().filter(provider=provider, job__state=State.SUBMITTING, token=F("job__token")))


def lives_there(submission: Submission, provider: Provider) -> bool:
    """False when the provider's address was changed after this was sent: the key belongs to the new one."""
    return submission.job.origin == provider.origin


def is_under_way(submission: Submission) -> bool:
    """True while the answer to the POST itself may still come."""
    return submission.job.state == State.SUBMITTING and submission.job.token == submission.token


def count_for_staff() -> int:
    """How many jobs and second clips wait for a person, by one query."""
    jobs = Job.objects.filter(state=State.UNKNOWN).order_by().values_list("pk")
    seconds = Submission.objects.second_clips().order_by().values_list("pk")
    return jobs.union(seconds, all=True).count()


def _rows() -> SubmissionQuerySet:
    return Submission.objects.unheard().select_related("job__prompt", "job__provider", "provider")

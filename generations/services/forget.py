"""Blanking what was said about the jobs of an erased prompt: a provider's own words may quote it."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from generations.models import Candidate, Delivery, Job, JobEvent, Notice, Output, Submission, Watch

ERASED = gettext_noop("Its prompt was erased before it was sent.")


def forget_words(jobs: QuerySet[Job]) -> None:
    """Blank every column in which somebody else's words may stand. What people did stays in the timeline."""
    jobs.exclude(reason="").exclude(reason=ERASED).update(reason="", rev=F("rev") + 1)
    JobEvent.objects.filter(job__in=jobs).update(detail="")
    JobEvent.objects.filter(job__in=jobs, actor=None).exclude(note=ERASED).update(note="")
    Submission.objects.filter(job__in=jobs).update(detail="")
    Candidate.objects.filter(submission__job__in=jobs).update(said="")
    Watch.objects.filter(job__in=jobs).update(trouble="", word="")
    Output.objects.filter(job__in=jobs).update(trouble="")
    Notice.objects.filter(job__in=jobs).update(reason="")
    Delivery.objects.filter(notice__job__in=jobs).update(trouble="")

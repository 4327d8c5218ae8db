"""What rows of unfinished jobs say beside the words of a card."""

from __future__ import annotations

from django import template

from generations.models import Job, State
from generations.services.pace import Usual
from generations.services.typical import in_words, usual_time

register = template.Library()
NOT_MADE_YET = (State.AWAITING_APPROVAL, State.QUEUED, State.SUBMITTING)


@register.filter
def usual_of(job: Job) -> str:
    """How long a clip like it is made, "" where too few were made to know, and once it is made."""
    usual = _usual(job)
    return in_words(usual) if usual else ""


def _usual(job: Job) -> Usual | None:
    watch = job.watched
    if watch:
        return Usual(watch.usual_low, watch.usual_high) if watch.usual_low and watch.usual_high else None
    return usual_time(job.provider_id, job.model, job.seconds) if job.state in NOT_MADE_YET else None

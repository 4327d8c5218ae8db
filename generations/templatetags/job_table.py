"""The staff's table of all jobs as templates tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generations.forms.job_table import QUEUE_NAMES
from generations.models import Job, State, Verdict
from generations.services.job_table import COUNTED, Queue
from generations.templatetags.faces import Look

register = template.Library()

ICONS = {
    Queue.APPROVAL: "hand-raised",
    Queue.UNKNOWN: "question-mark-circle",
    Queue.FAILED: "x-circle",
    Queue.ARCHIVE: "archive-box-arrow-down",
    Queue.VERDICT: "hand-thumb-up",
}
DESKS: dict[Queue, tuple[str, str | Promise]] = {
    Queue.APPROVAL: ("staff-approvals", _("Decide")),
    Queue.UNKNOWN: ("reconcile", _("Settle")),
    Queue.ARCHIVE: ("staff-archive", _("See why")),
}
"""Queues that have a page of their own, and what is done there."""
SAID: dict[Queue, str | Promise] = {
    Queue.APPROVAL: _("Nothing of this is sent or charged until somebody says yes."),
    Queue.UNKNOWN: _("Sent, and no clear answer came back. Never sent again by themselves."),
    Queue.FAILED: _("What is moved to the trash leaves this list."),
    Queue.ARCHIVE: _("Made, and not copied into the portal. Their links end."),
    Queue.VERDICT: _("Finished clips of which no reviewer said anything. Open one to play it."),
}
VERDICTS = {
    Verdict.APPROVED: Look("is-done", "hand-thumb-up", Verdict.APPROVED.label),
    Verdict.CHANGES: Look("is-doubt", "arrow-path", Verdict.CHANGES.label),
    Verdict.REJECTED: Look("is-bad", "no-symbol", Verdict.REJECTED.label),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue as a tab. `desk` is the page where it is worked off, if there is one, and `does` what one does there."""

    queue: Queue
    name: str | Promise
    icon: str
    count: str
    desk: str
    does: str | Promise
    said: str | Promise


@register.filter
def lanes(counts: Mapping[Queue, int]) -> list[Lane]:
    """All queues with how much waits in each: "99+" where that is more than is worth counting."""
    return [_lane(queue, counts[queue]) for queue in Queue]


@register.filter
def lane_of(queue: Queue | None) -> Lane | None:
    """The queue that is shown, without its count; None for all jobs."""
    return None if queue is None else _lane(queue, 0)


@register.filter
def verdict_look(job: Job) -> Look | None:
    """What a reviewer said of its clip; None while nobody did."""
    return VERDICTS[Verdict(job.verdict)] if job.verdict else None


@register.filter
def is_moderated(job: Job) -> bool:
    """Did it fail because of what it shows or says?"""
    return job.state == State.FAILED and job.cause == "content"


def _lane(queue: Queue, count: int) -> Lane:
    said = f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")
    return Lane(queue, QUEUE_NAMES[queue], ICONS[queue], said, *DESKS.get(queue, ("", "")), SAID[queue])

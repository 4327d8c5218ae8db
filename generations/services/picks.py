"""Calling a clip the winner, and taking that back. Who may see the job is asked before."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Job, JobEvent, Pick, User
from generations.services.trash import may_play

PICKED = gettext_noop("Picked as the winner by {who}.")
TAKEN_BACK = gettext_noop("No longer the winner: {who} took it back.")


def may_pick(job: Job, user: User) -> bool:
    """Whoever may create and can play the clip; a pick may be taken back while its clip is away, too."""
    return user.can_create and (job.winner is not None or (job.clip is not None and may_play(job, user)))


@transaction.atomic
def pick(job: Job, user: User, on: bool) -> bool:
    """Make it the winner, or no longer; the same wish twice changes nothing, and is False."""
    if on:
        changed = Pick.objects.get_or_create(job=job, defaults={"by": user})[1]
    else:
        changed = bool(Pick.objects.filter(job=job).delete()[0])
    if changed:
        Job.objects.filter(pk=job.pk).update(rev=F("rev") + 1)
        said = (PICKED if on else TAKEN_BACK).format(who=user)
        JobEvent.objects.create(job=job, at=timezone.now(), state=job.state, note=said, actor=user)
    return changed

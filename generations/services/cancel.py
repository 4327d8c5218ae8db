"""Taking a wish back before it is sent."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from generations.models import Job, State, User
from generations.services.advance import advance
from generations.services.audit import job_subject, note

NOT_SENT = (State.AWAITING_APPROVAL, State.QUEUED)


def may_act_on(job: Job, user: User) -> bool:
    """The author, while he may create, and admins."""
    return user.is_admin or (user.can_create and job.author_id == user.pk)


def may_cancel(job: Job, user: User) -> bool:
    """Who may act on the job; only while it may not have been sent."""
    return job.state in NOT_SENT and may_act_on(job, user)


def cancel(job: Job, user: User) -> bool:
    """Cancel a waiting job. One that is just being sent is cancelled if the provider does not take it; else False."""
    with transaction.atomic():
        # As it is now: the engine may just have moved it.
        job.refresh_from_db(from_queryset=Job.objects.select_for_update(no_key=True))
        is_over = job.state in NOT_SENT and advance(job, State.CANCELLED, actor=user)
        on_its_way = Job.objects.filter(pk=job.pk, state=State.SUBMITTING, cancel_asked=False)
        is_asked = not is_over and on_its_way.update(cancel_asked=True, rev=F("rev") + 1)
        if (is_over or is_asked) and job.author_id != user.pk:
            note(user, gettext_noop("job cancelled") if is_over else gettext_noop("cancel asked for"), job_subject(job))
    return is_over

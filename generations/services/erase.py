"""Erasing a prompt's words, such as a secret pasted by mistake. Its row and its jobs stay."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Candidate, Job, Prompt, State, User, Webhook
from generations.services.advance import advance
from generations.services.audit import note
from generations.services.forget import ERASED, forget_words
from generations.services.prompts import subject
from generations.services.search import index_prompt


def may_erase(prompt: Prompt, user: User) -> bool:
    """Who wrote it first, and admins."""
    return prompt.erased_at is None and (prompt.author_id == user.pk or user.is_admin)


def erase(prompt: Prompt, user: User) -> bool:
    """Blank the text wherever this app keeps it; False when it was erased before.

    What waits is cancelled. What was sent goes on at its provider, which has the text.
    """
    with transaction.atomic():
        _take_back(prompt, user)
        row = Prompt.objects.select_for_update().get(pk=prompt.pk)
        if row.erased_at:
            return False
        Candidate.objects.filter(said__contains=row.text).update(said="")
        Webhook.objects.filter(deliveries__notice__job__prompt=row).update(result="")
        forget_words(Job.objects.filter(prompt=row))
        Prompt.objects.filter(pk=row.pk).update(
            text="", title="", text_hash=f"erased:{row.pk}", is_template=False,
            pinned_at=None, pinned_by=None, erased_at=timezone.now(), erased_by=user,
        )  # fmt: skip
        index_prompt(row.pk)
        note(user, gettext_noop("prompt erased"), subject(prompt))
    return True


def _take_back(prompt: Prompt, user: User) -> None:
    """Hold all its jobs, so that none of them is just being written about, and cancel those that wait."""
    jobs = Job.objects.filter(prompt=prompt)
    for job in jobs.select_for_update(no_key=True).order_by("pk"):
        if job.state in (State.QUEUED, State.AWAITING_APPROVAL):
            advance(job, State.CANCELLED, reason=ERASED, actor=user)
    jobs.filter(state=State.SUBMITTING).update(cancel_asked=True, rev=F("rev") + 1)

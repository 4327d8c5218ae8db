"""Erasing a prompt's words, such as a secret pasted by mistake. Its row and its jobs stay."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Q
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

    A shared text goes from its author's private row too, and by an admin's word from everybody's: nobody else takes
    away what others keep to themselves. A private one goes alone, unless the same person shared it. What waits is
    cancelled. What was sent goes on at its provider, which has the text.
    """
    with transaction.atomic():
        rows = _of_this_text(prompt, user)
        # The jobs before their prompts, and both in one order, as whoever moves or shares one holds them.
        jobs = list(Job.objects.select_for_update(no_key=True).filter(prompt__in=rows).order_by("pk"))
        held = list(Prompt.objects.select_for_update().filter(pk__in=rows, erased_at=None).order_by("pk"))
        if prompt not in held:
            return False
        _take_back(jobs, user)
        for row in held:
            _blank(row, user)
    return True


def _of_this_text(prompt: Prompt, user: User) -> list[int]:
    """It, and the rows that are erased with it."""
    same = Prompt.objects.filter(text_hash=prompt.text_hash)
    if not same.filter(owner=None, author=prompt.author_id).exists():
        same = same.filter(owner=prompt.owner_id)
    elif not user.is_admin:
        same = same.filter(Q(owner=None) | Q(owner=user))
    return list(same.values_list("pk", flat=True))


def _take_back(jobs: Iterable[Job], user: User) -> None:
    """Cancel those that wait, and those just on their way if their provider does not take them."""
    for job in jobs:
        if job.state in (State.QUEUED, State.AWAITING_APPROVAL):
            advance(job, State.CANCELLED, reason=ERASED, actor=user)
        elif job.state == State.SUBMITTING:
            Job.objects.filter(pk=job.pk).update(cancel_asked=True, rev=F("rev") + 1)


def _blank(row: Prompt, user: User) -> None:
    Candidate.objects.filter(said__contains=row.text).update(said="")
    Webhook.objects.filter(deliveries__notice__job__prompt=row).update(result="")
    forget_words(Job.objects.filter(prompt=row))
    Prompt.objects.filter(pk=row.pk).update(
        text="", title="", text_hash=f"erased:{row.pk}", is_template=False,
        pinned_at=None, pinned_by=None, erased_at=timezone.now(), erased_by=user,
    )  # fmt: skip
    index_prompt(row.pk)
    note(user, gettext_noop("prompt erased"), subject(row))

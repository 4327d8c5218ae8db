"""Showing the team what was only for oneself. There is no way back: what was seen cannot be unseen."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Job, JobEvent, Prompt, PromptMark, User, Visibility
from generations.services.audit import job_subject, note
from generations.services.figures import recount
from generations.services.notes import forget_unworn
from generations.services.search import index_job, index_prompt

SHARED = gettext_noop("Shared with the team by {who}.")


def may_publish(job: Job, user: User) -> bool:
    """Its author alone, while he may create."""
    mine = job.author_id == user.pk and user.can_create
    return mine and job.visibility == Visibility.ME and job.purged_at is None and job.prompt.erased_at is None


def publish(job: Job, user: User) -> bool:
    """Make a private job the team's; False when it is already, or its text was erased. Others of the text stay private.

    The job moves from its author's own row of the text to the team's, and both are counted anew.
    """
    with transaction.atomic():
        # The job is held before its prompts, as whoever moves it does.
        job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        own = Prompt.objects.get(pk=job.prompt_id)
        # Both rows at once and in one order, as a batch holds them.
        held = Prompt.objects.select_for_update(no_key=True).filter(text_hash=own.text_hash)
        list(held.filter(Q(owner=None) | Q(owner=own.owner)).order_by("pk").values_list("pk"))
        rows = Job.objects.filter(pk=job.pk, author=user, visibility=Visibility.ME, prompt__erased_at=None)
        if not rows.exists():
            return False
        shared = _row_of_the_team(own, job)
        Job.objects.filter(pk=job.pk).update(visibility=Visibility.TEAM, prompt=shared, rev=F("rev") + 1)
        index_job(job.pk)  # the shared row's title is not that of the own one
        _leave(own, shared)
        said = SHARED.format(who=user)
        JobEvent.objects.create(job=job, at=timezone.now(), state=job.state, note=said, actor=user)
        note(user, gettext_noop("made shared"), job_subject(job), {"visibility": (Visibility.ME, Visibility.TEAM)})
    return True


def _row_of_the_team(own: Prompt, job: Job) -> Prompt:
    """The shared row of this text, made if need be. Title, tags and stars of the private one stay private."""
    new = {"text": own.text, "author": own.author, "parent": own.parent, "is_template": own.is_template}
    shared, is_new = Prompt.objects.get_or_create(
        text_hash=own.text_hash, owner=None, defaults=new | {"last_run_at": job.created_at}
    )
    if is_new:
        index_prompt(shared.pk)
    else:
        Prompt.objects.filter(pk=shared.pk, last_run_at__lt=job.created_at).update(last_run_at=job.created_at)
    return shared


def _leave(own: Prompt, shared: Prompt) -> None:
    """Count both. A private row that nothing hangs on any more goes: nobody would find it to erase its text."""
    recount(shared.pk)
    if own.pk == shared.pk:
        return
    if recount(own.pk).saved_at or own.jobs.exists():
        return
    for heart in PromptMark.objects.filter(prompt=own, favourite=True):
        PromptMark.objects.get_or_create(prompt=shared, user=heart.user, defaults={"favourite": True})
    Prompt.objects.filter(parent=own).update(parent=shared)
    worn = list(own.prompt_tags.values_list("tag__name", flat=True))
    Prompt.objects.filter(pk=own.pk).delete()
    for tag in worn:
        forget_unworn(tag)

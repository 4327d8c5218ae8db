"""The trash: finished jobs leave the lists, may come back, and at last lose their files. Their rows stay for ever."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import FINAL, Job, JobEvent, Output, User
from generations.services.afterwards import afterwards
from generations.services.audit import job_subject, note
from generations.services.cancel import may_act_on
from generations.services.figures import recount_of

AT_ONCE = 50
TRASHED = gettext_noop("Moved to the trash by {who}.")
RESTORED = gettext_noop("Taken out of the trash by {who}.")
PURGED = gettext_noop("Its files were removed.")
RETIRED = gettext_noop("Moved to the trash: it is older than {days} days.")


def may_trash(job: Job, user: User) -> bool:
    """Who may act on the job, once it is over."""
    return job.state in FINAL and job.is_on_the_shelf and may_act_on(job, user)


def may_restore(job: Job, user: User) -> bool:
    """Who may take it out of the trash, while its files are there."""
    return job.trashed_at is not None and job.purged_at is None and may_act_on(job, user)


def may_play(job: Job, user: User) -> bool:
    """Clip and poster: for all who may see the job, and from the trash only for those who may take it out again."""
    return job.is_visible_to(user) and job.purged_at is None and (job.trashed_at is None or may_act_on(job, user))


def trash(job: Job, user: User) -> bool:
    """Move a finished job to the trash; False when it is there already, or not over."""
    with transaction.atomic():
        rows = Job.objects.on_the_shelf().filter(pk=job.pk, state__in=FINAL)
        if not rows.update(trashed_at=timezone.now(), trashed_by=user, rev=F("rev") + 1):
            return False
        _wrote(job, TRASHED.format(who=user), user, gettext_noop("moved to trash"))
    return True


def restore(job: Job, user: User) -> bool:
    """Take it out again; False when it is not in the trash, or its files are gone."""
    with transaction.atomic():
        rows = Job.objects.filter(pk=job.pk, trashed_at__isnull=False, purged_at=None)
        if not rows.update(trashed_at=None, trashed_by=None, rev=F("rev") + 1):
            return False
        _wrote(job, RESTORED.format(who=user), user, gettext_noop("taken out of trash"))
    return True


def purge_due(limit: int = AT_ONCE) -> int:
    """Remove the files of jobs that lay in the trash for TRASH_DAYS; how many jobs that were."""
    old = timezone.now() - timedelta(days=settings.TRASH_DAYS)
    due = Job.objects.filter(trashed_at__lt=old, purged_at=None).order_by("trashed_at")
    return sum(purge(job) for job in due[:limit])


def purge(job: Job) -> bool:
    """Remove the files of a job in the trash for good; False when it was taken out meanwhile, or purged before."""
    now = timezone.now()
    with transaction.atomic():
        rows = Job.objects.filter(pk=job.pk, trashed_at=job.trashed_at, trashed_at__isnull=False, purged_at=None)
        if not rows.update(purged_at=now, rev=F("rev") + 1):
            return False
        outputs = Output.objects.filter(job=job)
        # Whoever copies one now loses its lease; what is stored is read after that, so no file is missed.
        outputs.update(lease=None, lease_until=None)
        outputs.filter(stored_at=None, abandoned_at=None).update(abandoned_at=now)
        names = [str(name) for pair in outputs.values_list("clip", "poster") for name in pair if name]
        outputs.update(clip="", poster="", rev=F("rev") + 1)
        JobEvent.objects.create(job=job, at=now, state=job.state, note=PURGED)
        recount_of(job.pk)
        afterwards(_remove, names)
    return True


def retire_old(limit: int = AT_ONCE) -> int:
    """Move finished jobs older than RETENTION_DAYS to the trash; none when that is 0. How many that were."""
    if not settings.RETENTION_DAYS:
        return 0
    now = timezone.now()
    old = Job.objects.on_the_shelf().filter(state__in=FINAL, finished_at__lt=now - timedelta(settings.RETENTION_DAYS))
    said = RETIRED.format(days=settings.RETENTION_DAYS)
    return sum(_retired(job, said) for job in old.exclude(_spared()).order_by("finished_at")[:limit])


def _spared() -> Q:
    """Jobs that retention never touches. What members mark to be kept for ever is to be named here."""
    return Q(pk__in=[])


def _retired(job: Job, said: str) -> bool:
    with transaction.atomic():
        rows = Job.objects.on_the_shelf().filter(pk=job.pk, state__in=FINAL)
        if not rows.update(trashed_at=timezone.now(), trashed_by=None, rev=F("rev") + 1):
            return False
        JobEvent.objects.create(job=job, at=timezone.now(), state=job.state, note=said)
    return True


def _wrote(job: Job, said: str, user: User, action: str) -> None:
    """The timeline says it; the audit too when it was somebody else's job."""
    JobEvent.objects.create(job=job, at=timezone.now(), state=job.state, note=said, actor=user)
    if job.author_id != user.pk:
        note(user, action, job_subject(job))


def _remove(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)

"""Links to one clip for people outside: made, opened, revoked. Only a hash of a link's token is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Job, JobEvent, Portal, Share, User, Verdict
from generations.services.audit import job_subject, note
from generations.services.cancel import may_act_on
from generations.services.portal import chosen

DAYS_MOST = 90
LINKS_MOST = 20  # of one job that work at the same time
TOKEN_BYTES = 32
SHARED = gettext_noop("Shared outside by {who}, until {day}.")
REVOKED = gettext_noop("A link for people outside was revoked by {who}.")


class NotShared(Exception):
    """There is no link; the text says why."""


def may_share(job: Job, user: User) -> bool:
    """The author, while he may create, and admins; a private job is shared by its author only."""
    return job.is_visible_to(user) and may_act_on(job, user)


def can_be_shared(job: Job) -> bool:
    """There is a clip, and it is not in the trash."""
    return job.clip is not None and job.is_on_the_shelf


def is_held_back(job: Job, portal: Portal) -> bool:
    """Only approved clips leave this portal, and this one is not: its links rest until it is."""
    return portal.approved_only and job.verdict != Verdict.APPROVED


def may_revoke(share: Share, user: User) -> bool:
    """Its maker, the job's author, and admins."""
    return user.is_admin or user.pk in {share.by_id, share.job.author_id}


@transaction.atomic
def make_link(job: Job, user: User, until: datetime, *, with_prompt: bool) -> tuple[Share, str]:
    """A new link's row, and its token, which is told here and never again. Raises NotShared."""
    if problem := _objection(job, until):
        raise NotShared(problem)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    columns = {"expires_at": until, "with_prompt": with_prompt, "by": user}
    share = Share.objects.create(job=job, token_hash=_hash(token), **columns)
    day = timezone.localtime(until).date().isoformat()
    _wrote(job, user, SHARED.format(who=user, day=day))
    note(user, gettext_noop("clip shared outside"), job_subject(job), {"expires": (None, day)})
    return share, token


def _objection(job: Job, until: datetime) -> str:
    now, portal = timezone.now(), chosen()
    if not portal.shares_outside:
        return _("Sharing outside is switched off for this portal.")
    if not can_be_shared(job):
        return _("There is no clip to share.")
    if is_held_back(job, portal):
        return _("Only approved clips can be shared outside, and no reviewer has approved this one.")
    if not now < until <= now + timedelta(days=DAYS_MOST):
        return _("A link works for at most {most} days.").format(most=DAYS_MOST)
    if Share.objects.open().filter(job=job).count() >= LINKS_MOST:
        return _("{most} links to one clip are enough. Revoke one first.").format(most=LINKS_MOST)
    return ""


def found(token: str) -> Share | None:
    """The link of this token, if it works now; None for every reason why it may not, and nothing tells them apart."""
    shares = Share.objects.open().select_related("job__prompt", "job__cover")
    share, portal = shares.filter(token_hash=_hash(token)).first(), chosen()
    if share is None or share.job.clip is None or not portal.shares_outside:
        return None
    return None if is_held_back(share.job, portal) else share


def that_work(portal: Portal) -> QuerySet[Share]:
    """The links that work, or would if sharing were on, soonest over first."""
    links = Share.objects.open().select_related("by", "job").order_by("expires_at")
    return links.filter(job__verdict=Verdict.APPROVED) if portal.approved_only else links


def count(share: Share) -> None:
    """Somebody opened its page."""
    Share.objects.filter(pk=share.pk).update(opened=F("opened") + 1, opened_at=timezone.now())


@transaction.atomic
def revoke(share: Share, user: User) -> bool:
    """End the link at once; False when it was ended before."""
    rows = Share.objects.filter(pk=share.pk, revoked_at=None)
    if not rows.update(revoked_at=timezone.now(), revoked_by=user):
        return False
    _wrote(share.job, user, REVOKED.format(who=user))
    note(user, gettext_noop("outside link revoked"), job_subject(share.job))
    return True


def links_of(job: Job, user: User) -> QuerySet[Share]:
    """The job's links that this person may revoke, newest first."""
    mine = Q() if user.is_admin or job.author_id == user.pk else Q(by=user)
    return Share.objects.filter(mine, job=job).select_related("by", "revoked_by", "job")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _wrote(job: Job, user: User, said: str) -> None:
    JobEvent.objects.create(job=job, at=timezone.now(), state=job.state, note=said, actor=user)

"""What staff do to many jobs of the table at once, after a look at what it comes to.

A deed is about jobs as they were seen: each carries a stamp of what mattered. Whatever changed since is left alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from generations.models import Derived, Job, State, User
from generations.services.actions import NOT_MADE
from generations.services.again import again
from generations.services.audit import job_subject, note
from generations.services.cancel import cancel
from generations.services.compose import NotPossible
from generations.services.deeds import NOT_THERE, TRASHED_ALREADY
from generations.services.job_table_plan import CHANGED, COPIED_NOW, NOT_OFFERED, OVER_BUDGET, SENT, Deed, plan
from generations.services.trash import trash
from generations.services.unarchived import try_again
from generations.services.wording import listed


@dataclass(frozen=True, slots=True)
class Done:
    """How many it was done to, of which so many wait for approval, and how many were left out for which reason."""

    deed: Deed
    count: int
    waiting: int
    left_out: Counter[str]

    def __str__(self) -> str:
        reasons = listed(f"{count} {_(reason)}" for reason, count in self.left_out.items())
        more = _("Left out: {reasons}.").format(reasons=reasons) if reasons else ""
        return " ".join(filter(None, [_headline(self.deed, self.count), _waits(self.waiting), more]))


def do(user: User, deed: Deed, seen: Mapping[UUID, str], token: str) -> Done:
    """Do it to those that are as they were seen, each by itself. The same `token` sends nothing a second time."""
    chosen = plan(user, deed, seen.keys())
    left_out: Counter[str] = Counter({NOT_THERE: chosen.missing})
    made: list[Job] = []
    for item in chosen.items:
        changed = "" if item.stamp == seen[item.job.key] else CHANGED
        if problem := item.objection or changed or _DO[deed](item.job, user, token, made):
            left_out[problem] += 1
    count = len(seen) - left_out.total()
    waiting = sum(job.state == State.AWAITING_APPROVAL for job in made)
    return Done(deed, count, waiting, +left_out)


def _cancel(job: Job, user: User, token: str, made: list[Job]) -> str:
    is_over = cancel(job, user)
    asked = not is_over and Job.objects.filter(pk=job.pk, cancel_asked=True).exists()
    return "" if is_over or asked else SENT


def _retry(job: Job, user: User, token: str, made: list[Job]) -> str:
    """Its own key, of the confirmation's: however often that is sent, one new job comes of each."""
    own = hashlib.sha256(f"{token}:{job.key}".encode()).hexdigest()[:32]
    kind = Derived.RETRY if job.state in NOT_MADE else Derived.TAKE
    try:
        with transaction.atomic():
            asked = again(user, job, kind, own)
            if asked.is_new:
                note(user, gettext_noop("job sent again"), job_subject(job), {"new job": ("", asked.job.key)})
    except NotPossible as problem:
        return OVER_BUDGET if problem.field == "budget" else NOT_OFFERED
    made.append(asked.job)
    return ""


def _copy(job: Job, user: User, token: str, made: list[Job]) -> str:
    return "" if job.cover and try_again(job.cover, user) else COPIED_NOW


def _trash(job: Job, user: User, token: str, made: list[Job]) -> str:
    return "" if trash(job, user) else TRASHED_ALREADY


_DO: dict[Deed, Callable[[Job, User, str, list[Job]], str]] = {
    Deed.CANCEL: _cancel,
    Deed.RETRY: _retry,
    Deed.ARCHIVE: _copy,
    Deed.TRASH: _trash,
}


def _headline(deed: Deed, n: int) -> str:
    if not n:
        return _("Nothing was done.")
    said = {
        Deed.CANCEL: ngettext("{n} job cancelled.", "{n} jobs cancelled.", n),
        Deed.RETRY: ngettext("{n} job sent again as a new one.", "{n} jobs sent again as new ones.", n),
        Deed.ARCHIVE: ngettext("{n} file is tried again now.", "{n} files are tried again now.", n),
        Deed.TRASH: ngettext("{n} job moved to the trash.", "{n} jobs moved to the trash.", n),
    }
    return said[deed].format(n=n)


def _waits(n: int) -> str:
    said = ngettext("{n} of them waits for approval.", "{n} of them wait for approval.", n)
    return said.format(n=n) if n else ""

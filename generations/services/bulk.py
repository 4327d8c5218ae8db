"""One act on many clips. What may be done is done; what is left out is counted under its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from generations.models import FINAL, Job, User
from generations.models.job import JobQuerySet
from generations.services import notes
from generations.services.cancel import may_act_on
from generations.services.trash import restore, trash
from generations.services.wording import listed

MOST = 200
"""Clips in one go."""


class Act(StrEnum):
    TAG = "tag"
    UNTAG = "untag"
    FAVOURITE = "favourite"
    UNFAVOURITE = "unfavourite"
    TRASH = "trash"
    RESTORE = "restore"


REVERSE = {
    Act.TAG: Act.UNTAG,
    Act.UNTAG: Act.TAG,
    Act.FAVOURITE: Act.UNFAVOURITE,
    Act.UNFAVOURITE: Act.FAVOURITE,
    Act.TRASH: Act.RESTORE,
    Act.RESTORE: Act.TRASH,
}
MAKERS_ONLY = frozenset({Act.TAG, Act.UNTAG, Act.TRASH, Act.RESTORE})
"""Viewers look and keep marks of their own."""
NOT_THERE = gettext_noop("not found here")
NOT_OVER = gettext_noop("not over yet")
NOT_YOURS = gettext_noop("somebody else’s")
TRASHED_ALREADY = gettext_noop("in the trash already")
TAGGED_ALREADY = gettext_noop("with this tag already")
NOT_TAGGED = gettext_noop("without this tag")
MARKED_ALREADY = gettext_noop("a favourite already")
NOT_MARKED = gettext_noop("no favourite")
TOO_MANY_TAGS = gettext_noop("with too many tags")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The clips that were changed, and how many were left out for which reason."""

    act: Act
    keys: tuple[UUID, ...]
    left_out: Counter[str]
    tag: str = ""

    def __str__(self) -> str:
        """In the reader's words: 3 clips moved to the trash. Left out: 1 not over yet."""
        reasons = listed(f"{count} {_(reason)}" for reason, count in self.left_out.items())
        more = _("Left out: {reasons}.").format(reasons=reasons) if reasons else ""
        return f"{_headline(self.act, len(self.keys), self.tag)} {more}".strip()


def act_on(user: User, act: Act, keys: Collection[UUID], tag: str = "") -> Outcome:
    """Do it to those of the clips that this user may do it to. Raises NotNoted for a tag that is none."""
    tag = notes.tag_name(tag) if act in {Act.TAG, Act.UNTAG} else ""
    done: list[UUID] = []
    left_out: Counter[str] = Counter()
    with transaction.atomic():
        jobs = list(within(user, act, keys))
        left_out.update({NOT_THERE: len(set(keys)) - len(jobs)})
        for job in jobs:
            if objection := DEEDS[act](job, user, tag):
                left_out[objection] += 1
            else:
                done.append(job.key)
    return Outcome(act, tuple(done), +left_out, tag)


def within(user: User, act: Act | None, keys: Collection[UUID]) -> JobQuerySet:
    """The rows that this user can reach for it, newest first."""
    reach = Job.objects.in_trash_of(user) if act is Act.RESTORE else Job.objects.visible_to(user)
    return reach.filter(key__in=keys).for_cards(user).newest_first()


def _trash(job: Job, user: User, tag: str) -> str:
    if job.state not in FINAL:
        return NOT_OVER
    if not may_act_on(job, user):
        return NOT_YOURS
    return "" if trash(job, user) else TRASHED_ALREADY


def _restore(job: Job, user: User, tag: str) -> str:
    return "" if restore(job, user) else NOT_THERE


def _tag(job: Job, user: User, tag: str) -> str:
    if job.job_tags.filter(tag__name=tag).exists():
        return TAGGED_ALREADY
    try:
        notes.add_tag(job, user, tag)
    except notes.NotNoted:  # the tag itself is good, so there is no room for it
        return TOO_MANY_TAGS
    return ""


def _untag(job: Job, user: User, tag: str) -> str:
    if not job.job_tags.filter(tag__name=tag).exists():
        return NOT_TAGGED
    notes.remove_tag(job, tag)
    return ""


def _favourite(job: Job, user: User, tag: str) -> str:
    if job.favourites.filter(user=user).exists():
        return MARKED_ALREADY
    notes.mark(job, user, on=True)
    return ""


def _unfavourite(job: Job, user: User, tag: str) -> str:
    if not job.favourites.filter(user=user).exists():
        return NOT_MARKED
    notes.mark(job, user, on=False)
    return ""


DEEDS: dict[Act, Callable[[Job, User, str], str]] = {
    Act.TAG: _tag,
    Act.UNTAG: _untag,
    Act.FAVOURITE: _favourite,
    Act.UNFAVOURITE: _unfavourite,
    Act.TRASH: _trash,
    Act.RESTORE: _restore,
}


def _headline(act: Act, n: int, tag: str) -> str:
    said = {
        Act.TAG: ngettext("{n} clip tagged “{tag}”.", "{n} clips tagged “{tag}”.", n),
        Act.UNTAG: ngettext("Tag “{tag}” taken off {n} clip.", "Tag “{tag}” taken off {n} clips.", n),
        Act.FAVOURITE: ngettext("{n} clip marked as favourite.", "{n} clips marked as favourites.", n),
        Act.UNFAVOURITE: ngettext("{n} clip is no favourite now.", "{n} clips are no favourites now.", n),
        Act.TRASH: ngettext("{n} clip moved to the trash.", "{n} clips moved to the trash.", n),
        Act.RESTORE: ngettext("{n} clip taken out of the trash.", "{n} clips taken out of the trash.", n),
    }
    return said[act].format(n=n, tag=tag)

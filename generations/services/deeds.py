"""What is done to one clip among many. Each deed does it and answers "", or answers why it was left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop

from generations.models import FINAL, Collection, Job, User
from generations.services import collections, notes
from generations.services.cancel import may_act_on
from generations.services.trash import restore, trash


class Act(StrEnum):
    TAG = "tag"
    UNTAG = "untag"
    FAVOURITE = "favourite"
    UNFAVOURITE = "unfavourite"
    COLLECT = "collect"
    UNCOLLECT = "uncollect"
    TRASH = "trash"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Means:
    """What an act needs beside the clips."""

    tag: str = ""
    collection: Collection | None = None


NOT_THERE = gettext_noop("not found here")
NOT_OVER = gettext_noop("not over yet")
NOT_YOURS = gettext_noop("somebody else’s")
TRASHED_ALREADY = gettext_noop("in the trash already")
TAGGED_ALREADY = gettext_noop("with this tag already")
NOT_TAGGED = gettext_noop("without this tag")
MARKED_ALREADY = gettext_noop("a favourite already")
NOT_MARKED = gettext_noop("no favourite")
TOO_MANY_TAGS = gettext_noop("with too many tags")
COLLECTED_ALREADY = gettext_noop("in it already")
NOT_COLLECTED = gettext_noop("not in it")


def _trash(job: Job, user: User, means: Means) -> str:
    if job.state not in FINAL:
        return NOT_OVER
    if not may_act_on(job, user):
        return NOT_YOURS
    return "" if trash(job, user) else TRASHED_ALREADY


def _restore(job: Job, user: User, means: Means) -> str:
    return "" if restore(job, user) else NOT_THERE


def _tag(job: Job, user: User, means: Means) -> str:
    if job.job_tags.filter(tag__name=means.tag).exists():
        return TAGGED_ALREADY
    try:
        notes.add_tag(job, user, means.tag)
    except notes.NotNoted:  # the tag itself is good, so there is no room for it
        return TOO_MANY_TAGS
    return ""


def _untag(job: Job, user: User, means: Means) -> str:
    if not job.job_tags.filter(tag__name=means.tag).exists():
        return NOT_TAGGED
    notes.remove_tag(job, means.tag)
    return ""


def _favourite(job: Job, user: User, means: Means) -> str:
    if job.favourites.filter(user=user).exists():
        return MARKED_ALREADY
    notes.mark(job, user, on=True)
    return ""


def _unfavourite(job: Job, user: User, means: Means) -> str:
    if not job.favourites.filter(user=user).exists():
        return NOT_MARKED
    notes.mark(job, user, on=False)
    return ""


def _collect(job: Job, user: User, means: Means) -> str:
    assert means.collection is not None  # noqa: S101 - asked for before
    if not job.is_on_the_shelf:
        return TRASHED_ALREADY
    return "" if collections.put(means.collection, [job], user) else COLLECTED_ALREADY


def _uncollect(job: Job, user: User, means: Means) -> str:
    assert means.collection is not None  # noqa: S101 - asked for before
    return "" if collections.take_out(means.collection, [job]) else NOT_COLLECTED


DEEDS: dict[Act, Callable[[Job, User, Means], str]] = {
    Act.TAG: _tag,
    Act.UNTAG: _untag,
    Act.FAVOURITE: _favourite,
    Act.UNFAVOURITE: _unfavourite,
    Act.COLLECT: _collect,
    Act.UNCOLLECT: _uncollect,
    Act.TRASH: _trash,
    Act.RESTORE: _restore,
}

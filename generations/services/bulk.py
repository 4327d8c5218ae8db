"""One act on many clips. What may be done is done; what is left out is counted under its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Many
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.models import Job, User
from generations.models.job import JobQuerySet
from generations.services import notes
from generations.services.deeds import DEEDS, NOT_THERE, Act, Means
from generations.services.wording import listed

MOST = 200
"""Clips in one go."""
REVERSE = {
    Act.TAG: Act.UNTAG,
    Act.UNTAG: Act.TAG,
    Act.FAVOURITE: Act.UNFAVOURITE,
    Act.UNFAVOURITE: Act.FAVOURITE,
    Act.COLLECT: Act.UNCOLLECT,
    Act.UNCOLLECT: Act.COLLECT,
    Act.TRASH: Act.RESTORE,
    Act.RESTORE: Act.TRASH,
}
MAKERS_ONLY = frozenset(Act) - {Act.FAVOURITE, Act.UNFAVOURITE}
"""Viewers look and keep marks of their own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The clips that were changed, by which means, and how many were left out for which reason."""

    act: Act
    keys: tuple[UUID, ...]
    left_out: Counter[str]
    means: Means

    def __str__(self) -> str:
        """In the reader's words: 3 clips moved to the trash. Left out: 1 not over yet."""
        reasons = listed(f"{count} {_(reason)}" for reason, count in self.left_out.items())
        more = _("Left out: {reasons}.").format(reasons=reasons) if reasons else ""
        return f"{_headline(self.act, len(self.keys), self.means)} {more}".strip()


def act_on(user: User, act: Act, keys: Many[UUID], means: Means) -> Outcome:
    """Do it to those of the clips that this user may do it to. Raises NotNoted for a tag that is none."""
    if act in {Act.TAG, Act.UNTAG}:
        means = Means(notes.tag_name(means.tag))
    done: list[UUID] = []
    left_out: Counter[str] = Counter()
    with transaction.atomic():
        jobs = list(within(user, act, keys))
        left_out.update({NOT_THERE: len(set(keys)) - len(jobs)})
        for job in jobs:
            if objection := DEEDS[act](job, user, means):
                left_out[objection] += 1
            else:
                done.append(job.key)
    return Outcome(act, tuple(done), +left_out, means)


def within(user: User, act: Act | None, keys: Many[UUID]) -> JobQuerySet:
    """The rows that this user can reach for it, newest first."""
    reach = Job.objects.in_trash_of(user) if act is Act.RESTORE else Job.objects.visible_to(user)
    return reach.filter(key__in=keys).for_cards(user).newest_first()


def _headline(act: Act, n: int, means: Means) -> str:
    said = {
        Act.TAG: ngettext("{n} clip tagged “{tag}”.", "{n} clips tagged “{tag}”.", n),
        Act.UNTAG: ngettext("Tag “{tag}” taken off {n} clip.", "Tag “{tag}” taken off {n} clips.", n),
        Act.FAVOURITE: ngettext("{n} clip marked as favourite.", "{n} clips marked as favourites.", n),
        Act.UNFAVOURITE: ngettext("{n} clip is no favourite now.", "{n} clips are no favourites now.", n),
        Act.COLLECT: ngettext("{n} clip put into “{name}”.", "{n} clips put into “{name}”.", n),
        Act.UNCOLLECT: ngettext("{n} clip taken out of “{name}”.", "{n} clips taken out of “{name}”.", n),
        Act.TRASH: ngettext("{n} clip moved to the trash.", "{n} clips moved to the trash.", n),
        Act.RESTORE: ngettext("{n} clip taken out of the trash.", "{n} clips taken out of the trash.", n),
    }
    return said[act].format(n=n, tag=means.tag, name=means.collection or "")

"""What it would come to if staff did something to many jobs of the table: to which, which not and why, at what cost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import FINAL, Job, State, User
from generations.services.again import offered
from generations.services.budgets import lines_over
from generations.services.cancel import NOT_SENT, may_act_on
from generations.services.deeds import NOT_OVER, NOT_YOURS, TRASHED_ALREADY
from generations.services.offer import offer_for, one_offer
from generations.services.price import Price
from generations.services.rates import estimate, rate_of

MOST = 50
"""Jobs in one go."""
ZERO = Decimal(0)


class Deed(StrEnum):
    CANCEL = "cancel"
    RETRY = "retry"
    ARCHIVE = "archive"
    TRASH = "trash"


PRIVATE = gettext_noop("somebody’s private ones")
CANCELLED = gettext_noop("cancelled already")
SENT = gettext_noop("sent already")
OVER = gettext_noop("over already")
ASKED = gettext_noop("asked to cancel already")
ERASED = gettext_noop("without their text, which was erased")
NOT_OFFERED = gettext_noop("not on offer like this any more")
OVER_BUDGET = gettext_noop("over a budget")
FOR_ADMINS = gettext_noop("for an admin to try again")
KEPT = gettext_noop("without a file to copy")
COPIED_NOW = gettext_noop("being copied at this moment")
CHANGED = gettext_noop("changed since you saw them")


@dataclass(frozen=True, slots=True)
class Item:
    """A chosen job: why it is left alone, or what doing it costs. None of `cost` where nobody knows."""

    job: Job
    objection: str = ""
    price: Price | None = None
    cost: Decimal | None = None

    @property
    def stamp(self) -> str:
        """Changes with whatever mattered when the deed was decided upon."""
        copied = self.job.cover.rev if self.job.cover else 0
        seen = f"{self.job.rev}.{copied}.{self.price}"
        return hashlib.sha256(seen.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deed would come to. `is_over`: a hard budget does not allow all of it."""

    deed: Deed
    items: Sequence[Item]
    missing: int
    is_over: bool = False

    @property
    def able(self) -> list[Item]:
        return [item for item in self.items if not item.objection]

    @property
    def left(self) -> list[tuple[str, list[Item]]]:
        """What is left alone, by reason."""
        reasons = dict.fromkeys(item.objection for item in self.items if item.objection)
        return [(_(reason), [item for item in self.items if item.objection == reason]) for reason in reasons]

    @property
    def amount(self) -> Decimal:
        """In the portal's currency."""
        return sum((item.cost or ZERO for item in self.able), ZERO)

    @property
    def unknown(self) -> int:
        """Of so many nobody knows what they cost."""
        return sum(item.cost is None for item in self.able) if self.deed is Deed.RETRY else 0

    @property
    def unclear(self) -> int:
        """So many may have been made and charged already."""
        return sum(item.job.state == State.UNKNOWN for item in self.able) if self.deed is Deed.RETRY else 0

    @property
    def on_their_way(self) -> int:
        """So many are just being sent: they are cancelled only where the provider does not take them."""
        return sum(item.job.state == State.SUBMITTING for item in self.able) if self.deed is Deed.CANCEL else 0


def plan(user: User, deed: Deed, keys: Collection[UUID]) -> Plan:
    """What it would come to for these, the newest first."""
    rows = Job.objects.filter(key__in=keys).for_cards(user).newest_first().select_related("reference")
    with one_offer(user):
        items = [_item(user, deed, job) for job in rows]
    found = Plan(deed, items, len(set(keys)) - len(items))
    if deed is not Deed.RETRY:
        return found
    over = any(line.budget.is_hard and line.taken + found.amount > line.budget.amount for line in lines_over(user))
    return Plan(deed, items, found.missing, over)


def _item(user: User, deed: Deed, job: Job) -> Item:
    if objection := _OBJECTIONS[deed](job, user):
        return Item(job, objection)
    if deed is not Deed.RETRY:
        return Item(job)
    now = offered(offer_for(user), job)
    if now is None:
        return Item(job, NOT_OFFERED)
    return Item(job, price=now.price, cost=estimate(now.price, rate_of(now.price.currency)) if now.price else None)


def _not_theirs(job: Job, user: User) -> str:
    if not job.is_visible_to(user):
        return PRIVATE
    return "" if may_act_on(job, user) else NOT_YOURS


def _no_cancel(job: Job, user: User) -> str:
    if job.state == State.CANCELLED:
        return CANCELLED
    if job.state in FINAL:
        return OVER
    if job.state not in {*NOT_SENT, State.SUBMITTING}:
        return SENT
    return ASKED if job.cancel_asked else _not_theirs(job, user)


def _no_retry(job: Job, user: User) -> str:
    if not job.is_visible_to(user):
        return PRIVATE
    if job.prompt.erased_at:
        return ERASED
    return "" if job.state in FINAL or job.state == State.UNKNOWN else NOT_OVER


def _no_copy(job: Job, user: User) -> str:
    if not user.is_admin:
        return FOR_ADMINS
    if job.cover is None or job.cover.is_stored or job.purged_at:
        return KEPT
    return COPIED_NOW if job.cover.is_being_copied else ""


def _no_trash(job: Job, user: User) -> str:
    if job.state not in FINAL:
        return NOT_OVER
    return _not_theirs(job, user) if job.is_on_the_shelf else TRASHED_ALREADY


_OBJECTIONS: dict[Deed, Callable[[Job, User], str]] = {
    Deed.CANCEL: _no_cancel,
    Deed.RETRY: _no_retry,
    Deed.ARCHIVE: _no_copy,
    Deed.TRASH: _no_trash,
}

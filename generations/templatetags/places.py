"""Where staff can go, in groups: the one list behind the rail and the phone's sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

MANY = 99


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its URL name. `around` are beginnings of the names of those that belong to it.

    `counted` names what the shell knows to wait there, `waits` says for a screen reader what the number is of.
    """

    name: str
    icon: str
    word: Promise
    around: tuple[str, ...] = ()
    for_admins: bool = False
    counted: str = ""
    waits: Promise | str = ""


REVIEW = (
    Place("staff-jobs", "clipboard-document-check", _("Jobs"), ("staff-job", "review-")),
    Place("staff-approvals", "hand-raised", _("Approvals"), ("approval",), counted="to_approve", waits=_("to decide")),
    Place("staff-clips", "hand-thumb-up", _("Clips"), counted="to_review", waits=_("to review")),
    Place("reconcile", "question-mark-circle", _("Reconcile"), counted="to_settle", waits=_("to settle")),
    Place(
        "staff-archive", "archive-box-arrow-down", _("Not archived"), counted="not_archived", waits=_("need a person")
    ),
)
MONEY = (
    Place("staff-usage", "chart-bar", _("Usage")),
    Place("staff-ledger", "receipt-refund", _("Ledger"), ("ledger-", "job-ledger")),
    Place("staff-prices", "banknotes", _("Prices"), ("model-prices", "price-")),
    Place("staff-budgets", "wallet", _("Budgets"), ("budget", "group", "rate-")),
)
SET_UP = (
    Place("providers", "server-stack", _("Providers"), ("provider",)),
    Place("permissions", "shield-check", _("Permissions"), ("permission",)),
    Place("people", "users", _("People"), ("person", "invite", "invitation-act"), for_admins=True),
    Place("staff-audit", "finger-print", _("Audit"), for_admins=True),
    Place("webhooks", "link", _("Webhooks"), ("webhook",), for_admins=True),
    Place(
        "staff-settings", "adjustments-horizontal", _("Settings"), ("staff-currency", "staff-approval-days"),
        for_admins=True,
    ),
    Place("admin:index", "squares-2x2", _("Admin"), for_admins=True),
)  # fmt: skip
GROUPS = (("review", _("Review"), REVIEW), ("money", _("Money"), MONEY), ("set-up", _("Set-up"), SET_UP))


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as this reader sees it from this page."""

    place: Place
    is_here: bool
    count: int

    @property
    def counted(self) -> str:
        """The number as it is shown: what is more than two digits is many."""
        return f"{MANY}+" if self.count > MANY else str(self.count)


@dataclass(frozen=True, slots=True)
class Group:
    """Review is what staff come for and stays open; the others open for the page one is on."""

    key: str
    word: Promise
    shown: list[Shown]

    @property
    def is_open(self) -> bool:
        return self.key == "review" or any(one.is_here for one in self.shown)


@register.simple_tag(takes_context=True)
def staff_places(context: Context) -> list[Group]:
    return [Group(key, word, list(_shown(context, places))) for key, word, places in GROUPS]


def _shown(context: Context, places: tuple[Place, ...]) -> Iterator[Shown]:
    for place in places:
        if context["user"].is_admin or not place.for_admins:
            is_here = context["here"] == place.name or context["here"].startswith(place.around or "\0")
            yield Shown(place, is_here, _count(context[place.counted]) if place.counted else 0)


def _count(waiting: Any) -> int:
    return int(waiting() or 0)

"""What may still be spent this month, and by whom. A hard budget is never passed, however many ask at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from generations.models import Budget, Group, MonthTotal, User, exact
from generations.services.months import this_month
from generations.services.price import money
from generations.services.rates import portal_currency
from generations.services.totals import COLUMNS

AMBER = Decimal("0.8")
ZERO = Decimal(0)
AT_ONCE = 100
"""Budgets that one query adds up: databases have an end to the columns of an answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A budget and how much of it is gone, in the portal's currency. What is held may have been spent."""

    budget: Budget
    spent: Decimal
    reserved: Decimal
    held: Decimal

    @property
    def taken(self) -> Decimal:
        return self.spent + self.reserved + self.held

    @property
    def left(self) -> Decimal:
        """Never less than nothing."""
        return max(ZERO, self.budget.amount - self.taken)

    def refuses(self, wanted: Decimal | None) -> bool:
        """True where so much more would pass a hard budget. What is free passes none; None is a price nobody knows."""
        return self.budget.is_hard and wanted != ZERO and self.taken + (wanted or ZERO) > self.budget.amount

    @property
    def share(self) -> Decimal:
        """From 0 to 1, and beyond where it was passed."""
        return self.taken / self.budget.amount if self.budget.amount else Decimal(bool(self.taken) or 1)

    @property
    def level(self) -> str:
        return "over" if self.share >= 1 else "amber" if self.share >= AMBER else "ok"


class OverBudget(Exception):
    """It would go beyond a hard budget; str() says which, what is left, and what to do."""

    def __init__(self, line: Line, wanted: Decimal | None) -> None:
        unit = portal_currency()
        said = _("It would cost {price}, and {left} of the budget of {whose} are left this month. Ask an admin.")
        price = _("an unknown price") if wanted is None else money(wanted, unit)
        left = money(line.left, unit)
        super().__init__(said.format(price=price, left=left, whose=whose(line.budget)))
        self.line = line


def whose(budget: Budget) -> str:
    """For a sentence."""
    return str(budget.group or budget.member or _("everyone"))


def check(member: User, wanted: Decimal | None) -> None:
    """Raise OverBudget if a hard budget refuses so much more; in the transaction that reserves it.

    The budgets are held until that has ended, so whoever asks at the same time counts this, too.
    """
    for line in _lines(hold(member), this_month()):
        if line.refuses(wanted):
            raise OverBudget(line, wanted)


def hold(member: User) -> list[Budget]:
    """The hard budgets over this member, held until the transaction ends: before prompts, prompts before the book."""
    return list(Budget.objects.over(member.pk).filter(is_hard=True).select_for_update(of=("self",), no_key=True))


def lines_over(member: User) -> list[Line]:
    """The budgets that bind this member, this month, the one with the least left first. In two queries."""
    budgets = Budget.objects.over(member.pk).select_related("group", "member")
    return sorted(_lines(list(budgets), this_month()), key=lambda line: line.left)


def all_lines(month: date) -> list[Line]:
    return _lines(list(Budget.objects.select_related("group", "member")), month)


def line_of(budget: Budget, month: date) -> Line:
    return _sums([budget], month)[0]


def _lines(budgets: Sequence[Budget], month: date) -> list[Line]:
    return [
        line for start in range(0, len(budgets), AT_ONCE) for line in _sums(budgets[start : start + AT_ONCE], month)
    ]


def _sums(budgets: Sequence[Budget], month: date) -> list[Line]:
    """What each has used, added up in one query."""
    sums = {f"{name}_{b.pk}": Sum(name, filter=_counted(b)) for b in budgets for name in COLUMNS}
    found = MonthTotal.objects.filter(month=month).aggregate(**sums)
    return [Line(b, **{name: exact(found[f"{name}_{b.pk}"]) for name in COLUMNS}) for b in budgets]


def _counted(budget: Budget) -> Q | None:
    """Whose totals this budget counts; None for everybody's."""
    if budget.member_id:
        return Q(member=budget.member_id)
    if budget.group_id:
        return Q(member__in=Group.members.through.objects.filter(group=budget.group_id).values("user"))
    return None

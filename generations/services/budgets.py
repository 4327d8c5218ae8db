"""What may still be spent this month, and by whom. A hard budget is never passed, however many ask at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from generations.models import Budget, MonthTotal, User, exact
from generations.services.months import this_month
from generations.services.price import Price
from generations.services.rates import portal_currency

AMBER = Decimal("0.8")
ZERO = Decimal(0)


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

    @property
    def share(self) -> Decimal:
        """From 0 to 1, and beyond where it was passed."""
        return self.taken / self.budget.amount if self.budget.amount else Decimal(bool(self.taken) or 1)

    @property
    def level(self) -> str:
        return "over" if self.share >= 1 else "amber" if self.share >= AMBER else "ok"


class OverBudget(Exception):
    """It would go beyond a hard budget; str() says which, what is left, and what to do."""

    def __init__(self, line: Line, wanted: Decimal) -> None:
        left, unit = Price(line.left, portal_currency()), portal_currency()
        said = _("It would cost {price}, and {left} of the budget of {whose} are left this month. Ask an admin.")
        super().__init__(said.format(price=Price(wanted, unit), left=left, whose=whose(line.budget)))
        self.line = line


def whose(budget: Budget) -> str:
    """For a sentence."""
    return str(budget.group or budget.member or _("everyone"))


def check(member: User, wanted: Decimal) -> None:
    """Raise OverBudget if so much more would pass a hard budget; in the transaction that reserves it.

    The budgets are held until that has ended, so whoever asks at the same time counts this, too.
    """
    held = Budget.objects.over(member.pk).filter(is_hard=True).select_for_update(of=("self",), no_key=True)
    for budget in held:
        line = _line(budget, this_month())
        if line.taken + wanted > budget.amount:
            raise OverBudget(line, wanted)


def lines_over(member: User) -> list[Line]:
    """The budgets that bind this member, this month, the one with the least left first."""
    month = this_month()
    lines = [_line(budget, month) for budget in Budget.objects.over(member.pk).select_related("group", "member")]
    return sorted(lines, key=lambda line: line.left)


def all_lines(month: date) -> list[Line]:
    return [_line(budget, month) for budget in Budget.objects.select_related("group", "member")]


def _line(budget: Budget, month: date) -> Line:
    totals = MonthTotal.objects.filter(month=month)
    if budget.member_id:
        totals = totals.filter(member=budget.member_id)
    elif budget.group_id:
        totals = totals.filter(member__in=budget.group.members.all() if budget.group else [])
    sums = totals.aggregate(spent=Sum("spent"), reserved=Sum("reserved"), held=Sum("held"))
    return Line(budget, **{name: exact(value) for name, value in sums.items()})

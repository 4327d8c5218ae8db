"""What people spent and made, for admins: counts and money, never a word of what they asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from generations.models import Budget, Job, MonthTotal, State, User
from generations.services.months import begins, this_month, zone

ZERO = Decimal(0)
COUNTED = {"jobs": Count("pk"), "clips": Count("pk", filter=Q(state=State.DONE))}
MONTHS = 6


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in the list, with this month's money in the portal's currency. `budget` is their own, if they have
    one."""

    user: User
    spent: Decimal
    jobs: int
    clips: int
    budget: Budget | None


@dataclass(frozen=True, slots=True)
class MonthMade:
    """A month of somebody: `on_the_way` is reserved or held."""

    month: date
    spent: Decimal
    on_the_way: Decimal
    jobs: int
    clips: int


def person_lines(people: Sequence[User]) -> list[PersonLine]:
    """What each made and spent this month, in three queries however many they are."""
    spent = dict(MonthTotal.objects.filter(month=this_month(), member__in=people).values_list("member", "spent"))
    made = {row["author"]: row for row in _jobs(people, this_month()).values("author").annotate(**COUNTED)}
    budgets = {budget.member_id: budget for budget in Budget.objects.filter(member__in=people)}
    return [_line(user, spent, made, budgets) for user in people]


def months_of(person: User) -> list[MonthMade]:
    """Their last months, this one first, and empty ones too, in two queries."""
    months = _latest(this_month())
    totals = {row.month: row for row in MonthTotal.objects.filter(member=person, month__gte=months[-1])}
    jobs = _jobs([person], months[-1]).annotate(begins=TruncMonth("created_at", tzinfo=zone())).values("begins")
    made: dict[date, dict[str, Any]] = {row["begins"].date(): dict(row) for row in jobs.annotate(**COUNTED)}
    return [_month(month, totals.get(month), made.get(month, {})) for month in months]


def _line(user: User, spent: dict[Any, Any], made: dict[Any, Any], budgets: dict[Any, Budget]) -> PersonLine:
    row = made.get(user.pk, {})
    return PersonLine(user, spent.get(user.pk, ZERO), row.get("jobs", 0), row.get("clips", 0), budgets.get(user.pk))


def _month(month: date, total: MonthTotal | None, made: dict[str, Any]) -> MonthMade:
    on_the_way = total.reserved + total.held if total else ZERO
    return MonthMade(month, total.spent if total else ZERO, on_the_way, made.get("jobs", 0), made.get("clips", 0))


def _jobs(people: Iterable[User], since: date) -> QuerySet[Job]:
    return Job.objects.filter(author__in=people, created_at__gte=begins(since)).order_by()


def _latest(month: date) -> list[date]:
    """The month and those before it."""
    numbers = (month.year * 12 + month.month - 1 - back for back in range(MONTHS))
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]

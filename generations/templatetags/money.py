"""Prices, amounts and what a budget leaves, as templates show them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import template

from generations.models import Job, User
from generations.services import price as prices
from generations.services.budgets import Line, lines_over
from generations.services.price import Price
from generations.services.rates import portal_currency

register = template.Library()


@register.filter
def price(job: Job) -> str:
    """What the job cost by the list when it was asked for; "" when nobody knew."""
    return "" if job.list_price is None else str(Price(job.list_price, job.currency))


@register.filter
def money(amount: Decimal, currency: str) -> str:
    return prices.money(amount, currency)


@register.filter
def rate(rate: Decimal) -> str:
    return prices.rate_in_words(rate)


@dataclass(frozen=True, slots=True)
class Left:
    """What the tightest budget leaves its reader, in the portal's currency."""

    line: Line
    left: str
    amount: str


@register.simple_tag
def budget_left(user: User) -> Left | None:
    """Of the budgets that bind this user, the one with the least left; None without any. At most three queries."""
    lines = lines_over(user)
    if not lines:
        return None
    unit = portal_currency()
    return Left(lines[0], prices.money(lines[0].left, unit), prices.money(lines[0].budget.amount, unit))

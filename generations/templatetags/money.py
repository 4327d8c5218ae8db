"""Prices, amounts and what a budget leaves, as templates show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.contract import Combination
from generations.models import Job, User
from generations.services import price as prices
from generations.services.booked import ZERO, Booked
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


@register.filter
def signed(amount: Decimal, currency: str) -> str:
    """What an entry moves: +$0.40, -$0.40, and a dash for nothing."""
    if not amount:
        return "–"
    return f"{'+' if amount > 0 else '−'}{prices.money(abs(amount), currency)}"


@register.filter
def span_of(found: Sequence[tuple[Combination, str, object]]) -> str:
    """From the lowest to the highest of these prices; what is in several units is counted, not compared."""
    known = sorted((one.price, unit) for one, unit, _rule in found if one.price is not None)
    units = {unit for _price, unit in known}
    if not known:
        return _("price unknown")
    if len(units) > 1:
        return ngettext("one price", "{n} prices", len(known)).format(n=len(known))
    low, high = (prices.money(*known[at]) for at in (0, -1))
    return low if low == high else _("{low} to {high}").format(low=low, high=high)


@register.filter
def counts_as_ours(found: Sequence[tuple[Combination, str, object]]) -> bool:
    """True where a price names no currency, so that it is taken for the portal's."""
    return any(one.price and not unit for one, unit, _rule in found)


@register.filter
def cost_parts(cost: Booked, currency: str) -> list[tuple[str, str]]:
    """What a job costs: each amount with what became of it, in the reader's words."""
    told = ((cost.spent, _("charged")), (cost.held, _("held")), (cost.reserved, _("reserved")))
    if moved := [(prices.money(amount, currency), word) for amount, word in told if amount]:
        return moved
    if cost.expected is None:
        return [("", _("price unknown"))]
    if cost.is_booked:
        return [(prices.money(ZERO, currency), "")]
    return [(prices.money(cost.expected, currency), _("expected"))]

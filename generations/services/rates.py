"""From a provider's money to the portal's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from generations.models import ExchangeRate, exact
from generations.services.months import today
from generations.services.portal import chosen
from generations.services.price import Price


def portal_currency() -> str:
    """The one currency in which budgets and usage are told."""
    return chosen().currency


def rate_of(unit: str, day: date | None = None) -> Decimal | None:
    """What one unit is worth in the portal's currency on that day, today; None when no admin said. Free is free."""
    if unit in ("", portal_currency()):
        return Decimal(1)
    rates = ExchangeRate.objects.filter(unit=unit, valid_from__lte=day or today()).order_by("-valid_from")
    return rates.values_list("rate", flat=True).first()


def estimate(price: Price | None, rate: Decimal | None) -> Decimal | None:
    """The price in the portal's currency; None where price or rate are not known."""
    return None if price is None or rate is None else exact(price.amount * rate)

"""From a provider's money to the portal's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from generations.models import ExchangeRate, LedgerEntry, VideoModel, exact
from generations.services.months import this_month, today
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


def units_in_use() -> list[str]:
    """The units of the models that are offered, and those in which jobs of this month are priced."""
    offered = VideoModel.objects.filter(enabled=True, provider__enabled=True, provider__is_sandbox=False)
    priced = LedgerEntry.objects.filter(month=this_month(), price__isnull=False)
    units = {*offered.values_list("currency", flat=True), *priced.order_by().values_list("unit", flat=True).distinct()}
    return sorted(units - {""})


def units_without_rate() -> list[str]:
    """Those of them that nobody can count in the portal's currency today."""
    known = {portal_currency(), *ExchangeRate.objects.filter(valid_from__lte=today()).values_list("unit", flat=True)}
    return [unit for unit in units_in_use() if unit not in known]


def estimate(price: Price | None, rate: Decimal | None) -> Decimal | None:
    """The price in the portal's currency; None where price or rate are not known."""
    return None if price is None or rate is None else exact(price.amount * rate)

"""From a provider's money to the portal's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from generations.models import ExchangeRate, LedgerEntry, PriceRule, VideoModel, exact
from generations.services.months import this_month, today
from generations.services.portal import chosen
from generations.services.price import SIGNS, Price
from generations.services.price_rules import in_force


def portal_currency() -> str:
    """The one currency in which budgets and usage are told."""
    return chosen().currency


def rate_of(unit: str, day: date | None = None) -> Decimal | None:
    """What one unit is worth in the portal's currency on that day, today; None when no admin said. Free is free."""
    if unit.casefold() in ("", portal_currency().casefold()):
        return Decimal(1)
    rates = ExchangeRate.objects.filter(unit__iexact=unit, valid_from__lte=day or today()).order_by("-valid_from")
    return rates.values_list("rate", flat=True).first()


def as_known(typed: str) -> str:
    """The unit as it is spelled already, in whatever case it was typed: nobody counts usd beside USD."""
    rated = ExchangeRate.objects.order_by().values_list("unit", flat=True).distinct()
    known = (portal_currency(), *units_in_use(), *rated, *SIGNS)
    return next((unit for unit in known if unit.casefold() == typed.casefold()), typed)


def units_in_use() -> list[str]:
    """The units of the models that are offered, of their price rules, and of what this month's jobs cost."""
    offered = VideoModel.objects.filter(enabled=True, provider__enabled=True, provider__is_sandbox=False)
    models = dict(offered.values_list("pk", "currency"))
    entries = LedgerEntry.objects.filter(month=this_month())  # by the index alone
    booked = entries.order_by().values_list("unit", flat=True).distinct()
    return sorted({*models.values(), *_units_of_rules(models), *booked} - {""})


def _units_of_rules(models: Iterable[int]) -> set[str]:
    """Of those that hold today for these models, and of those to come."""
    now = in_force(today())
    rules = [rule for pk in models for rule in now.get(pk, {}).values()]
    to_come = PriceRule.objects.to_come(today()).filter(model__in=models)
    return {rule.currency for rule in [*rules, *to_come]}


def units_without_rate() -> list[str]:
    """Those of them that nobody can count in the portal's currency today."""
    rated = ExchangeRate.objects.filter(valid_from__lte=today()).values_list("unit", flat=True)
    known = {unit.casefold() for unit in (portal_currency(), *rated)}
    return [unit for unit in units_in_use() if unit.casefold() not in known]


def estimate(price: Price | None, rate: Decimal | None) -> Decimal | None:
    """The price in the portal's currency; None where price or rate are not known. Free is free at any rate."""
    if price is not None and not price.amount:
        return exact(price.amount)
    return None if price is None or rate is None else exact(price.amount * rate)

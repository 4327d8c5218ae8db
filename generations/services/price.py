"""What clips cost by the provider's published list. An unknown price is None, never zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import pgettext

from generations.contract import Combination, OfferedModel, OfferedProvider
from generations.services.combinations import plain

SIGNS = {"USD": "$", "EUR": "€", "CNY": "CN¥"}


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in a currency (three letters, "" for what costs nothing)."""

    amount: Decimal
    currency: str = ""

    def __str__(self) -> str:
        if not self.amount:
            return pgettext("price", "free")
        return money(self.amount, self.currency)


def money(amount: Decimal, currency: str) -> str:
    """An amount that may be nothing: $0.00."""
    sign = SIGNS.get(currency)
    return f"{sign}{plain(amount)}" if sign else f"{plain(amount)} {currency}".strip()


def rate_in_words(rate: Decimal) -> str:
    """An exchange rate without idle zeros."""
    return f"{rate.normalize():f}"


FREE = Price(Decimal(0))


def unit_of(provider: OfferedProvider, model: OfferedModel, combination: Combination) -> str:
    """The money in which the provider tells what it took, also where the list says nothing, or that it is free."""
    return "" if provider.is_sandbox else combination.currency or model.currency


def price_of(provider: OfferedProvider, model: OfferedModel, combination: Combination, takes: int = 1) -> Price | None:
    """What so many takes cost by the list; None when the provider publishes nothing. The sandbox is free."""
    if provider.is_sandbox:
        return FREE
    if combination.price is None:
        return None
    unit = unit_of(provider, model, combination)
    return Price(combination.price * takes, unit) if combination.price else FREE


def totals(prices: Iterable[Price | None]) -> tuple[list[Price], int]:
    """The sums by currency, in the order they came, and how many have no known price."""
    sums: dict[str, Decimal] = {}
    unknown = 0
    for price in prices:
        if price is None:
            unknown += 1
        elif price.amount:
            sums[price.currency] = sums.get(price.currency, Decimal(0)) + price.amount
    return [Price(amount, currency) for currency, amount in sums.items()], unknown

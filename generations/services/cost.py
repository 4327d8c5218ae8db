"""What a job is expected to cost, frozen with it and compared before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations.contract import Combination, OfferedModel, OfferedProvider
from generations.models import Job
from generations.services.price import Price, price_of, unit_of
from generations.services.rates import estimate, portal_currency, rate_of


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job is expected to cost by the list, and what the unit in which it is billed is worth. None: not known."""

    price: Price | None
    unit: str
    rate: Decimal | None

    @property
    def estimate(self) -> Decimal | None:
        return estimate(self.price, self.rate)

    @property
    def columns(self) -> dict[str, Any]:
        """As a job freezes it."""
        amount = self.price.amount if self.price else None
        return {"list_price": amount, "currency": self.unit, "rate": self.rate, "estimate": self.estimate}

    def is_over(self, other: Cost) -> bool:
        """Dearer than the other one; also where it is not known any more, or the two cannot be compared."""
        if self.estimate is not None and other.estimate is not None:
            return self.estimate > other.estimate
        if self.estimate is None and other.estimate is not None:
            return True
        if self.price and other.price and self.unit == other.unit:
            return self.price.amount > other.price.amount
        return (self.price, self.estimate) != (other.price, other.estimate)

    def beside(self, other: Cost) -> tuple[str, str]:
        """This one and the other in words that differ: in the portal's currency where only the rate is another."""
        if self.unit == other.unit and self.rate != other.rate:
            return _in_ours(self.estimate), _in_ours(other.estimate)
        return str(self), str(other)

    def __str__(self) -> str:
        return _unknown() if self.price is None else str(self.price)


def cost_now(provider: OfferedProvider, model: OfferedModel, combination: Combination) -> Cost:
    """Of one clip that is asked for today."""
    unit = unit_of(provider, model, combination)
    return Cost(price_of(provider, model, combination), unit, rate_of(unit))


def cost_of(job: Job) -> Cost:
    """As it was frozen."""
    price = None if job.list_price is None else Price(job.list_price, job.currency)
    return Cost(price, job.currency, job.rate)


def _in_ours(amount: Decimal | None) -> str:
    return _unknown() if amount is None else str(Price(amount, portal_currency()))


def _unknown() -> str:
    return _("an unknown price")

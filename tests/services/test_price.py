"""What clips cost by the list: known, free or unknown, and never one for the other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from generations.contract import Combination, OfferedModel, OfferedProvider
from generations.services.price import FREE, Price, price_of, totals

MODEL = OfferedModel(1, "sora-2", "Sora 2", (), currency="USD")
REAL, SANDBOX = OfferedProvider(1, "Studio", (MODEL,)), OfferedProvider(2, "Sandbox", (MODEL,), is_sandbox=True)


def clip(price: str | None) -> Combination:
    return Combination("16:9", 8, price=None if price is None else Decimal(price))


def test_takes_multiply_the_list_price() -> None:
    assert price_of(REAL, MODEL, clip("0.64"), 3) == Price(Decimal("1.92"), "USD")


def test_what_is_not_published_is_unknown_and_zero_is_free() -> None:
    assert price_of(REAL, MODEL, clip(None)) is None
    assert price_of(REAL, MODEL, clip("0")) == FREE
    assert price_of(SANDBOX, MODEL, clip("0.64")) == FREE


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (Price(Decimal("0.64"), "USD"), "$0.64"),
        (Price(Decimal("0.0125"), "CNY"), "CN¥0.0125"),
        (Price(Decimal(3), "JPY"), "3.00 JPY"),
        (FREE, "free"),
    ],
    ids=lambda value: str(value),
)
def test_a_price_says_its_currency(price: Price, said: str) -> None:
    assert str(price) == said


def test_sums_keep_currencies_apart_and_count_what_is_unknown() -> None:
    dollars, yuan = Price(Decimal("0.5"), "USD"), Price(Decimal(2), "CNY")
    assert totals([dollars, None, yuan, FREE, dollars]) == ([Price(Decimal("1.0"), "USD"), yuan], 1)

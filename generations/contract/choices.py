"""What can be chosen: models, their legal combinations, options and prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from generations.contract.asking import Delivery

PRICE_MOST = 1_000_000
"""No clip costs more, in any unit: times any exchange rate, that is what the book can hold."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One legal set of choices for a model.

    `width` and `height` are output pixels, 0 when the provider is silent. `price` is the list price of one such clip
    in its own currency or, where that is empty, the model's; None when nothing is published.
    """

    aspect_ratio: str
    seconds: int
    quality: str = ""
    width: int = 0
    height: int = 0
    price: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OptionValue:
    """One value of an option: `value` is ours, `means` says what the provider does with it."""

    value: str
    label: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One extra choice a dialect knows, such as a watermark. The first value is the default."""

    name: str
    label: str
    values: tuple[OptionValue, ...]
    source: str = ""

    @property
    def default(self) -> str:
        return self.values[0].value


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model as a dialect's catalogue lists it: its wire id, a name for people and what may be asked of it.

    `options` names options of the dialect, `references` is how many reference images it takes.
    """

    slug: str
    name: str
    combinations: tuple[Combination, ...]
    note: str = ""
    source: str = ""
    options: tuple[str, ...] = ()
    references: int = 0
    currency: str = ""
    price_note: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of host that speaks a dialect: what a new provider starts from. An empty path means the dialect's own."""

    slug: str
    title: str
    base_url: str
    note: str
    models: tuple[CatalogueModel, ...]
    delivery: Delivery | None = None
    create_path: str = ""
    query_path: str = ""
    poll_interval: float = 10.0


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model a member may choose now. `pk` names its row.

    `references` is how many reference images can be sent; when it is 0 though the model takes some,
    `references_off` says why.
    """

    pk: int
    slug: str
    name: str
    combinations: tuple[Combination, ...]
    note: str = ""
    options: tuple[Option, ...] = ()
    references: int = 0
    references_off: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """A provider a member may choose now. `waiting` says why jobs sent there would wait, or is empty.

    `by_address`: it is told a reference image's own address, so an upload cannot go there.
    """

    pk: int
    name: str
    models: tuple[OfferedModel, ...]
    is_sandbox: bool = False
    waiting: str = ""
    by_address: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that can be chosen in the composer, best first.

    `takes_most` is how many takes may be asked for at once, `start` the provider and model to begin with: None and ""
    where that is left open.
    """

    providers: tuple[OfferedProvider, ...]
    takes_most: int = 4
    start: tuple[int | None, str] = (None, "")

"""What the composer says of money and time: each model of the provider in a line, and what the button costs."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import OfferedModel
from generations.forms.options import Options, switch_to
from generations.services.price import Price, price_of
from generations.services.typical import in_words, usual_time
from generations.services.wording import in_seconds, listed, worded

UNKNOWN = gettext_noop("price unknown")


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model to choose. `facts` are its lengths, shapes, qualities and prices; `switch` is what chooses it."""

    name: str
    facts: str
    is_on: bool
    switch: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What sending now asks for. `price` is None when nothing is published; `usual` is how long such clips take.

    `most` takes may be asked for at once; `provider` and `model` are the rows of what is chosen.
    """

    takes: int
    price: Price | None
    usual: str
    most: int
    provider: int
    model: int

    @property
    def words(self) -> str:
        return _("Generate") if self.takes == 1 else _("Generate {takes} takes").format(takes=self.takes)

    @property
    def cost(self) -> str:
        return str(self.price) if self.price else _(UNKNOWN)

    @property
    def choices(self) -> range:
        return range(1, self.most + 1)


def bill(options: Options, takes: int | None, most: int) -> Bill:
    """The bill for what is chosen now."""
    count = min(max(takes or 1, 1), most)
    usual = usual_time(options.provider.pk, options.model.slug, options.combination.seconds)
    price = price_of(options.provider, options.model, options.combination, count)
    words = in_words(usual) if usual else ""
    return Bill(count, price, words, most, options.provider.pk, options.model.pk)


def model_lines(options: Options) -> list[ModelLine]:
    """Every model of the chosen provider, in its order."""
    return [_line(options, model) for model in options.provider.models]


def _line(options: Options, model: OfferedModel) -> ModelLine:
    lengths = sorted({c.seconds for c in model.combinations})
    shapes = dict.fromkeys(c.aspect_ratio for c in model.combinations)
    qualities = dict.fromkeys(worded(c.quality) for c in model.combinations if c.quality)
    facts = (in_seconds(listed(lengths)), listed(shapes), listed(qualities), _prices(options, model))
    is_on = model.slug == options.model.slug
    return ModelLine(model.name, " · ".join(filter(None, facts)), is_on, switch_to(options, model))


def _prices(options: Options, model: OfferedModel) -> str:
    known = [price_of(options.provider, model, c) for c in model.combinations]
    prices = sorted((price for price in known if price), key=lambda price: price.amount)
    if not prices:
        return _(UNKNOWN)
    low, high = prices[0], prices[-1]
    return str(low) if low == high else _("{low} to {high}").format(low=low, high=high)

"""One row of a batch: the ask it stands for, or what is wrong with it. What is legal is the composer's word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.models import Job, User, Visibility
from generations.services.batch.table import Record
from generations.services.compose import Ask, NotPossible, check, no_model
from generations.services.price import Price, price_of
from generations.services.wording import listed

COLUMNS = ("prompt", "provider", "model", "aspect_ratio", "seconds", "quality", "takes", "visibility")
SEEN_BY = {"": None, "team": Visibility.TEAM, "me": Visibility.ME}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a row leaves a cell empty; None means the model's first combination."""

    provider: int | None = None
    model: str | None = None
    aspect_ratio: str | None = None
    seconds: int | None = None
    quality: str | None = None
    visibility: Visibility = Visibility.TEAM
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell: the column's name and a sentence with the cure."""

    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it would be made. A row with problems has no ask, and nothing of it is made.

    `ask` has no compose key yet. It `waits` where somebody is asked for approval first. `made` are the jobs that an
    earlier sending of the same batch has made of this row; a row that was made may have no ask, since it could not be
    made now.
    """

    record: Record
    text: str
    takes: int = 1
    ask: Ask | None = None
    provider: OfferedProvider | None = None
    model: OfferedModel | None = None
    combination: Combination | None = None
    problems: tuple[Problem, ...] = ()
    made: tuple[Job, ...] = ()
    waits: bool = False

    @property
    def asks(self) -> int:
        """How many clips this row still makes."""
        return 0 if self.problems or self.made else self.takes

    @property
    def changed(self) -> list[tuple[str, str]]:
        """The options that are not the model's defaults, as (label, chosen value) in people's words."""
        chosen = self.ask.options if self.ask else {}
        own = [option for option in (self.model.options if self.model else ()) if chosen[option.name] != option.default]
        return [(o.label, next(v.label for v in o.values if v.value == chosen[o.name])) for o in own]

    @property
    def price(self) -> Price | None:
        """What those clips cost, None where it is unknown."""
        if self.provider is None or self.model is None or self.combination is None:
            return None
        return price_of(self.provider, self.model, self.combination, self.asks)


def key_of(batch: str, number: int) -> str:
    """The compose key of a row: the same batch sent again asks for the same clips."""
    return hashlib.sha256(f"{batch}:{number}".encode()).hexdigest()[:32]


def known_columns(offer: Offer) -> tuple[str, ...]:
    """The columns a file may have: ours, then the options of what is on offer."""
    options = (option.name for p in offer.providers for m in p.models for option in m.options)
    return tuple(dict.fromkeys([*COLUMNS, *options]))


def resolve(author: User, offer: Offer, defaults: Defaults, record: Record) -> Row:
    """What this row asks for, with its price, or every problem that can be told at once."""
    row = Row(record, record.cells.get("prompt", ""))
    problems = [Problem("prompt", _(SURPLUS))] if record.surplus else []
    cells = _Cells(record.cells, problems)
    takes = cells.whole("takes", 1, 1, offer.takes_most)
    seconds = cells.whole("seconds", defaults.seconds, 1, 3600)
    seen = cells.visibility(defaults.visibility)
    try:
        provider, model = _destination(offer, defaults, record.cells)
        ask = Ask(
            text=row.text,
            provider=provider.pk,
            model=model.slug,
            compose_token="",
            aspect_ratio=record.cells.get("aspect_ratio") or defaults.aspect_ratio,
            seconds=seconds,
            quality=record.cells.get("quality") or defaults.quality,
            visibility=seen,
            options=_options(offer, model, defaults, record.cells),
            takes=takes or 1,
        )
        ask, provider, combination = check(author, offer, ask)
    except NotPossible as refusal:
        column = "prompt" if refusal.field == "text" else refusal.field
        if column not in {problem.column for problem in problems}:
            problems.append(Problem(column, str(refusal)))
    if problems:
        return replace(row, problems=tuple(problems))
    return Row(record, ask.text, ask.takes, ask, provider, model, combination)


SURPLUS = gettext_noop("This row has more cells than there are columns. Put a text with commas in quotation marks.")


class _Cells:
    """Reads cells that are more than text; what cannot be read is added to the problems."""

    def __init__(self, cells: Mapping[str, str], problems: list[Problem]) -> None:
        self.cells, self.problems = cells, problems

    def whole(self, column: str, default: int | None, least: int, most: int) -> int | None:
        cell = self.cells.get(column, "")
        if not cell:
            return default
        if cell in map(str, range(least, most + 1)):
            return int(cell)
        said = _("“{typed}” is no number from {least} to {most}. Mend it.")
        self.problems.append(Problem(column, said.format(typed=cell[:20], least=least, most=most)))
        return default

    def visibility(self, default: Visibility) -> Visibility:
        cell = self.cells.get("visibility", "").casefold()
        if cell in SEEN_BY:
            return SEEN_BY[cell] or default
        said = _("“{typed}” is not known. Write team or me.")
        self.problems.append(Problem("visibility", said.format(typed=cell[:20])))
        return default


def _destination(offer: Offer, defaults: Defaults, cells: Mapping[str, str]) -> tuple[OfferedProvider, OfferedModel]:
    """Where the row goes: what it names, else what was chosen for all, else the first that fits."""
    name, wanted = cells.get("provider", ""), cells.get("model", "")
    providers = list(_named(offer, name) if name else _chosen(offer, defaults))
    if not providers:
        raise NotPossible("provider", _no_provider(offer, name[:60]))
    wish = wanted or defaults.model or ""
    for provider in providers:
        if found := _model(provider, wish):
            return provider, found
    if not wanted and providers[0].models and (name or not wish):
        return providers[0], _fitting(providers[0], defaults, cells)  # the model chosen for all is another provider's
    raise NotPossible("model", no_model(providers[0], wish[:60]))


def _no_provider(offer: Offer, name: str) -> str:
    known = listed(provider.name for provider in offer.providers) or _("none")
    if not name:
        return _("This provider is not offered. There are: {names}.").format(names=known)
    return _("{provider} is not offered. There are: {names}.").format(provider=name, names=known)


def _fitting(provider: OfferedProvider, defaults: Defaults, cells: Mapping[str, str]) -> OfferedModel:
    """The first model that can be asked for the shape, length and quality the row wants; else the first of all."""
    wanted = {name: cells.get(name) or getattr(defaults, name) for name in ("aspect_ratio", "seconds", "quality")}
    said = {name: str(value) for name, value in wanted.items() if value}
    fits = (m for m in provider.models for c in m.combinations if said.items() <= _shape(c).items())
    return next(fits, provider.models[0])


def _shape(combination: Combination) -> dict[str, str]:
    return {name: str(getattr(combination, name)) for name in ("aspect_ratio", "seconds", "quality")}


def _named(offer: Offer, name: str) -> Iterator[OfferedProvider]:
    exact = [p for p in offer.providers if p.name == name]
    return iter(exact or [p for p in offer.providers if p.name.casefold() == name.casefold()][:1])


def _chosen(offer: Offer, defaults: Defaults) -> list[OfferedProvider]:
    """The provider chosen for all; where none was, all of them, those first that take jobs now."""
    if defaults.provider is None:
        return sorted(offer.providers, key=lambda provider: bool(provider.waiting))
    return [provider for provider in offer.providers if provider.pk == defaults.provider]


def _model(provider: OfferedProvider, wish: str) -> OfferedModel | None:
    """By wire id, else by the name that is shown; two models of one name are told apart by wire id only."""
    if exact := next((m for m in provider.models if m.slug == wish), None):
        return exact
    alike = [m for m in provider.models if wish and m.name.casefold() == wish.casefold()]
    if len(alike) > 1:
        ids = listed(model.slug for model in alike)
        said = _("{provider} has several models of this name. Write one of {ids}.")
        raise NotPossible("model", said.format(provider=provider.name, ids=ids))
    return alike[0] if alike else None


def _options(offer: Offer, model: OfferedModel, defaults: Defaults, cells: Mapping[str, str]) -> dict[str, str]:
    """The row's options over those chosen for all. One that the model has not is an error, not left out in silence."""
    own = {option.name: option for option in model.options}
    given = {name: cells[name] for name in known_columns(offer)[len(COLUMNS) :] if cells.get(name)}
    for name in given.keys() - own.keys():
        said = _("{model} has no option {option}. Leave the cell empty.")
        raise NotPossible(name, said.format(model=model.name, option=name))
    return {name: value for name, value in (dict(defaults.options) | given).items() if name in own}

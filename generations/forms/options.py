"""What the composer's controls show for the choices made so far: every value, and why one cannot be chosen now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any
from uuid import UUID

from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.models import Fit
from generations.services.keys import read_key
from generations.services.wording import in_seconds, worded

OPTION = "option_"  # how an option's control is named


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody picked so far; None where nothing was."""

    provider: int | None = None
    model: str | None = None
    aspect_ratio: str | None = None
    seconds: int | None = None
    quality: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    reference: UUID | None = None
    reference_fit: str = Fit.CROP
    takes: int | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Chosen:
        """From a query string or a posted form; what makes no sense counts as not chosen."""
        return cls(
            _whole(data.get("provider")),
            data.get("model") or None,
            data.get("aspect_ratio") or None,
            _whole(data.get("seconds")),
            data.get("quality") or None,
            {name.removeprefix(OPTION): str(data[name]) for name in data if name.startswith(OPTION)},
            read_key(data.get("reference")),
            data["reference_fit"] if data.get("reference_fit") in Fit.values else Fit.CROP,
            _whole(data.get("takes")),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a control. `model` is where an impossible one is possible; None means it can be chosen here."""

    value: str
    label: str
    on: bool
    model: OfferedModel | None = None
    switch: str = ""  # the query string that switches to it


@dataclass(frozen=True, slots=True)
class Need:
    """Values of one control that need the same other model, in one sentence."""

    labels: str
    plural: bool
    model: str
    switch: str


@dataclass(frozen=True, slots=True)
class Control:
    """One group of radio buttons."""

    field: str
    legend: str
    choices: tuple[Choice, ...]

    @property
    def needs(self) -> list[Need]:
        by_model: dict[str, list[Choice]] = {}
        for choice in self.choices:
            if choice.model:
                by_model.setdefault(choice.model.name, []).append(choice)
        return [
            Need(reduce(_both, (c.label for c in group)), len(group) > 1, name, group[0].switch)
            for name, group in by_model.items()
        ]


def _both(one: str, other: str) -> str:
    return gettext("{one} and {other}").format(one=one, other=other)


@dataclass(frozen=True, slots=True)
class Options:
    """The controls for one legal combination, the one nearest to what was chosen."""

    provider: OfferedProvider
    model: OfferedModel
    combination: Combination
    controls: tuple[Control, ...]

    @property
    def chosen(self) -> Chosen:
        now = self.combination
        return Chosen(self.provider.pk, self.model.slug, now.aspect_ratio, now.seconds, now.quality)


LEGENDS = {"aspect_ratio": _("Aspect ratio"), "seconds": _("Duration"), "quality": _("Quality")}


def options(offer: Offer, chosen: Chosen) -> Options | None:
    """The controls, or None when nothing is on offer. Unless one was chosen, a provider that takes jobs now."""
    if not offer.providers:
        return None
    ready = sorted(offer.providers, key=lambda p: bool(p.waiting))
    chosen = _begun(offer, chosen)
    provider = next((p for p in ready if p.pk == chosen.provider), ready[0])
    model = next((m for m in provider.models if m.slug == chosen.model), None) or _nearest_model(provider, chosen)
    now = _nearest(model.combinations, chosen)
    fields = ["aspect_ratio", "seconds", *(["quality"] if any(c.quality for c in model.combinations) else [])]
    return Options(provider, model, now, tuple(_control(provider, model, now, field) for field in fields))


def _begun(offer: Offer, chosen: Chosen) -> Chosen:
    """Where neither provider nor model was chosen, what the reader's role begins with."""
    provider, model = offer.start
    if provider is None or chosen.provider is not None or chosen.model is not None:
        return chosen
    return replace(chosen, provider=provider, model=model or None)


def _control(provider: OfferedProvider, model: OfferedModel, now: Combination, field: str) -> Control:
    """A later choice follows the earlier ones: lengths are those of the aspect ratio, qualities those of both."""
    earlier = {"aspect_ratio": (), "seconds": ("aspect_ratio",), "quality": ("aspect_ratio", "seconds")}[field]
    here = {getattr(c, field) for c in model.combinations if all(getattr(c, e) == getattr(now, e) for e in earlier)}
    everywhere = {getattr(c, field) for m in provider.models for c in m.combinations} - {""}
    order = sorted(everywhere) if field == "seconds" else _in_order(provider, field)
    choices = tuple(_choice(provider, now, field, value, value in here) for value in order)
    return Control(field, str(LEGENDS[field]), choices)


def _choice(provider: OfferedProvider, now: Combination, field: str, value: Any, possible: bool) -> Choice:
    label = in_seconds(value) if field == "seconds" else worded(str(value))
    if possible:
        return Choice(str(value), label, value == getattr(now, field))
    wish = Chosen(provider.pk, None, *(value if f == field else getattr(now, f) for f in LEGENDS))
    model = _nearest_model(provider, wish, must=field)
    return Choice(str(value), label, False, model, _query(provider, model, wish))


def switch_to(options: Options, model: OfferedModel) -> str:
    """The query string that chooses another model of the provider and keeps the rest, as far as it fits."""
    return _query(options.provider, model, options.combination)


def _query(provider: OfferedProvider, model: OfferedModel, wish: Chosen | Combination) -> str:
    return urlencode({"provider": provider.pk, "model": model.slug, **{f: getattr(wish, f) for f in LEGENDS}})


def _nearest_model(provider: OfferedProvider, wish: Chosen, must: str = "") -> OfferedModel:
    able = [
        m for m in provider.models if not must or any(getattr(c, must) == getattr(wish, must) for c in m.combinations)
    ]
    return min(able, key=lambda m: _distance(_nearest(m.combinations, wish, must), wish))


def _nearest(combinations: Iterable[Combination], wish: Chosen, must: str = "") -> Combination:
    return min(_able(combinations, wish, must), key=lambda c: _distance(c, wish))


def _able(combinations: Iterable[Combination], wish: Chosen, must: str) -> list[Combination]:
    """Those that grant what must be granted."""
    return [c for c in combinations if not must or getattr(c, must) == getattr(wish, must)]


def _distance(c: Combination, wish: Chosen) -> tuple[bool, int, bool]:
    """How far a combination is from the wish; the aspect ratio weighs most, then the length."""
    return (
        wish.aspect_ratio not in (None, c.aspect_ratio),
        abs(c.seconds - wish.seconds) if wish.seconds is not None else 0,
        wish.quality not in (None, "", c.quality),
    )


def _in_order(provider: OfferedProvider, field: str) -> list[str]:
    values = (getattr(c, field) for m in provider.models for c in m.combinations)
    return [value for value in dict.fromkeys(values) if value]


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None

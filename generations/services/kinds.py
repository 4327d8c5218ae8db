"""The kinds of host a provider can be added from."""

from __future__ import annotations

from dataclasses import dataclass

from generations.catalogue import presets_of
from generations.contract import Delivery, Preset
from generations.dialects import DIALECTS
from generations.services.wording import preset_in_words


@dataclass(frozen=True, slots=True)
class Kind:
    """A preset with the dialect that it speaks."""

    dialect: str
    title: str
    preset: Preset
    deliveries: tuple[Delivery, ...]


def kinds() -> list[Kind]:
    """Every preset of every dialect."""
    return [
        Kind(slug, dialect.title, preset_in_words(preset), dialect.deliveries)
        for slug, dialect in sorted(DIALECTS.items())
        for preset in presets_of(slug)
    ]


def kind_named(slug: str) -> Kind | None:
    """The kind whose preset has this name."""
    return next((kind for kind in kinds() if kind.preset.slug == slug), None)

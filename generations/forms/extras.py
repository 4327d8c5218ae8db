"""What the composer shows beside the legal choices: the model's options, and the image a clip starts from."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from generations.contract import Combination, Option, OptionValue
from generations.forms.options import OPTION, Chosen, Options
from generations.models import Fit, Reference, User
from generations.services.previews import preview_size
from generations.services.references import target_size

RECENT = 6


@dataclass(frozen=True, slots=True)
class OptionControl:
    """One select. `chosen` is the value picked, or the default."""

    option: Option
    chosen: OptionValue

    @property
    def name(self) -> str:
        return OPTION + self.option.name

    @property
    def is_changed(self) -> bool:
        return self.chosen.value != self.option.default


def option_controls(options: Options, chosen: Chosen) -> list[OptionControl]:
    """A control for each option of the model; what was chosen before stays where the model has it."""
    return [OptionControl(option, _value(option, chosen)) for option in options.model.options]


def _value(option: Option, chosen: Chosen) -> OptionValue:
    wanted = chosen.options.get(option.name, option.default)
    return next((value for value in option.values if value.value == wanted), option.values[0])


@dataclass(frozen=True, slots=True)
class ReferenceBox:
    """The reference image's part of the composer. `off` says why no image can be sent with what is chosen."""

    takes: bool
    off: str
    by_address: bool
    image: Reference | None
    fit: str
    size: tuple[int, int]
    recent: list[Reference]
    error: str = ""

    @property
    def is_shown(self) -> bool:
        """Hidden only where neither the model nor the member has to do with images."""
        return self.takes or bool(self.off) or self.image is not None

    @property
    def preview(self) -> tuple[int, int]:
        """The output's shape, small."""
        return preview_size(self.size)

    @property
    def fits(self) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Fit.choices]


def reference_box(user: User, options: Options, chosen: Chosen, error: str = "") -> ReferenceBox:
    """The box for what is chosen now."""
    model, mine = options.model, Reference.objects.filter(owner=user).order_by("-created_at")
    image = Reference.objects.visible_to(user).filter(key=chosen.reference).first() if chosen.reference else None
    takes = model.references > 0
    none = _("{model} takes no reference image.").format(model=model.name) if image else ""
    off = "" if takes else model.references_off or none
    recent = list(mine.exclude(thumb="")[:RECENT]) if takes and image is None else []
    size = _size(options.combination)
    return ReferenceBox(takes, off, options.provider.by_address, image, chosen.reference_fit, size, recent, error)


def _size(combination: Combination) -> tuple[int, int]:
    return target_size(combination.aspect_ratio, combination.width, combination.height)

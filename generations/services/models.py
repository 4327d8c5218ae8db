"""Models a provider offers: from its catalogue, by hand, as a copy; changed, switched on and off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext, gettext_noop

from generations.catalogue import options_of
from generations.contract import CatalogueModel, Combination
from generations.dialects import DIALECTS
from generations.models import ModelCombination, Provider, User, VideoModel
from generations.services.audit import note
from generations.services.combinations import plain, problem_of
from generations.services.wording import listed

COPIED = ("name", "note", "source", "options", "references", "currency", "price_note", "enabled")
BY_HAND = gettext_noop("by hand")


def facts_of(model: CatalogueModel) -> dict[str, Any]:
    """What the catalogue says of a model, by column; its combinations are rows of their own."""
    return {
        "name": model.name, "note": model.note, "source": model.source, "options": list(model.options),
        "references": model.references, "currency": model.currency,
        "price_note": model.price_note,
    }  # fmt: skip


def add_from_catalogue(provider: Provider, position: int, model: CatalogueModel) -> VideoModel:
    """A row for a model of the catalogue."""
    row = VideoModel(provider=provider, slug=model.slug, position=position, from_catalogue=True)
    fill_from_catalogue(row, model)
    return row


def fill_from_catalogue(row: VideoModel, model: CatalogueModel) -> None:
    """Write what the catalogue says now over what it said before."""
    for name, value in facts_of(model).items():
        setattr(row, name, value)
    row.save()
    row.combinations.all().delete()
    _set_combinations(row, model.combinations)


def add_model(
    provider: Provider, columns: Mapping[str, Any], combinations: Iterable[Combination], actor: User | None = None
) -> VideoModel:
    """A model by hand, usable at once. Raises ValidationError naming the field; `combinations` is one."""
    last = provider.models.aggregate(n=Max("position"))["n"]
    position = 0 if last is None else last + 1
    row = VideoModel(provider=provider, position=position, **{"source": BY_HAND, **columns})
    return _keep(row, list(combinations), gettext_noop("model added"), actor)


def change_model(
    row: VideoModel, columns: Mapping[str, Any], combinations: Iterable[Combination], actor: User | None = None
) -> VideoModel:
    """Change a model and its legal combinations: from then on they are the admin's, no more the catalogue's.

    Jobs that were asked for keep what they asked for.
    """
    before = told_of(row)
    row.from_catalogue = False
    for name, value in columns.items():
        setattr(row, name, value)
    return _keep(row, list(combinations), gettext_noop("model changed"), actor, before)


def copy_model(row: VideoModel, slug: str, actor: User | None = None) -> VideoModel:
    """The same model under another wire id: gateways rename them."""
    columns = {name: getattr(row, name) for name in COPIED}
    combinations = [combination.value() for combination in row.combinations.all()]
    return add_model(row.provider, columns | {"slug": slug}, combinations, actor)


def switch_model(row: VideoModel, *, enabled: bool, actor: User | None = None) -> None:
    """Offer a model, or offer it no longer."""
    with transaction.atomic():
        if VideoModel.objects.filter(pk=row.pk).exclude(enabled=enabled).update(enabled=enabled):
            note(actor, gettext_noop("model switched"), _name(row), {"enabled": (not enabled, enabled)})


def _keep(
    row: VideoModel,
    combinations: list[Combination],
    action: str,
    actor: User | None,
    before: Mapping[str, Any] | None = None,
) -> VideoModel:
    _check(row, combinations)
    with transaction.atomic():
        row.save()
        row.combinations.all().delete()
        _set_combinations(row, combinations)
        after, before = told_of(row), before or {}
        changes = {name: (before.get(name, ""), value) for name, value in after.items() if before.get(name) != value}
        if changes:
            note(actor, action, _name(row), changes)
    return row


def _check(row: VideoModel, combinations: list[Combination]) -> None:
    errors: dict[str, Any] = {}
    known = options_of(row.provider.dialect)
    if unknown := [name for name in row.options if name not in known]:
        errors["options"] = gettext("This dialect has no option {names}.").format(names=listed(unknown))
    if problem := problem_of(combinations) or _objection(row.provider.dialect, combinations):
        errors["combinations"] = problem
    try:
        row.full_clean()
    except ValidationError as error:
        names = {"__all__": "slug"}  # the one constraint: a wire id is there once
        errors |= {names.get(name, name): messages for name, messages in error.message_dict.items()}
    if errors:
        raise ValidationError(errors)


def _objection(dialect: str, combinations: list[Combination]) -> str:
    kind = DIALECTS.get(dialect)
    return next(filter(None, map(kind.objection, combinations)), "") if kind else ""


def _set_combinations(row: VideoModel, combinations: Iterable[Combination]) -> None:
    ModelCombination.objects.bulk_create(
        ModelCombination(
            model=row, aspect_ratio=c.aspect_ratio, seconds=c.seconds, quality=c.quality,
            width=c.width, height=c.height, price=c.price, position=number,
        )
        for number, c in enumerate(combinations)
    )  # fmt: skip


def told_of(row: VideoModel) -> dict[str, Any]:
    """Its facts as they are written down."""
    columns = {name: getattr(row, name) for name in ("slug", *COPIED)} if row.pk else {}
    return columns | {"combinations": list(map(_combination_told, row.combinations.all()))} if row.pk else columns


def _combination_told(row: ModelCombination) -> str:
    pixels = f"{row.width}×{row.height}" if row.width else ""
    price = f"price {plain(row.price)}" if row.price is not None else ""
    return " · ".join(filter(None, [str(row), pixels, price]))


def _name(row: VideoModel) -> str:
    return f"{row.provider.name}: {row.name}"

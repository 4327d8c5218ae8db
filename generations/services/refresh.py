"""Bringing a provider's models up to what the catalogue says now, without touching what an admin edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.catalogue import presets_of
from generations.contract import CatalogueModel, Preset
from generations.models import Provider, User, VideoModel
from generations.services.audit import Change, note
from generations.services.models import add_from_catalogue, facts_of, fill_from_catalogue, told_of
from generations.services.wording import listed


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Names of models: new ones, those whose facts changed, and those that stay as an admin edited them."""

    added: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def __str__(self) -> str:
        done = [(_("Added: {models}."), self.added), (_("Brought up to date: {models}."), self.filled)]
        said = [_listed(*one) for one in done if one[1]] or [_("Every model is as the catalogue says.")]
        return " ".join([*said, *([_listed(_("Left as edited: {models}."), self.kept)] if self.kept else [])])


def _listed(said: str, names: tuple[str, ...]) -> str:
    return said.format(models=listed(names))


@transaction.atomic
def refresh(provider: Provider, actor: User | None = None) -> Refreshed:
    """Add the catalogue's models that are missing and fill the rows that nobody edited. What changed is written down.

    Jobs keep what they asked for, and a model that is switched off stays so.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    preset = preset_for(provider)
    rows = {row.slug: row for row in provider.models.prefetch_related("combinations")}
    listed = preset.models if preset else ()
    missing = [model for model in listed if model.slug not in rows]
    ours = [(rows[model.slug], model) for model in listed if model.slug in rows]
    filled = {row.name: changes for row, model in ours if row.from_catalogue and (changes := _filled(row, model))}
    done = Refreshed(_added(provider, missing), tuple(filled), tuple(r.name for r, _ in ours if not r.from_catalogue))
    if done.added or done.filled:
        told: dict[str, Change] = dict.fromkeys(done.added, ("", gettext_noop("added")))
        told |= {f"{name} · {field}": change for name, fields in filled.items() for field, change in fields.items()}
        note(actor, gettext_noop("models refreshed"), provider.name, told)
    return done


def preset_for(provider: Provider) -> Preset | None:
    """The kind of host it was added as; of an older row the one that shares most models with it, None without any."""
    presets = presets_of(provider.dialect)
    named = next((preset for preset in presets if preset.slug == provider.preset), None)
    if named or not presets:
        return named
    ours = set(provider.models.values_list("slug", flat=True))
    best = max(presets, key=lambda preset: len(ours & {model.slug for model in preset.models}))
    return best if ours & {model.slug for model in best.models} else None


def _added(provider: Provider, missing: list[CatalogueModel]) -> tuple[str, ...]:
    last = provider.models.aggregate(n=Max("position"))["n"]
    first = 0 if last is None else last + 1
    return tuple(add_from_catalogue(provider, first + n, model).name for n, model in enumerate(missing))


def _filled(row: VideoModel, model: CatalogueModel) -> Mapping[str, Change]:
    """What changed, after it was written."""
    before, same = told_of(row), tuple(c.value() for c in row.combinations.all()) == model.combinations
    if same and all(getattr(row, name) == value for name, value in facts_of(model).items()):
        return {}
    fill_from_catalogue(row, model)
    after: dict[str, Any] = told_of(VideoModel.objects.get(pk=row.pk))
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}

"""What can be chosen now."""

from __future__ import annotations

from django.db.models import Prefetch

from generations.contract import Offer, OfferedModel, OfferedProvider
from generations.models import Provider, VideoModel


def current_offer() -> Offer:
    """Every enabled provider with its enabled models and their legal combinations; real ones before the sandbox."""
    models = VideoModel.objects.filter(enabled=True, combinations__isnull=False).distinct()
    rows = Provider.objects.offered().prefetch_related(
        Prefetch("models", models.order_by("position", "slug").prefetch_related("combinations"), to_attr="on_offer")
    )
    return Offer(tuple(_provider(row) for row in rows if row.on_offer))


def _provider(row: Provider) -> OfferedProvider:
    models: list[VideoModel] = row.on_offer  # type: ignore[attr-defined]
    return OfferedProvider(row.pk, row.name, tuple(map(_model, models)), row.is_sandbox, row.waiting)


def _model(row: VideoModel) -> OfferedModel:
    combinations = tuple(combination.value() for combination in row.combinations.all())
    return OfferedModel(row.pk, row.slug, row.name, combinations, row.note)

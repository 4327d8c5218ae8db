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
    offered = (_provider(row, getattr(row, "on_offer")) for row in rows)  # noqa: B009 - set by the prefetch
    return Offer(tuple(provider for provider in offered if provider.models))


def _provider(row: Provider, models: list[VideoModel]) -> OfferedProvider:
    return OfferedProvider(row.pk, row.name, tuple(map(_model, models)), row.is_sandbox, row.waiting)


def _model(row: VideoModel) -> OfferedModel:
    combinations = tuple(combination.value() for combination in row.combinations.all())
    return OfferedModel(row.pk, row.slug, row.name, combinations, row.note)

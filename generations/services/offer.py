"""What can be chosen now, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Prefetch

from generations.catalogue import options_of
from generations.contract import Delivery, Offer, OfferedModel, OfferedProvider
from generations.dialects import DIALECTS
from generations.models import Provider, VideoModel
from generations.services.delivery import unavailable
from generations.services.wording import option_in_words, worded

_held: ContextVar[Offer | None] = ContextVar("held offer", default=None)


@contextmanager
def one_offer() -> Iterator[Offer]:
    """Within, `current_offer` is read once: many asks that belong together are judged by the same, and quickly."""
    offer = current_offer()
    before = _held.set(offer)
    try:
        yield offer
    finally:
        _held.reset(before)


def current_offer() -> Offer:
    """Every enabled provider with its enabled models and their legal combinations; real ones before the sandbox."""
    return _held.get() or _read()


def _read() -> Offer:
    models = VideoModel.objects.filter(enabled=True, combinations__isnull=False).distinct()
    rows = Provider.objects.offered().prefetch_related(
        Prefetch("models", models.order_by("position", "slug").prefetch_related("combinations"), to_attr="on_offer")
    )
    offered = (_provider(row, getattr(row, "on_offer")) for row in rows if row.dialect in DIALECTS)  # noqa: B009 - set by the prefetch
    return Offer(tuple(provider for provider in offered if provider.models))


def _provider(row: Provider, models: list[VideoModel]) -> OfferedProvider:
    off = unavailable(row, DIALECTS[row.dialect])
    offered = tuple(_model(row, model, off) for model in models)
    by_address = row.delivery == Delivery.ADDRESS
    return OfferedProvider(row.pk, row.name, offered, row.is_sandbox, row.waiting, by_address)


def _model(provider: Provider, row: VideoModel, references_off: str) -> OfferedModel:
    known = options_of(provider.dialect)
    return OfferedModel(
        pk=row.pk,
        slug=row.slug,
        name=row.name,
        combinations=tuple(combination.value() for combination in row.combinations.all()),
        note=worded(row.note),
        options=tuple(option_in_words(known[name]) for name in row.options if name in known),
        references=0 if references_off else row.references,
        references_off=references_off if row.references else "",
        currency=row.currency,
    )

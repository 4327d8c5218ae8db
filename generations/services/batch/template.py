"""The CSV file to start from."""

from __future__ import annotations

import csv
from io import StringIO

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.services.batch.rows import COLUMNS

EXAMPLES = ("A ceramic fox wakes on a windowsill, morning light", "Two paper boats race through a rainy gutter")


def template(offer: Offer) -> str:
    """A header and two rows that can be made now, by the first provider that takes jobs; the header alone if none."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    provider = min(offer.providers, key=lambda p: bool(p.waiting), default=None)
    if provider:
        choices = [(model, combination) for model in provider.models for combination in model.combinations]
        for text, choice in zip(EXAMPLES, (choices[0], choices[-1]), strict=True):
            writer.writerow(_row(text, provider, *choice))
    return out.getvalue()


def _row(text: str, provider: OfferedProvider, model: OfferedModel, c: Combination) -> list[object]:
    return [text, provider.name, model.slug, c.aspect_ratio, c.seconds, c.quality, 1, "team"]

"""Accounts at gateways: adding, changing, pausing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from generations.catalogue import models_of
from generations.contract import CatalogueModel
from generations.dialects import DIALECTS
from generations.models import ModelCombination, Provider, VideoModel

log = logging.getLogger(__name__)


def add_provider(name: str, dialect: str, base_url: str, key: str, **options: Any) -> Provider:
    """A provider with its dialect's catalogue as its models. Raises ValidationError naming the field."""
    provider = Provider(name=name, dialect=dialect, base_url=base_url.strip(), key=key.strip(), **options)
    check_provider(provider)
    with transaction.atomic():
        provider.save()
        for position, model in enumerate(models_of(dialect)):
            _add_model(provider, position, model)
    return provider


def change_provider(provider: Provider, changes: Mapping[str, Any]) -> Provider:
    """Set these columns. A new origin clears the key, unless one comes along: a key is sent to its own origin only.

    A new key or address ends a pause, since that is what a pause asks for.
    """
    before = provider.origin
    for field, value in changes.items():
        setattr(provider, field, value)
    check_provider(provider)
    if provider.origin != before and "key" not in changes:
        provider.key = ""
    written = {*changes, "key"} if provider.origin != before else {*changes}
    if {"key", "base_url"} & changes.keys():
        provider.paused_reason = ""
        written.add("paused_reason")
    # Only these columns: the engine pauses and cools at any time, and an unreadable key must not be overwritten.
    provider.save(update_fields=written)
    return provider


def enable(provider: Provider) -> None:
    """Offer the provider again, end its pause and let it be tried at once."""
    Provider.objects.filter(pk=provider.pk).update(enabled=True, paused_reason="", cooling_until=None)


def disable(provider: Provider) -> None:
    """Offer the provider no longer. Jobs in flight go on; waiting ones wait."""
    Provider.objects.filter(pk=provider.pk).update(enabled=False)


def pause(provider: Provider, reason: str) -> None:
    """Send nothing more until an admin mended what `reason` says."""
    log.warning("provider %s is paused: %s", provider.name, reason)
    Provider.objects.filter(pk=provider.pk).update(paused_reason=reason)


def check_provider(provider: Provider) -> None:
    """Raise ValidationError where a column is wrong, each with its cure."""
    errors: dict[str, str] = {}
    if provider.dialect not in DIALECTS:
        errors["dialect"] = f"There is no dialect {provider.dialect}. Choose one of {', '.join(sorted(DIALECTS))}."
    if not provider.origin.startswith("https://") and not provider.allow_private:
        errors["base_url"] = "Use an https address, or allow a private address for this provider."
    if "@" in provider.origin:
        errors["base_url"] = "Leave name and password out of the address."
    if not (provider.key.isascii() and provider.key.isprintable()):
        errors["key"] = "It holds characters that no key has. Copy it again."
    try:
        provider.full_clean()
    except ValidationError as error:
        errors = {name: " ".join(messages) for name, messages in error.message_dict.items()} | errors
    if errors:
        raise ValidationError(errors)


def _add_model(provider: Provider, position: int, model: CatalogueModel) -> None:
    row = VideoModel.objects.create(
        provider=provider, slug=model.slug, name=model.name, note=model.note, position=position
    )
    ModelCombination.objects.bulk_create(
        ModelCombination(
            model=row, aspect_ratio=c.aspect_ratio, seconds=c.seconds, quality=c.quality,
            width=c.width, height=c.height, position=number,
        )
        for number, c in enumerate(model.combinations)
    )  # fmt: skip

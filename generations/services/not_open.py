"""Why somebody cannot have what he named, though others can."""

from __future__ import annotations

from django.utils.translation import gettext as _

from generations.contract import OfferedProvider
from generations.models import VideoModel
from generations.services.offer import current_offer


def provider_not_open(pk: int) -> str:
    """Of a provider that is not in somebody's offer."""
    others = next((provider for provider in current_offer().providers if provider.pk == pk), None)
    return _not_open(others.name) if others else _("This provider is switched off. Choose another one.")


def model_not_open(provider: OfferedProvider, wish: str) -> str:
    """Of a model that its provider's offer to somebody does not have; "" where nobody has it."""
    limited = VideoModel.objects.filter(provider=provider.pk, slug=wish, enabled=True, is_limited=True)
    return _not_open(wish) if limited.exists() else ""


def _not_open(name: str) -> str:
    return _("{name} is not open to you. Choose another one, or ask an admin.").format(name=name)

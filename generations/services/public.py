"""Where others reach this portal."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from generations.models import Provider


def address(provider: Provider) -> str:
    """Where this provider reaches the portal, or "" when it cannot: PUBLIC_URL, or here when it runs here."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    near = urlsplit(provider.base_url).hostname in {"localhost", "127.0.0.1", "::1"}
    return str(settings.PORTAL_ADDRESS) if near else ""

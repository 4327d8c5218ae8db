"""What the shell around every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the page's URL, which the rail marks as current, and whether this portal sends mail."""
    match = request.resolver_match
    return {"here": match.url_name if match else "", "sends_mail": settings.SENDS_MAIL}

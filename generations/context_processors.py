"""What the shell around every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the page's URL, which the rail marks as current."""
    match = request.resolver_match
    return {"here": match.url_name if match else ""}

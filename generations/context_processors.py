"""What the shell around every page needs."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generations.services.unarchived import needing_a_person
from generations.services.unsettled import count_for_staff


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the page's URL, which the rail marks as current, whether this portal sends mail, and what waits.

    The last two are functions: they are asked for on staff's whole pages only.
    """
    match = request.resolver_match
    return {
        "here": match.url_name if match else "",
        "sends_mail": settings.SENDS_MAIL,
        "to_settle": count_for_staff,
        "not_archived": cache(needing_a_person),
    }

"""What the shell around every page needs."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generations.services.reviews import count_to_review
from generations.services.running import UnderWay, under_way
from generations.services.unarchived import needing_a_person
from generations.services.unsettled import count_for_staff
from generations.services.waiting import count_to_approve


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the page's URL, which the rail marks as current, whether this portal sends mail, and what waits.

    The last five are functions: they are asked for on whole pages only, four of them on staff's.
    """
    match = request.resolver_match
    return {
        "here": match.url_name if match else "",
        "sends_mail": settings.SENDS_MAIL,
        "to_settle": count_for_staff,
        "to_approve": cache(count_to_approve),
        "to_review": cache(partial(_to_review, request)),
        "not_archived": cache(needing_a_person),
        "under_way": cache(partial(_under_way, request)),
    }


def _to_review(request: HttpRequest) -> int:
    return count_to_review(request.user) if request.user.is_authenticated else 0


def _under_way(request: HttpRequest) -> UnderWay:
    return under_way(request.user) if request.user.is_authenticated else UnderWay()

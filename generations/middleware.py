"""What every page owes: it stays private, travels packed, and speaks the reader's time and language."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from generations.services.languages import known

View = Callable[[HttpRequest], HttpResponse]
PACKED = ("text/", "application/json", "application/manifest+json")

PAGE_LANGUAGE = "Page-Language"
"""What a page's scripts ask for: its fragments stay in its language, even if another tab chose a new one."""


class PrivatePages:
    """Signed-in pages are kept by no cache, unless a view said otherwise.

    Neither htmx and full answers nor languages ever mix.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "Accept-Language", PAGE_LANGUAGE])
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class Compressed(GZipMiddleware):
    """Pages and fragments travel packed. Clips and pictures are packed already, and a part of one must stay a part."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith(PACKED):
            return response
        return super().process_response(request, response)


class OwnZone:
    """Times are shown in the signed-in user's zone."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone_of(request)):
            return self.get_response(request)


class BrowserLanguage:
    """The language that the browser chose or asks for.

    It stands before sessions and users, so that a page about a database that is away has a language too.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            return self.get_response(request)


class OwnLanguage:
    """A fragment speaks its page's language, a page the one that the signed-in user chose, if they chose one."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_language_of(request)):
            return self.get_response(request)


def _language_of(request: HttpRequest) -> str | None:
    own = request.user.language if request.user.is_authenticated else ""
    return known(request.headers.get(PAGE_LANGUAGE, "")) or known(own) or translation.get_language()


def _zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    if not request.user.is_authenticated:
        return None
    try:
        return zoneinfo.ZoneInfo(request.user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None

"""Pages for when something is wrong; each says what to do next."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from generations.services.away import what_is_away
from generations.views.access import Removed

log = logging.getLogger(__name__)

AGAIN = 5  # seconds until a page that waits for a part of the portal looks again


def _page(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, str(exception) if isinstance(exception, Removed) else "")


def server_error(request: HttpRequest) -> HttpResponse:
    """Also the way out when the database, the queue or the file storage is away.

    Django comes here from whichever layer met the trouble, a middleware included, while the error is being handled.
    """
    error = sys.exception()
    away = what_is_away(error)
    if not away:
        return _page(request, 500)
    log.warning("%s is away, told at %s: %s", away, request.path, " ".join(str(error).split())[:300])
    return not_there(request, away)


def not_there(request: HttpRequest, part: str) -> HttpResponse:
    """503, made without session, user or database. A page that was only read comes back by itself."""
    headers = {"Retry-After": str(AGAIN), "Cache-Control": "no-store"}
    if "HX-Request" in request.headers:
        return HttpResponse(f"{part} is away.", status=503, headers=headers, content_type="text/plain")
    read = request.method in {"GET", "HEAD"}
    if read:
        headers["Refresh"] = str(AGAIN)
    page = render_to_string("503.html", {"part": part, "read": read, "again": AGAIN})
    return HttpResponse(page, status=503, headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than its session: the text is still in the browser, a reload makes it sendable."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)

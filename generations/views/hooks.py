"""Where providers call. No session, no form, no belief: the token or the signature opens, our own look decides."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generations.models import Provider
from generations.services import callbacks

LIMIT = 64 * 1024  # bytes; a notice is short
TAKEN = 204


@csrf_exempt
@require_POST
def job_hook(request: HttpRequest, token: str) -> HttpResponse:
    """A notice about one submission. A long body is not even read."""
    body = request.body if _length(request) <= LIMIT else b""
    return HttpResponse(status=TAKEN if callbacks.heard_about(token, body) else 404)


@csrf_exempt
@require_POST
def provider_hook(request: HttpRequest, token: str) -> HttpResponse:
    """A signed notice about one of an account's jobs."""
    provider = get_object_or_404(Provider, webhook_token=token)
    if callbacks.callbacks_off(provider):
        return HttpResponse(status=404)
    if _length(request) > LIMIT:
        return HttpResponse(status=413)
    try:
        callbacks.heard_from(provider, {name.lower(): value for name, value in request.headers.items()}, request.body)
    except callbacks.NotGenuine as error:
        return HttpResponse(str(error), status=403, content_type="text/plain")
    return HttpResponse(status=TAKEN)


def _length(request: HttpRequest) -> int:
    given = request.headers.get("Content-Length") or "0"
    return int(given) if given.isascii() and given.isdecimal() else LIMIT + 1

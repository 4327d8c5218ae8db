"""What machines ask: is it alive, is it ready, how much of what. Answered before hosts, https and sessions matter."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from generations.services.metrics import exposition
from generations.services.readiness import readiness

View = Callable[[HttpRequest], HttpResponseBase]


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers. It touches nothing."""
    return _plain(HttpResponse("alive\n", content_type="text/plain"))


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """One word a part of the whole installation; 503 unless each is "ok"."""
    words = readiness()
    status = 200 if all(word == "ok" for word in words.values()) else 503
    return _plain(JsonResponse(words, status=status))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus. Not there without METRICS_TOKEN; with it, for those who bring it."""
    if not settings.METRICS_TOKEN:
        return _plain(HttpResponse("Set METRICS_TOKEN to have metrics.\n", status=404, content_type="text/plain"))
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return _plain(HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}))
    return _plain(HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST))


def _plain(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


DOORS: dict[str, View] = {"/health/live": live, "/health/ready": ready, "/metrics": metrics}


class MachineDoors:
    """Opens these addresses first: a load balancer names us by number and speaks plain http."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return DOORS.get(request.path_info, self.get_response)(request)

"""The portal's addresses, and the least that a signed-in page can be."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """An empty page for whoever is signed in."""
    return HttpResponse(status=204)


urlpatterns = [path("bench/empty/", empty), path("", include("sora_portal.urls"))]

"""The one refresh request of a page with cards."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.services.revisions import changed
from generations.views.access import SignedIn, signed_in

MOST_CARDS = 100


@signed_in
@require_safe
def status(request: SignedIn) -> HttpResponse:
    """Those of `card=<key>:<revision>` that look different now, out of band, as cards or rows; 204 when none does."""
    held = dict(filter(None, map(_parsed, request.GET.getlist("card")[:MOST_CARDS])))
    jobs = changed(request.user, held)
    context = {"jobs": jobs, "as_list": request.GET.get("view") == "list"}
    return render(request, "generations/_status.html", context) if jobs else HttpResponse(status=204)


def _parsed(card: str) -> tuple[UUID, str] | None:
    key, _, revision = card.partition(":")
    try:
        return UUID(key), revision
    except ValueError:
        return None

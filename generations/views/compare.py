"""Clips side by side, and the winner."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from generations.services import picks
from generations.services.compare import compared
from generations.views.access import SignedIn, signed_in
from generations.views.jobs import visible


@signed_in
@require_safe
def compare(request: SignedIn) -> HttpResponse:
    """The clips of `?job=<key>&job=<key>`: two to four, else how to get here."""
    context = {"comparison": compared(request.user, request.GET.getlist("job"))}
    return render(request, "generations/compare.html", context)


@signed_in
@require_POST
def job_pick(request: SignedIn, key: UUID) -> HttpResponse:
    """Call it the winner, or no longer; `to` says on or off, so that a click that comes twice is one."""
    job, to = visible(request, key), request.POST.get("to")
    if to not in {"on", "off"}:
        raise BadRequest
    if not picks.may_pick(job, request.user):
        raise PermissionDenied
    picks.pick(job, request.user, to == "on")
    if request.htmx:
        context = {"job": visible(request, key), "compared": request.POST.get("compared", "")}
        return render(request, "generations/_pick.html", context)
    return HttpResponseRedirect(_back(request, key), status=303)


def _back(request: SignedIn, key: UUID) -> str:
    """To the comparison it was picked in, else to its page."""
    names = QueryDict(request.POST.get("compared", "")).getlist("job")
    if not names:
        return reverse("job", args=[key])
    kept = QueryDict(mutable=True)
    kept.setlist("job", names)
    return f"{reverse('compare')}?{kept.urlencode()}"

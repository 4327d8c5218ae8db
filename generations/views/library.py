"""Every clip the reader may see."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.forms.filters import JobFilter
from generations.models import Job
from generations.services.paging import Keyset
from generations.views.access import SignedIn, signed_in

NEWEST = Keyset(at="created_at", name="key")
PAGE = 24


@signed_in
@require_safe
def library(request: SignedIn) -> HttpResponse:
    """Newest first; "load more" by htmx gets only the next cards."""
    filters = JobFilter(request.GET, request.user)
    jobs = filters.narrow(Job.objects.visible_to(request.user).for_cards())
    page = NEWEST.page(jobs, request.GET.get("after", ""), PAGE)
    template = "_library_page.html" if request.htmx else "library.html"
    return render(request, f"generations/{template}", {"page": page, "filters": filters})

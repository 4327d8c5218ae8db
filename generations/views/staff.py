"""What reviewers and admins see of everybody's jobs."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.forms.filters import JobFilter
from generations.models import Job, Provider
from generations.services.paging import Keyset
from generations.views.access import SignedIn, staff_only

NEWEST = Keyset(at="created_at", name="key")
PAGE = 50


@staff_only
@require_safe
def staff_jobs(request: SignedIn) -> HttpResponse:
    """All jobs, private ones too: of those the template shows state, people and money, never text or clip."""
    filters = JobFilter(request.GET, request.user)
    after, cards = request.GET.get("after", ""), Job.objects.for_cards()
    page = NEWEST.page(Job.objects.all(), after, PAGE, filters.where, cards)
    template = "_staff_jobs_page.html" if request.htmx else "staff_jobs.html"
    paused = Provider.objects.filter(enabled=True).exclude(paused_reason="")
    return render(request, f"generations/{template}", {"page": page, "filters": filters, "paused": paused})

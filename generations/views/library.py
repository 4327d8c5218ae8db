"""Every clip the reader may see, and the trash."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.forms.library import LibraryFilter
from generations.models import Job
from generations.services.line import placed
from generations.services.paging import Keyset
from generations.views.access import SignedIn, signed_in

LATEST_TRASHED = Keyset(at="trashed_at", name="key")
PAGE = 24


@signed_in
@require_safe
def library(request: SignedIn) -> HttpResponse:
    """Newest first; "load more" by htmx gets only the next cards, or the next lines of the list view."""
    filters = LibraryFilter(request.GET, request.user)
    visible = Job.objects.visible_to(request.user)
    jobs, order = filters.search(visible.on_the_shelf())
    after, cards = request.GET.get("after", ""), visible.for_cards(request.user)
    page = order.page(jobs, after, PAGE, filters.where, cards)
    placed(page.rows)
    part = "_library_list.html" if filters.as_list else "_library_page.html"
    template = part if request.htmx else "library.html"
    return render(request, f"generations/{template}", {"page": page, "filters": filters, "part": f"generations/{part}"})


@signed_in
@require_safe
def trash(request: SignedIn) -> HttpResponse:
    """What the reader may take out again, his own and for admins all; private ones of others without text."""
    page = LATEST_TRASHED.page(
        Job.objects.in_trash_of(request.user).for_cards(request.user), request.GET.get("after", ""), PAGE
    )
    template = "_trash_page.html" if request.htmx else "trash.html"
    context = {"page": page, "days": settings.TRASH_DAYS}
    return render(request, f"generations/{template}", context)

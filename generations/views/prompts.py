"""The shared history of prompts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.services.history import HISTORY, history, run_by
from generations.views.access import SignedIn, signed_in

PAGE = 30


@signed_in
@require_safe
def prompts(request: SignedIn) -> HttpResponse:
    """Every prompt the reader may see, last run first; `?whose=mine` keeps those he ran."""
    mine = request.GET.get("whose") == "mine"
    rows = history(request.user)
    page = HISTORY.page(run_by(rows, request.user) if mine else rows, request.GET.get("after", ""), PAGE)
    template = "_prompts_page.html" if request.htmx else "prompts.html"
    return render(request, f"generations/{template}", {"page": page, "mine": mine})

"""The shared history of prompts: the list, one prompt's page, and saving one without running it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from generations.forms.prompts import PromptFilter, SavedPromptForm
from generations.models import Job, Prompt, PromptMark, Visibility
from generations.services.history import best_clips, history, pinned, tagged
from generations.services.kin import kin
from generations.services.line import placed
from generations.services.notes import NotNoted
from generations.services.paging import Keyset, Page
from generations.services.prompts import save
from generations.services.variables import variables
from generations.views.access import SignedIn, signed_in

NEWEST = Keyset(at="created_at", name="key")
PAGE = 30
RUNS = 12


@signed_in
@require_safe
def prompts(request: SignedIn) -> HttpResponse:
    """Every prompt the reader may see that fits the filters. By last run, what staff pinned stands above the list."""
    filters, after = PromptFilter(request.GET, request.user), request.GET.get("after", "")
    everything, top = history(request.user).prefetch_related(None), list[Prompt]()
    rows, order = filters.narrow(everything)
    if filters.sorted_by == "recent" and not filters.only_pinned:
        top, rows = [] if after else pinned(rows), rows.filter(pinned_at=None)
    page = order.page(rows, after, PAGE, full=everything)
    best = best_clips(tagged([*top, *page.rows]), request.user)
    context = {"page": page, "top": top, "filters": filters, "best": best}
    template = "_prompts_page.html" if request.htmx else "prompts.html"
    return render(request, f"generations/{template}", context)


@signed_in
@require_safe
def prompt(request: SignedIn, pk: int) -> HttpResponse:
    """One prompt; "load more" by htmx gets only the next of its runs."""
    seen = visible(request, pk)
    if request.htmx and "after" in request.GET:
        return render(request, "generations/_library_page.html", {"page": _runs(request, seen)})
    return render(request, "generations/prompt.html", page_of(request, seen))


@signed_in
@require_safe
def prompt_fill(request: SignedIn, pk: int) -> HttpResponse:
    """A field for each variable of a template; they lead to the composer. A text without any goes there at once."""
    seen = visible(request, pk)
    if not request.user.can_create:
        raise PermissionDenied
    asked = variables(seen.text)
    if not asked:
        return HttpResponseRedirect(reverse("create") + f"?prompt={seen.pk}&fork=1")
    return render(request, "generations/prompt_fill.html", {"prompt": seen, "variables": asked})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def prompt_new(request: SignedIn) -> HttpResponse:
    """Save a prompt, most often a template, without running it."""
    if not request.user.can_create:
        raise PermissionDenied
    form = SavedPromptForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        visibility = Visibility(data["visibility"] or Visibility.TEAM)
        try:
            return HttpResponseRedirect(
                save(request.user, data["title"], data["text"], visibility).get_absolute_url(), status=303
            )
        except NotNoted as error:
            form.add_error("text", str(error))
    return render(request, "generations/prompt_new.html", {"form": form}, status=422 if form.is_bound else 200)


def visible(request: SignedIn, pk: int) -> Prompt:
    """The prompt, or 404 for who may not see it."""
    rows = Prompt.objects.visible_to(request.user).select_related("author", "owner", "pinned_by", "erased_by")
    return get_object_or_404(rows, pk=pk)


def page_of(request: SignedIn, seen: Prompt) -> dict[str, Any]:
    """What a prompt's page shows."""
    mine = PromptMark.objects.filter(prompt=seen, user=request.user).first()
    seen.is_favourite = bool(mine and mine.favourite)  # type: ignore[attr-defined]
    best = best_clips([seen], request.user, 4)
    return {"prompt": seen, "mine": mine, "kin": kin(seen, request.user), "best": best, "page": _runs(request, seen)}


def _runs(request: SignedIn, seen: Prompt) -> Page[Job]:
    """Its runs that are on the shelf, newest first."""
    jobs = Job.objects.visible_to(request.user).on_the_shelf().filter(prompt=seen).for_cards(request.user)
    page = NEWEST.page(jobs, request.GET.get("after", ""), RUNS)
    placed(page.rows)
    return page

"""What is done with a prompt. Each form answers with its own part of the page, or leads back to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from generations.models import Prompt
from generations.services import prompts
from generations.services.erase import erase, may_erase
from generations.services.notes import NotNoted, add_tag, remove_tag
from generations.services.publish import may_publish, publish
from generations.views.access import SignedIn, signed_in
from generations.views.jobs import visible as visible_job
from generations.views.prompts import page_of, visible

NAMED, RATED = _("Saved."), _("Your rating is kept.")
PINNED, UNPINNED = _("Pinned for the team."), _("No longer pinned.")
ERASED = _("Erased. The prompt’s page and its clips stay.")
SHARED, NOT_SHARED = _("The team sees it now."), _("It is shared already, or cannot be shared any more.")


@signed_in
@require_POST
def prompt_favourite(request: SignedIn, pk: int) -> HttpResponse:
    """Everybody's own mark; `to` says on or off, so that a click that comes twice is one."""
    seen, to = visible(request, pk), _to(request)
    prompts.mark(seen, request.user, to)
    if not request.htmx:
        return _back(seen)
    seen.is_favourite = to  # type: ignore[attr-defined]
    return render(request, "generations/_prompt_favourite.html", {"prompt": seen, "quiet": "quiet" in request.POST})


@signed_in
@require_POST
def prompt_tags(request: SignedIn, pk: int) -> HttpResponse:
    """Add the tag `name`, or take off the tag `remove`."""
    seen, problem = _noted(request, pk), ""
    try:
        if "remove" in request.POST:
            remove_tag(seen, request.POST["remove"])
        else:
            add_tag(seen, request.user, request.POST.get("name", ""))
    except NotNoted as error:
        problem = str(error)
    if not request.htmx:
        return _refused(request, seen, problem) if problem else _back(seen, "prompt-panel")
    context = {"prompt": seen, "problem": problem}
    return render(request, "generations/_prompt_tags.html", context, status=422 if problem else 200)


@signed_in
@require_POST
def prompt_rate(request: SignedIn, pk: int) -> HttpResponse:
    """One to five stars, or `stars=0` to take them back."""
    seen, stars = _noted(request, pk), request.POST.get("stars", "")
    if not (stars.isascii() and stars.isdecimal() and len(stars) < 3):
        raise BadRequest
    return _done(request, seen, lambda: prompts.rate(seen, request.user, int(stars) or None), RATED)


@signed_in
@require_POST
def prompt_title(request: SignedIn, pk: int) -> HttpResponse:
    seen, title = visible(request, pk), request.POST.get("title", "")
    if not prompts.may_name(seen, request.user):
        raise PermissionDenied
    return _done(request, seen, lambda: prompts.name(seen, request.user, title), NAMED)


@signed_in
@require_POST
def prompt_pin(request: SignedIn, pk: int) -> HttpResponse:
    """Staff put it above the team's list, or take it from there."""
    seen, to = visible(request, pk), _to(request)
    if not prompts.may_pin(seen, request.user):
        raise PermissionDenied
    return _done(request, seen, lambda: prompts.pin(seen, request.user, to), PINNED if to else UNPINNED)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def prompt_erase(request: SignedIn, pk: int) -> HttpResponse:
    """Asked first, done on POST."""
    seen = visible(request, pk)
    if not may_erase(seen, request.user):
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "generations/prompt_erase.html", {"prompt": seen})
    if erase(seen, request.user):
        messages.info(request, ERASED)
    return _back(seen)


@signed_in
@require_POST
def job_publish(request: SignedIn, key: UUID) -> HttpResponse:
    """The author shows a private run to the team."""
    job = visible_job(request, key)
    if job.author_id != request.user.pk or not request.user.can_create:
        raise PermissionDenied
    done = may_publish(job, request.user) and publish(job, request.user)
    messages.info(request, SHARED if done else NOT_SHARED)
    return HttpResponseRedirect(job.get_absolute_url(), status=303)


def _noted(request: SignedIn, pk: int) -> Prompt:
    seen = visible(request, pk)
    if not request.user.can_create:
        raise PermissionDenied
    return seen


def _to(request: SignedIn) -> bool:
    to = request.POST.get("to")
    if to not in {"on", "off"}:
        raise BadRequest
    return to == "on"


def _done(request: SignedIn, seen: Prompt, act: Callable[[], Any], said: Any) -> HttpResponse:
    try:
        act()
    except NotNoted as error:
        return _refused(request, seen, str(error))
    messages.info(request, said)
    return _back(seen)


def _refused(request: SignedIn, seen: Prompt, problem: str) -> HttpResponse:
    """The page, with what was wrong on top."""
    messages.warning(request, problem)
    return render(request, "generations/prompt.html", page_of(request, seen), status=422)


def _back(seen: Prompt, place: str = "") -> HttpResponse:
    return HttpResponseRedirect(seen.get_absolute_url() + (f"#{place}" if place else ""), status=303)

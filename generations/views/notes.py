"""Favourites, tags and comments of a job. Each form answers with its own part of the page, or leads back to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from generations.forms.moments import moment_in
from generations.models import Comment, Job
from generations.services import notes
from generations.services.notes import NotNoted
from generations.views.access import SignedIn, signed_in
from generations.views.jobs import page, visible


@signed_in
@require_POST
def job_favourite(request: SignedIn, key: UUID) -> HttpResponse:
    """Everybody's own mark; `to` says on or off, so that a click that comes twice is one."""
    job, to = visible(request, key), request.POST.get("to")
    if to not in {"on", "off"}:
        raise BadRequest
    notes.mark(job, request.user, to == "on")
    if not request.htmx:
        return _back(job)
    context = {"job": visible(request, key), "quiet": "quiet" in request.POST}
    return render(request, "generations/_favourite.html", context)


@signed_in
@require_POST
def job_tags(request: SignedIn, key: UUID) -> HttpResponse:
    """Add the tag `name`, or take off the tag `remove`."""
    job = _noted(request, key)
    problem = ""
    try:
        if "remove" in request.POST:
            notes.remove_tag(job, request.POST["remove"])
        else:
            notes.add_tag(job, request.user, request.POST.get("name", ""))
    except NotNoted as error:
        problem = str(error)
    return _part(request, job, "_tags.html", "prompt-panel", problem)


@signed_in
@require_POST
def job_comments(request: SignedIn, key: UUID) -> HttpResponse:
    """Say something; `at` is the moment in seconds, from the player or from the plain field `second`."""
    job = _noted(request, key)
    problem, text = "", request.POST.get("text", "")
    try:
        notes.comment(job, request.user, text, moment_in(request.POST))
    except NotNoted as error:
        problem = str(error)
    except ValidationError as error:
        problem = " ".join(error.messages)
    return _part(request, job, "_comments.html", "comments", problem, said=text if problem else "")


@signed_in
@require_POST
def comment_delete(request: SignedIn, pk: int) -> HttpResponse:
    """Take back one's own words; admins may take back anybody's."""
    seen = Job.objects.visible_to(request.user)
    said = get_object_or_404(Comment.objects.filter(job__in=seen).select_related("job"), pk=pk)
    if not notes.may_remove(said, request.user):
        raise PermissionDenied
    job = visible(request, said.job.key)
    notes.remove_comment(said, request.user)
    return _part(request, job, "_comments.html", "comments")


def _noted(request: SignedIn, key: UUID) -> Job:
    job = visible(request, key)
    if not request.user.can_create:
        raise PermissionDenied
    return job


def _part(request: SignedIn, job: Job, template: str, place: str, problem: str = "", **more: Any) -> HttpResponse:
    """The part that changed; without htmx the way back to its place, or the page with what was wrong on top."""
    if request.htmx:
        context = {"job": job, "problem": problem} | more
        return render(request, f"generations/{template}", context, status=422 if problem else 200)
    if problem:
        messages.warning(request, problem)
        return render(request, "generations/job.html", page(request, job) | more, status=422)
    return _back(job, place)


def _back(job: Job, place: str = "") -> HttpResponse:
    return HttpResponseRedirect(job.get_absolute_url() + (f"#{place}" if place else ""), status=303)

"""Collections: their list, one with its clips, and what is done to them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from generations.models import Collection, Job, Visibility
from generations.services.collections import (
    NotCollected,
    collections_of,
    make,
    put,
    remove,
    rename,
    take_out,
)
from generations.services.keys import read_key
from generations.services.line import placed
from generations.services.paging import Keyset
from generations.views.access import SignedIn, signed_in

NEWEST = Keyset(at="created_at", name="key")
PAGE, MOST = 24, 200


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collections(request: SignedIn) -> HttpResponse:
    """Those the reader may see; a POST makes one, with the job `job` in it if it names one."""
    if request.method != "POST":
        return _list(request)
    if not request.user.can_create:
        raise PermissionDenied
    jobs = _named(request)
    try:
        made = make(request.user, request.POST.get("name", ""), request.POST.get("visibility", Visibility.TEAM))
    except NotCollected as error:
        return _list(request, str(error))
    put(made, jobs, request.user)
    return HttpResponseRedirect(reverse("collection", args=[made.pk]), status=303)


@signed_in
@require_GET
def collection(request: SignedIn, pk: int) -> HttpResponse:
    """Its clips, newest first, as far as the reader may see them."""
    shown = _visible(request, pk)
    if request.htmx:
        return render(request, "generations/_library_page.html", {"page": _clips(request, shown)})
    return _page(request, shown)


@signed_in
@require_POST
def collection_name(request: SignedIn, pk: int) -> HttpResponse:
    renamed = _settled(request, pk)
    try:
        rename(renamed, request.POST.get("name", ""), request.user)
    except NotCollected as error:
        return _page(request, _visible(request, pk), str(error))
    messages.info(request, _("Saved."))
    return HttpResponseRedirect(reverse("collection", args=[pk]), status=303)


@signed_in
@require_POST
def collection_delete(request: SignedIn, pk: int) -> HttpResponse:
    """The collection goes, its clips stay."""
    gone = _settled(request, pk)
    remove(gone, request.user)
    messages.info(request, _("“{name}” is deleted. Its clips stay in the library.").format(name=gone.name))
    return HttpResponseRedirect(reverse("collections"), status=303)


@signed_in
@require_POST
def collection_jobs(request: SignedIn, pk: int) -> HttpResponse:
    """Put the jobs named by `job` in, or with `act` "remove" take them out; a script hears it, a form goes back."""
    _visible(request, pk)
    filled = get_object_or_404(Collection.objects.filled_by(request.user), pk=pk) if request.user.can_create else None
    if filled is None:
        raise PermissionDenied
    told = _out(request, filled) if request.POST.get("act") == "remove" else _in(request, filled)
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "say", {"value": told})
    messages.info(request, told)
    return HttpResponseRedirect(_origin(request, filled), status=303)


def _in(request: SignedIn, filled: Collection) -> str:
    count = put(filled, _named(request), request.user)
    if not count:
        return _("In “{name}” already.").format(name=filled.name)
    told = ngettext("{count} clip is in “{name}” now.", "{count} clips are in “{name}” now.", count)
    return told.format(count=count, name=filled.name)


def _out(request: SignedIn, filled: Collection) -> str:
    count = take_out(filled, _named(request))
    told = ngettext("{count} clip was taken out of “{name}”.", "{count} clips were taken out of “{name}”.", count)
    return told.format(count=count, name=filled.name)


def _origin(request: SignedIn, filled: Collection) -> str:
    """Back to the job it was done for, or to the collection."""
    key = read_key(request.POST.get("from", ""))
    job = Job.objects.visible_to(request.user).filter(key=key).first() if key else None
    return f"{job.get_absolute_url()}#collections" if job else reverse("collection", args=[filled.pk])


def _named(request: SignedIn) -> list[Job]:
    """The jobs that are asked for and that the reader may see."""
    keys = [key for key in map(read_key, request.POST.getlist("job")) if key]
    if len(keys) > MOST:
        raise BadRequest
    return list(Job.objects.visible_to(request.user).on_the_shelf().filter(key__in=keys))


def _visible(request: SignedIn, pk: int) -> Collection:
    return get_object_or_404(collections_of(request.user), pk=pk)


def _settled(request: SignedIn, pk: int) -> Collection:
    """Its author and admins; whoever may only see it is told no."""
    _visible(request, pk)
    found = Collection.objects.settled_by(request.user).filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    return found


def _clips(request: SignedIn, shown: Collection) -> Any:
    jobs = Job.objects.visible_to(request.user).on_the_shelf().filter(collections=shown).for_cards(request.user)
    page = NEWEST.page(jobs, request.GET.get("after", ""), PAGE)
    placed(page.rows)
    return page


def _page(request: SignedIn, shown: Collection, problem: str = "") -> HttpResponse:
    settles = Collection.objects.settled_by(request.user).filter(pk=shown.pk).exists()
    context = {"collection": shown, "page": _clips(request, shown), "settles": settles, "problem": problem}
    return render(request, "generations/collection.html", context, status=422 if problem else 200)


def _list(request: SignedIn, problem: str = "") -> HttpResponse:
    name = request.POST.get("name", "")
    context = {"collections": collections_of(request.user), "problem": problem, "name": name, "choices": Visibility}
    return render(request, "generations/collections.html", context, status=422 if problem else 200)

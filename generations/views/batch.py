"""Many clips from one CSV file: a preview of every row and its cost, and nothing made before somebody says so."""

from __future__ import annotations

from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from generations.forms.batch import BatchForm, new_key
from generations.models import State
from generations.services.batch.plan import Batch, made_before, make, plan
from generations.services.batch.rows import COLUMNS, known_columns
from generations.services.batch.table import NotReadable
from generations.services.batch.template import template
from generations.services.compose import NotPossible
from generations.services.offer import offer_for
from generations.views.access import Door, SignedIn, View, signed_in

CHANGED = _("Something changed since the preview: the rows, what is on offer, or a price. Here is how it is now.")
WRONG = _("Not every row can be made. Mend the rows that are marked, or make the good ones only.")


def creators_only(view: View[[]]) -> Door[[]]:
    """Members and above: a viewer is told no."""

    @signed_in
    @wraps(view)
    def guarded(request: SignedIn, /) -> HttpResponseBase:
        if not request.user.can_create:
            raise PermissionDenied
        return view(request)

    return guarded


@creators_only
@require_http_methods(["GET", "HEAD", "POST"])
def create_batch(request: SignedIn) -> HttpResponse:
    offer = offer_for(request.user)
    if request.method != "POST":
        return _page(request, BatchForm(offer))
    form = BatchForm(offer, request.POST, request.FILES)
    wants = request.POST.get("make", "")
    key = (form.data.get("key") if wants and "key" not in form.errors else "") or new_key()
    try:
        if not form.is_valid():
            return _unreadable(request, form, key)
        found = plan(request.user, form.csv, key, form.defaults)
    except NotReadable as problem:
        form.add_error("file" if form.cleaned_data.get("file") else "text", str(problem))
        return _unreadable(request, form, key)
    return _confirmed(request, form, found, wants) if wants else _page(request, form, found)


@creators_only
@require_safe
def batch_template(request: SignedIn) -> HttpResponse:
    """The file to start from, with a mark at its beginning by which spreadsheets know UTF-8."""
    headers = {"Content-Disposition": 'attachment; filename="batch.csv"'}
    return HttpResponse("\ufeff" + template(offer_for(request.user)), "text/csv; charset=utf-8", headers=headers)


def _confirmed(request: SignedIn, form: BatchForm, found: Batch, wants: str) -> HttpResponse:
    """Make what was shown, and only that; a batch that was made is never told "not made"."""
    if found.made and not found.clips:
        return _home(request, found.made)
    if form.cleaned_data["key"] != found.key or form.cleaned_data["digest"] != found.digest:
        return _page(request, form, found, str(CHANGED), 422)
    if (found.bad and wants != "good") or not found.clips:
        return _page(request, form, found, str(WRONG), 422)
    try:
        made = make(request.user, found)
    except NotPossible as problem:  # the offer changed between the preview above and the save
        return _page(request, form, plan(request.user, form.csv, found.key, form.defaults), str(problem), 422)
    return _home(request, len(made), sum(job.state == State.AWAITING_APPROVAL for job in made))


def _home(request: SignedIn, clips: int, waiting: int = 0) -> HttpResponse:
    told = ngettext(
        "{clips} clip of your file is on the way.", "{clips} clips of your file are on the way.", clips
    ).format(clips=clips)
    messages.info(request, told)
    if waiting:
        said = ngettext("{n} of them waits for approval first.", "{n} of them wait for approval first.", waiting)
        messages.info(request, said.format(n=waiting))
    return HttpResponseRedirect(reverse("create"), status=303)


def _unreadable(request: SignedIn, form: BatchForm, key: str) -> HttpResponse:
    """The form with its reason, unless it was sent before and made its clips then."""
    if made := made_before(request.user, key):
        return _home(request, len(made))
    return _page(request, form, status=422)


def _page(
    request: SignedIn, form: BatchForm, found: Batch | None = None, notice: str = "", status: int = 200
) -> HttpResponse:
    extra = known_columns(form.offer)[len(COLUMNS) :]
    context = {"form": form, "batch": found, "notice": notice, "columns": COLUMNS, "options": extra}
    return render(request, "generations/create_batch.html", context, status=status)

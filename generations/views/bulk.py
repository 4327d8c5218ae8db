"""One act on the clips that were chosen in a list. A plain form; htmx gets only what changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from generations.forms.bulk import NEW, ZIP, BulkForm
from generations.services.bulk import MAKERS_ONLY, REVERSE, Outcome, act_on, within
from generations.services.bundle import clips_of, has_clip, zipped
from generations.services.collections import NotCollected, chosen, make_for
from generations.services.deeds import Act, Means
from generations.services.line import placed
from generations.services.notes import NotNoted
from generations.views.access import SignedIn, signed_in


@signed_in
@require_POST
def library_bulk(request: SignedIn) -> HttpResponseBase:
    """Do it to all that may be done to, and say how many were left out and why. At most 200 clips."""
    form = BulkForm(request.POST)
    if form.errors.keys() - {"__all__"}:
        raise BadRequest
    if form.errors:
        return _refused(request, form, " ".join(map(str, form.non_field_errors())))
    if form.cleaned_data["act"] == ZIP:
        return _zip(request, form)
    act = Act(form.cleaned_data["act"])
    if act in MAKERS_ONLY and not request.user.can_create:
        raise PermissionDenied
    try:
        with transaction.atomic():
            outcome = act_on(request.user, act, form.keys, _means(request, form, act))
    except (NotNoted, NotCollected) as problem:
        return _refused(request, form, str(problem))
    return _answer(request, form, outcome)


def _means(request: SignedIn, form: BulkForm, act: Act) -> Means:
    """The tag as it was typed, or the collection: one that is there, or a new one."""
    if act not in {Act.COLLECT, Act.UNCOLLECT}:
        return Means(form.cleaned_data["tag"])
    if act is Act.COLLECT and form.target == NEW:
        return Means(collection=make_for(request.user, form.cleaned_data["name"], form.keys))
    return Means(collection=chosen(request.user, form.target))


def _zip(request: SignedIn, form: BulkForm) -> HttpResponseBase:
    """The clips in one file, made while it is sent. Whose it is was asked before the first byte."""
    jobs = list(within(request.user, None, form.keys))
    if not any(has_clip(job, request.user) for job in jobs):
        return _refused(request, form, _("None of these clips has a file here."))
    name = f"clips-{timezone.localtime():%Y-%m-%d-%H%M}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(zipped(clips_of(jobs, request.user)), headers=headers, content_type="application/zip")


def _answer(request: SignedIn, form: BulkForm, outcome: Outcome) -> HttpResponse:
    """In place where that tells all; a clip that comes, or a new collection, needs the page anew."""
    is_more = _leaves(form, outcome, REVERSE[outcome.act]) or (outcome.act is Act.COLLECT and form.target == NEW)
    if request.htmx and not is_more:
        return _changed(request, form, outcome, gone=_leaves(form, outcome, outcome.act))
    messages.info(request, str(outcome))
    return HttpResponseClientRefresh() if request.htmx else HttpResponseRedirect(form.back, status=303)


def _leaves(form: BulkForm, outcome: Outcome, act: Act) -> bool:
    """After this act a clip is no longer in the list; so what undoes it brings one there."""
    if act is Act.UNCOLLECT:
        taken = outcome.means.collection
        return form.listed == "collection" and taken is not None and taken.pk == form.page
    return act is (Act.RESTORE if form.listed == "trash" else Act.TRASH)


def _changed(request: SignedIn, form: BulkForm, outcome: Outcome, *, gone: bool) -> HttpResponse:
    """What is said, with the way back, and beside it the cards that changed or the names of those to take away."""
    marks = outcome.act in {Act.FAVOURITE, Act.UNFAVOURITE}
    context: dict[str, Any] = {
        "as_list": form.is_table,
        "outcome": outcome,
        "undo": REVERSE[outcome.act],
        "sent": form.cleaned_data,
        "gone": outcome.keys if gone else (),
        "jobs": placed(list(within(request.user, None, outcome.keys))) if marks else (),
    }
    answer = render(request, "generations/_bulk_done.html", context)
    return trigger_client_event(answer, "bulk-done", after="settle")


def _refused(request: SignedIn, form: BulkForm, problem: str) -> HttpResponse:
    """Nothing was done, and why."""
    if request.htmx:
        return render(request, "generations/_bulk_done.html", {"problem": problem}, status=422)
    messages.warning(request, problem)
    return HttpResponseRedirect(form.back, status=303)

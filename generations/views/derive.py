"""From one clip to the next: once more, from its last frame, and the menu that offers it."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from generations.forms.compose import new_token
from generations.models import Derived, Job, State
from generations.services.actions import actions, taking_frames
from generations.services.again import again
from generations.services.compose import NotPossible
from generations.services.frames import frame_of
from generations.services.offer import offer_for
from generations.services.references import NotUsable
from generations.services.trash import may_play
from generations.views.access import SignedIn, signed_in
from generations.views.jobs import visible

AGAIN = {Derived.RETRY: _("Sent again as a new job."), Derived.TAKE: _("A new take is on its way.")}
ASKED = _("Asked for approval. Nothing is sent or charged until somebody said yes.")
TOKEN = re.compile(r"[0-9a-f]{32}")


@signed_in
@require_safe
def job_menu(request: SignedIn, key: UUID) -> HttpResponse:
    """What is in a card's menu: fetched when it is opened, since prices and providers change."""
    job = visible(request, key)
    context = {"job": job, "acts": actions(job, request.user), "token": new_token()}
    return render(request, "generations/_job_menu.html", context)


@signed_in
@require_POST
def job_again(request: SignedIn, key: UUID) -> HttpResponse:
    """One more job with the very same request; a click that comes twice makes one."""
    job = _to_make_from(request, key)
    kind, token = request.POST.get("kind", ""), request.POST.get("compose_token", "")
    if kind not in AGAIN or not TOKEN.fullmatch(token):
        raise BadRequest
    try:
        made = again(request.user, job, Derived(kind), token)
    except NotPossible as problem:
        messages.warning(request, _("Not sent, nothing was charged. {problem}").format(problem=problem))
        return _to(request, f"{reverse('create')}?{urlencode({'reuse': job.key, 'as': Derived.EDIT})}")
    messages.info(request, ASKED if made.job.state == State.AWAITING_APPROVAL else AGAIN[Derived(kind)])
    return _to(request, made.job.get_absolute_url())


@signed_in
@require_POST
def job_remix(request: SignedIn, key: UUID) -> HttpResponse:
    """The composer, with the clip's last frame as the image that the new one starts from."""
    job = _to_make_from(request, key)
    if not may_play(job, request.user) or job.clip is None:
        raise Http404
    where = taking_frames(offer_for(request.user), job)
    try:
        if where is None:
            raise NotUsable(_("No model on offer starts from an image just now."))
        image = frame_of(job, request.user)
    except NotUsable as problem:
        messages.warning(request, str(problem))
        return redirect(job)
    provider, model = where
    chosen = {"provider": provider.pk, "model": model.slug, "reference": image.key}
    return _to(request, f"{reverse('create')}?{urlencode({'reuse': job.key, 'as': Derived.REMIX} | chosen)}")


def _to_make_from(request: SignedIn, key: UUID) -> Job:
    job = visible(request, key)
    if not request.user.can_create:
        raise PermissionDenied
    return job


def _to(request: SignedIn, url: str) -> HttpResponse:
    """The next page is asked for by GET; htmx is told to load all of it."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url, status=303)

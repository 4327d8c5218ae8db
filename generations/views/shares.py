"""Links for people outside: the page on which they are made and ended."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from generations.forms.shares import ShareForm
from generations.models import Job, Share
from generations.services import shares
from generations.services.portal import chosen
from generations.views.access import SignedIn, signed_in
from generations.views.jobs import visible

ENDED, ENDED_BEFORE = _("The link is revoked. It does not work any more."), _("The link was revoked before.")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def job_share(request: SignedIn, key: UUID) -> HttpResponse:
    """A job's links; a POST makes one, which this answer alone shows."""
    job = visible(request, key)
    may, links = shares.may_share(job, request.user), shares.links_of(job, request.user)
    if not may and (request.method == "POST" or not links.exists()):
        raise PermissionDenied
    form = ShareForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, job, form, status=422 if form.is_bound else 200)
    try:
        token = shares.make_link(job, request.user, form.until, with_prompt=form.cleaned_data["with_prompt"])[1]
    except shares.NotShared as problem:
        form.add_error(None, str(problem))
        return _page(request, job, form, status=422)
    return _page(request, job, ShareForm(), new_link=_address(request, token))


@signed_in
@require_POST
def share_revoke(request: SignedIn, pk: int) -> HttpResponse:
    """End a link. An admin may end those of jobs that he does not see."""
    share = get_object_or_404(Share.objects.select_related("job"), pk=pk)
    seen = share.job.is_visible_to(request.user)
    if not shares.may_revoke(share, request.user):
        raise PermissionDenied if seen else Http404
    messages.info(request, ENDED if shares.revoke(share, request.user) else ENDED_BEFORE)
    to = reverse("job-share", args=[share.job.key]) if seen else reverse("staff-settings")
    return HttpResponseRedirect(to, status=303)


def _address(request: SignedIn, token: str) -> str:
    """As people outside reach the portal, where that was stated; else as this reader does."""
    path = reverse("shared", args=[token])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _page(request: SignedIn, job: Job, form: ShareForm, new_link: str = "", status: int = 200) -> HttpResponse:
    portal = chosen()
    context = {
        "job": job,
        "form": form,
        "new_link": new_link,
        "links": shares.links_of(job, request.user),
        "can_share": shares.may_share(job, request.user) and shares.can_be_shared(job),
        "is_on": portal.shares_outside,
        "is_held_back": shares.is_held_back(job, portal),
        "is_public": bool(settings.PUBLIC_URL),
    }
    return render(request, "generations/job_share.html", context, status=status)

"""Invitations: admins make them, and the page that an invited person opens."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from generations.forms.people import MAIL, AcceptForm, InviteForm
from generations.models import Invitation, Role
from generations.services import invitations as service
from generations.services.not_saved import NotSaved
from generations.views.access import SignedIn, admin_only
from generations.views.budgets import refuse

BACKEND = "generations.sessions.Accounts"


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedIn) -> HttpResponse:
    """Invite somebody: the link goes out by mail, or this answer alone shows it."""
    form = InviteForm(request.POST if request.method == "POST" else None, sends_mail=settings.SENDS_MAIL)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = service.invite(given["email"], Role(given["role"]), given["group"], request.user, given["days"])
            return _handed_over(request, *made, by_mail=form.by_mail)
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, form=form, status=422 if form.errors else 200)


@admin_only
@require_POST
def invitation_act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    """Renew or revoke one that waits."""
    row = get_object_or_404(Invitation.objects.select_related("by"), pk=pk)
    if act == "revoke":
        ended = service.revoke(row, request.user)
        told = _("The invitation is revoked.") if ended else _("It was used or revoked before.")
        return _home(request, told)
    if act != "renew":
        raise Http404
    try:
        token = service.renew(row, request.user)
    except NotSaved as problem:
        return _home(request, str(problem))
    row.refresh_from_db()
    return _handed_over(request, row, token, by_mail=settings.SENDS_MAIL and request.POST.get("way") == MAIL)


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Name and password, and they are in. Links that do not work look alike, whatever the reason."""
    row = service.found(token)
    if row is None:
        return _gone(request)
    if request.user.is_authenticated:
        return _opened(request, row, None)
    if request.method == "POST" and not ratelimit.consume(request, action="signup"):
        return ratelimit.respond_429(request)  # type: ignore[no-any-return]
    form = AcceptForm(row, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _opened(request, row, form)
    user = service.accept(token, form.cleaned_data["name"], form.cleaned_data["password1"])
    if user is None:
        return _gone(request)
    login(request, user, BACKEND)
    messages.info(request, _("Welcome. Your account is ready."))
    return HttpResponseRedirect(reverse("create"), status=303)


def _opened(request: HttpRequest, row: Invitation, form: AcceptForm | None) -> HttpResponse:
    """The form; who is signed in already is told to sign out first."""
    status = 422 if form and form.is_bound else 200
    answer = render(request, "outside/invitation.html", {"invitation": row, "form": form}, status=status)
    return _unindexed(answer)


def _gone(request: HttpRequest) -> HttpResponse:
    return _unindexed(render(request, "outside/invitation_gone.html", status=404))


def _unindexed(answer: HttpResponse) -> HttpResponse:
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


def _handed_over(request: SignedIn, row: Invitation, token: str, *, by_mail: bool) -> HttpResponse:
    """By mail where that was asked for; else, and where the mail server did not take it, on this page and never
    again."""
    if by_mail and service.mailed(row, token):
        return _home(request, _("The invitation is on its way to {email}.").format(email=row.email))
    return _page(request, invitation=row, new_link=service.link(token), not_mailed=by_mail)


def _page(request: SignedIn, *, form: InviteForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    form = form or InviteForm(sends_mail=settings.SENDS_MAIL)
    return render(request, "generations/invite.html", {"form": form, **more}, status=status)


def _home(request: SignedIn, said: str) -> HttpResponseRedirect:
    messages.info(request, said)
    return HttpResponseRedirect(reverse("people"), status=303)

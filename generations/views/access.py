"""Who may open a page. Every view of the portal wears one of these."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from generations.models import User

P = ParamSpec("P")


class Removed(Http404):
    """What was asked for was there once and is not any more; the text says so to the reader."""


class SignedIn(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[SignedIn, P], HttpResponseBase]
Door = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> Door[P]:
    """Pages send strangers to sign in; a fragment answers 401 with an event, so no sign-in page lands in a card."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(cast(SignedIn, request), *args, **kwargs)
        if cast(SignedIn, request).htmx:
            return HttpResponse(status=401, headers={"HX-Trigger": "signed-out"})
        return redirect_to_login(request.get_full_path())

    return guarded


def staff_only(view: View[P]) -> Door[P]:
    """Reviewers and admins; for anybody else the page is not there."""

    @signed_in
    @wraps(view)
    def guarded(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_reviewer:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def admin_only(view: View[P]) -> Door[P]:
    """Admins; a reviewer is told no, and for anybody else the page is not there."""

    @staff_only
    @wraps(view)
    def guarded(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def admins_change(view: View[P]) -> Door[P]:
    """Reviewers may look; only admins may send something."""

    @staff_only
    @wraps(view)
    def guarded(request: SignedIn, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"} and not request.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded

"""Choosing a language: for oneself, and for this browser's pages of signing in."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from generations.forms.languages import LanguageForm
from generations.services.languages import choose


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep it, and show the page again. Anybody may: strangers choose for their browser only."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        raise BadRequest("no such language")
    chosen = form.cleaned_data["language"]
    if request.user.is_authenticated:
        choose(request.user, chosen)
    response = HttpResponseRedirect(_next(request, form.cleaned_data["next"]), status=303)
    _remember(response, chosen)
    return response


def _next(request: HttpRequest, address: str) -> str:
    """Where the reader was, never another site; without a place to go back to, the start."""
    hosts, secure = {request.get_host()}, request.is_secure()
    near = url_has_allowed_host_and_scheme(address, allowed_hosts=hosts, require_https=secure)
    return address if near else reverse("create")


def _remember(response: HttpResponse, chosen: str) -> None:
    """In the browser too, so that the page of signing in speaks it."""
    if not chosen:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )

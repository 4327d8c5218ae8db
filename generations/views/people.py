"""The people of the portal, for admins: the list, and a page for each."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations.forms.people import PeopleFilter, PersonForm
from generations.models import Invitation, Role, User
from generations.services import people as service
from generations.services.audit_log import lines_about
from generations.services.budgets import lines_over
from generations.services.made import months_of, person_lines
from generations.services.not_saved import NotSaved
from generations.services.paging import Keyset
from generations.services.rates import portal_currency
from generations.views.access import SignedIn, admin_only
from generations.views.budgets import refuse

NEWEST = Keyset(at="date_joined", name="id")
PAGE, WAITING, LATEST = 50, 50, 5


@admin_only
@require_safe
def people(request: SignedIn) -> HttpResponse:
    """Newest first, with what they spent and made this month; "load more" by htmx gets only the next rows."""
    filters = PeopleFilter(request.GET)
    page = NEWEST.page(User.objects.prefetch_related("teams"), request.GET.get("after", ""), PAGE, filters.where)
    context = {"page": page, "lines": person_lines(page.rows), "currency": portal_currency(), "filters": filters}
    if request.htmx:
        return render(request, "generations/_people_page.html", context)
    waiting = Invitation.objects.waiting().select_related("by", "group")[: WAITING + 1]
    return render(
        request, "generations/people.html", context | {"waiting": waiting[:WAITING], "more": len(waiting) > WAITING}
    )


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedIn, pk: int) -> HttpResponse:
    """Who somebody is, what they may do, where they are signed in, what they spent and made."""
    row = get_object_or_404(User, pk=pk)
    form = PersonForm(row, request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            service.change_person(row, given["name"], given["email"], Role(given["role"]), request.user)
            return _to(request, row, _("Saved."))
        except NotSaved as problem:
            refuse(form, problem)
    return _page(request, row, form, status=422 if form.errors else 200)


@admin_only
@require_POST
def person_switch(request: SignedIn, pk: int) -> HttpResponse:
    """Let them sign in, or no longer."""
    row, to = get_object_or_404(User, pk=pk), request.POST.get("to")
    if to == "on":
        service.switch_on(row, request.user)
        return _to(request, row, _("{name} can sign in again.").format(name=row))
    if to != "off":
        raise Http404
    try:
        service.switch_off(row, request.user)
    except NotSaved as problem:
        return _page(request, row, PersonForm(row), status=422, refused=str(problem))
    return _to(request, row, _("{name} is switched off and signed out everywhere.").format(name=row))


@admin_only
@require_POST
def person_sessions(request: SignedIn, pk: int) -> HttpResponse:
    """End one session, or all."""
    row = get_object_or_404(User, pk=pk)
    ended = service.end_sessions(row, request.user, request.POST.get("session", ""))
    told = ngettext("{n} session ended.", "{n} sessions ended.", ended)
    return _to(request, row, told.format(n=ended) if ended else _("It had ended already."))


@admin_only
@require_POST
def person_password(request: SignedIn, pk: int) -> HttpResponse:
    """Send them a link to set a new password; only where the portal sends mail, since nobody else may see it."""
    row = get_object_or_404(User, pk=pk, is_active=True)
    if not settings.SENDS_MAIL:
        raise Http404
    try:
        service.send_password_link(row, request.user)
    except (OSError, SMTPException):
        return _page(request, row, PersonForm(row), status=422, refused=_("The mail server did not take the mail."))
    return _to(request, row, _("The link is on its way to {email}.").format(email=row.email))


def _page(request: SignedIn, row: User, form: PersonForm, status: int = 200, **more: Any) -> HttpResponse:
    now = User.objects.prefetch_related("teams").get(pk=row.pk)
    own = request.session.session_key
    sessions = [(each, service.handle_of(each), each.pk == own) for each in service.sessions_of(now)]
    context = {
        "person": now, "form": form, "sessions": sessions,
        "currency": portal_currency(), "lines": lines_over(now), "own_budget": now.budgets.first(),
        "months": months_of(now), "unfinished": service.under_way_of(now),
        "entries": lines_about(now.email).select_related("actor")[:LATEST],
    }  # fmt: skip
    return render(request, "generations/person.html", context | more, status=status)


def _to(request: SignedIn, row: User, said: str) -> HttpResponseRedirect:
    """Back to the page; who is no admin any more, or was signed out with the others, is led to where they may be."""
    if row.pk != request.user.pk or User.objects.filter(pk=row.pk, role=Role.ADMIN, is_active=True).exists():
        messages.info(request, said)
        return HttpResponseRedirect(reverse("person", args=[row.pk]), status=303)
    return HttpResponseRedirect(reverse("create"), status=303)

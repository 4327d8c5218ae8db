"""Files that are not kept, for staff: why, since when, and for admins what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from generations.models import Output, User
from generations.services.room import is_full
from generations.services.unarchived import give_up, try_again, unarchived
from generations.views.access import SignedIn, admin_only, staff_only

MOST = 200
AGAIN, NOT_NOW = _("It is tried again now."), _("It is being copied at this moment, or is kept already.")
LET_GO = _("Given up. The job stays, without a copy of its file.")
SETTLED = _("It was settled before, or is kept already.")


@staff_only
@require_safe
def staff_archive(request: SignedIn) -> HttpResponse:
    """What waits, is in trouble or was given up; `?settled=1` shows what an admin let go."""
    settled = request.GET.get("settled") == "1"
    outputs = list(unarchived(settled=settled)[: MOST + 1])
    context = {"outputs": outputs[:MOST], "more": len(outputs) > MOST, "settled": settled, "disk_full": is_full()}
    return render(request, "generations/staff_archive.html", context)


@admin_only
@require_POST
def staff_archive_try(request: SignedIn, pk: int) -> HttpResponse:
    return _acted(request, pk, try_again, str(AGAIN), str(NOT_NOW))


@admin_only
@require_POST
def staff_archive_give_up(request: SignedIn, pk: int) -> HttpResponse:
    return _acted(request, pk, give_up, str(LET_GO), str(SETTLED))


def _acted(request: SignedIn, pk: int, act: Callable[[Output, User], bool], done: str, refused: str) -> HttpResponse:
    """Do it, and answer with the file's own panel, or the page without htmx."""
    rows = Output.objects.select_related("job__author", "job__prompt", "job__provider")
    told = done if act(get_object_or_404(rows, pk=pk), request.user) else refused
    if request.htmx:
        output = get_object_or_404(rows, pk=pk)
        return trigger_client_event(
            render(request, "generations/_staff_archive_item.html", {"output": output}), "say", {"value": told}
        )
    messages.info(request, told)
    return HttpResponseRedirect(reverse("staff-archive"), status=HTTPStatus.SEE_OTHER)

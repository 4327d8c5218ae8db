"""Jobs of unknown outcome and second clips, for staff to settle.

Reviewers look and adopt: the provider's own answer decides then. What rests on a person's word alone (not created,
given up, sent again and perhaps paid twice) is for admins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generations.forms.reconcile import SeenForm, form_for
from generations.models import Job, State, Submission
from generations.services import reconcile as service
from generations.services.budgets import OverBudget
from generations.services.cases import cases, second_clips, unknown_jobs
from generations.services.lookup import NotAdopted, adopt, look_again
from generations.services.paging import Keyset
from generations.services.reconcile import TooLate, may_be_kept
from generations.views.access import SignedIn, staff_only

NEWEST = Keyset(at="created_at", name="key")
PAGE = 20
WRONG = 422

Act = Callable[[SignedIn, Job, SeenForm], str]


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of an act: shown in the job's own panel."""

    kind: str
    text: str
    detail: str = ""


def _look(request: SignedIn, job: Job, form: SeenForm) -> str:
    return look_again(job, form.cleaned_data["number"], request.user)


def _adopt(request: SignedIn, job: Job, form: SeenForm) -> str:
    adopt(job, form.cleaned_data["number"], form.cleaned_data["remote_id"], request.user)
    return _("Adopted: the provider has it, and it renders again.")


def _not_created(request: SignedIn, job: Job, form: SeenForm) -> str:
    service.leave_as_not_created(job, form.cleaned_data["number"], request.user)
    return _("Settled: it was not made and not charged.")


def _give_up(request: SignedIn, job: Job, form: SeenForm) -> str:
    service.give_up(job, form.cleaned_data["number"], request.user)
    return _("Given up. It may have been charged; if its clip turns up, it is shown here.")


def _again(request: SignedIn, job: Job, form: SeenForm) -> str:
    service.submit_again(job, form.cleaned_data["number"], request.user)
    return _("It waits to be sent again. If the first one turns up too, it is shown here.")


ACTS: MappingProxyType[str, tuple[Act, bool]] = MappingProxyType(
    {
        "look": (_look, False),
        "adopt": (_adopt, False),
        "not-created": (_not_created, True),
        "give-up": (_give_up, True),
        "again": (_again, True),
    }
)
"""Each with whether only admins may do it."""


@staff_only
@require_safe
def reconcile(request: SignedIn) -> HttpResponse:
    """Everything that waits for a person: private jobs without text, clip or the provider's words."""
    return _page(request)


@staff_only
@require_POST
def reconcile_act(request: SignedIn, key: UUID, act: str) -> HttpResponse:
    """One act on one job: its own panel comes back, or the page without htmx."""
    do, admins_only = ACTS.get(act, (None, False))
    if do is None:
        raise Http404
    if admins_only and not request.user.is_admin:
        raise PermissionDenied
    job = get_object_or_404(Job, key=key)
    form = form_for(act, request.POST)
    if not form.is_valid():
        return _told(request, job, Notice("is-bad", form.problem), WRONG)
    try:
        said = do(request, job, form)
    except NotAdopted as error:
        return _told(request, job, Notice("is-bad", str(error), error.detail), WRONG)
    except (TooLate, OverBudget) as error:
        return _told(request, job, Notice("is-doubt", str(error)), WRONG)
    return _told(request, job, Notice("is-done", said))


@staff_only
@require_POST
def second_clip(request: SignedIn, pk: int, act: str) -> HttpResponse:
    """Note a second clip, or take it up where its job was given up."""
    do, said = {
        "note": (service.note_second, _("Noted.")),
        "keep": (service.keep_second, _("Taken up: it is looked at again.")),
    }.get(act, (None, ""))
    if do is None:
        raise Http404
    row = get_object_or_404(Submission.objects.select_related("job"), pk=pk)
    try:
        do(row, request.user)
    except (TooLate, OverBudget) as error:
        messages.warning(request, str(error))
        return _page(request, status=WRONG)
    messages.info(request, said)
    return HttpResponseRedirect(reverse("reconcile"), status=303)


def _told(request: SignedIn, job: Job, notice: Notice, status: int = 200) -> HttpResponse:
    if request.htmx:
        found = cases(unknown_jobs().filter(pk=job.pk))
        if found:
            context = {"case": found[0], "notice": notice, "acted_on": job}
            return render(request, "generations/_reconcile_case.html", context, status=status)
        job.refresh_from_db()
        return render(request, "generations/_reconcile_settled.html", {"job": job, "notice": notice}, status=status)
    if status == WRONG or Job.objects.filter(pk=job.pk, state=State.UNKNOWN).exists():
        return _page(request, status, job, notice)
    messages.info(request, notice.text)
    return HttpResponseRedirect(reverse("reconcile"), status=303)


def _page(request: SignedIn, status: int = 200, job: Job | None = None, notice: Notice | None = None) -> HttpResponse:
    page = NEWEST.page(unknown_jobs(), request.GET.get("after", ""), PAGE)
    context = {
        "cases": cases(page.rows),
        "shown": {row.pk for row in page.rows},
        "page": page,
        "acted_on": job,
        "notice": notice,
        "seconds": [(row, price, may_be_kept(row)) for row, price in second_clips()],
    }
    template = "_reconcile_page.html" if request.htmx else "reconcile.html"
    return render(request, f"generations/{template}", context, status=status)

"""What is under way: the reader's own jobs in the tray of every page, and everybody's on the Queue page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.models import Job, Provider, User
from generations.services.running import AT_WORK, in_queue, in_tray, queue_revision, tray_revision
from generations.views.access import SignedIn, signed_in


@dataclass(slots=True)
class Group:
    """Jobs of one provider or one member, as the Queue page puts them together. A removed provider is None."""

    name: str
    provider: Provider | None = None
    member: User | None = None
    jobs: list[Job] = field(default_factory=list)

    @property
    def running(self) -> int:
        return sum(job.state in AT_WORK for job in self.jobs)

    @property
    def waiting(self) -> int:
        return len(self.jobs) - self.running


@signed_in
@require_safe
def tray(request: SignedIn) -> HttpResponse:
    """The tray's list and, out of band, the counts around it; 204 when the page shows this revision."""
    held = request.GET.get("rev")
    if held and held == tray_revision(request.user):
        return HttpResponse(status=204)
    return render(request, "generations/_tray.html", {"tray": in_tray(request.user), "oob": True})


@signed_in
@require_safe
def queue(request: SignedIn) -> HttpResponse:
    """Everything in flight; its live part alone for htmx, and 204 when the page shows this revision."""
    held = request.GET.get("rev")
    if request.htmx and held and held == queue_revision(request.user):
        return HttpResponse(status=204)
    by, listed = "member" if request.GET.get("by") == "member" else "provider", in_queue(request.user)
    context = {"by": by, "listed": listed, "groups": _groups(listed.jobs, by)}
    return render(request, f"generations/{'_queue' if request.htmx else 'queue'}.html", context)


def _groups(jobs: Iterable[Job], by: str) -> list[Group]:
    """By name; in each what is at work first, then the line in its order."""
    groups: dict[object, Group] = {}
    for job in sorted(jobs, key=_turn):
        of_member = by == "member"
        key = job.author_id if of_member else job.provider_id or job.provider_name
        groups.setdefault(key, _of_member(job) if of_member else _of_provider(job)).jobs.append(job)
    return sorted(groups.values(), key=lambda group: group.name.casefold())


def _turn(job: Job) -> tuple[bool, int]:
    """The sort is stable, so within a turn the oldest stays first; one that awaits approval has no place."""
    waits = job.state not in AT_WORK
    return waits, (job.place or 1_000_000) if waits else 0


def _of_member(job: Job) -> Group:
    return Group(str(job.author), member=job.author)


def _of_provider(job: Job) -> Group:
    return Group(job.provider.name if job.provider else job.provider_name, provider=job.provider)

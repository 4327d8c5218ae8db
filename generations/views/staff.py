"""What reviewers and admins see of everybody's jobs: the table, one of its rows opened, and the table as a file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from generations.forms.job_table import JobTableFilter
from generations.models import Job, Provider
from generations.services.job_sheet import sheet
from generations.services.job_table import counts, lines
from generations.services.job_table_file import table_file
from generations.services.job_table_plan import MOST
from generations.services.line import placed
from generations.services.rates import portal_currency
from generations.views.access import SignedIn, staff_only

PAGE = 50


@staff_only
@require_safe
def staff_jobs(request: SignedIn) -> HttpResponse:
    """All jobs or one queue. Of private ones state, people and money; "load more" by htmx gets only the next rows."""
    filters = JobTableFilter(request.GET, request.user)
    jobs, order = filters.search()
    cards = Job.objects.for_cards(request.user)
    page = order.page(jobs, request.GET.get("after", ""), PAGE, full=cards)
    context = {"page": page, "lines": lines(page.rows, request.user), "filters": filters, "currency": portal_currency()}
    if request.htmx:
        return render(request, "generations/_staff_jobs_page.html", context)
    paused = Provider.objects.filter(enabled=True).exclude(paused_reason="")
    around = {"counts": counts(request.user), "paused": paused, "most": MOST}
    return render(request, "generations/staff_jobs.html", context | around)


@staff_only
@require_safe
def staff_job(request: SignedIn, key: UUID) -> HttpResponse:
    """One job as staff see it: a page, and for htmx the drawer beside the table."""
    job = get_object_or_404(Job.objects.for_cards(request.user).select_related("reference"), key=key)
    placed([job])
    template = "_staff_job.html" if request.htmx else "staff_job.html"
    context = {"job": job, "sheet": sheet(job, request.user), "currency": portal_currency()}
    return render(request, f"generations/{template}", context)


@staff_only
@require_safe
def staff_jobs_export(request: SignedIn) -> HttpResponseBase:
    """All that the table's filters leave, by the same words in the URL."""
    filters = JobTableFilter(request.GET, request.user)
    jobs, order = filters.search()
    name = f"jobs-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    text = table_file(jobs, order, request.user)
    return StreamingHttpResponse(text, headers=headers, content_type="text/csv; charset=utf-8")

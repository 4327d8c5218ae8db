"""The audit log, for admins: a page that is filtered by its URL, and the same lines as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from generations.forms.audit import AuditFilter
from generations.models import AuditEntry
from generations.services.audit_log import NEWEST, audit_file, places
from generations.views.access import SignedIn, admin_only

PAGE = 50
KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@admin_only
@require_safe
def staff_audit(request: SignedIn) -> HttpResponse:
    """Newest first; "load more" by htmx gets only the next lines."""
    filters = AuditFilter(request.GET)
    entries = AuditEntry.objects.select_related("actor")
    page = NEWEST.page(entries, request.GET.get("after", ""), PAGE, filters.where)
    template = "_audit_page.html" if request.htmx else "staff_audit.html"
    context = {"page": page, "filters": filters, "places": places(page.rows, request.user)}
    return render(request, f"generations/{template}", context)


@admin_only
@require_safe
def staff_audit_export(request: SignedIn, kind: str) -> HttpResponseBase:
    """The lines that the page's filters leave, by the same words in the URL."""
    if kind not in KINDS:
        raise Http404
    text = audit_file(AuditEntry.objects.filter(AuditFilter(request.GET).where), kind)
    name = f"audit-{timezone.localdate():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(text, headers=headers, content_type=KINDS[kind])

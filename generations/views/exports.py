"""The library and the prompts as files, streamed row by row: what the reader sees, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generations.forms.library import LibraryFilter
from generations.models import Job
from generations.services.export import FORMATS, jobs_file, prompts_file
from generations.views.access import SignedIn, signed_in


@signed_in
@require_safe
def library_export(request: SignedIn, kind: str) -> HttpResponseBase:
    """The jobs that the library's filters leave, by the same words in the URL."""
    filters = LibraryFilter(request.GET, request.user)
    jobs, _ = filters.search(Job.objects.visible_to(request.user).on_the_shelf())
    return _file("library", kind, jobs_file(jobs.filter(filters.where), kind))


@signed_in
@require_safe
def prompts_export(request: SignedIn, kind: str) -> HttpResponseBase:
    return _file("prompts", kind, prompts_file(request.user, kind))


def _file(stem: str, kind: str, text: Iterator[str]) -> HttpResponseBase:
    if kind not in FORMATS:
        raise Http404
    name = f"{stem}-{timezone.localdate():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(text, headers=headers, content_type=FORMATS[kind])

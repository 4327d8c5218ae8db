"""The kept files. Who may see the job may see its clip; names and types are ours."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseFileResponse
from whitenoise.responders import MissingFileError, Response, SlicedFile, StaticFile

from generations.models import Job, Output
from generations.services.clipnames import own_name, plain_name
from generations.services.files import link
from generations.services.trash import may_play
from generations.views.access import Removed, SignedIn, signed_in

POSTER_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
REMOVED = _("The clip was removed for good after its time in the trash. Its prompt and settings are kept.")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REMEMBERED = timedelta(minutes=10)


class KeptFile(StaticFile):  # type: ignore[misc]
    """A file served whole or by one range of it, a single byte included, which WhiteNoise's own reader refuses."""

    def get_range_response(self, range_header: str, base_headers: list[tuple[str, str]], file_handle: Any) -> Response:
        size = int(dict(base_headers)["Content-Length"])
        start, end = self.get_byte_range(range_header, size)
        if start > end:
            return self.get_range_not_satisfiable_response(file_handle, size)
        headers = [(name, value) for name, value in base_headers if name != "Content-Length"]
        headers += [("Content-Range", f"bytes {start}-{end}/{size}"), ("Content-Length", str(end - start + 1))]
        sliced = SlicedFile(file_handle, start, end) if file_handle else None
        return Response(HTTPStatus.PARTIAL_CONTENT, headers, sliced)


@signed_in
@require_safe
def job_clip(request: SignedIn, key: UUID) -> HttpResponseBase:
    """The clip, with Range, so that a player can seek; `?download=1` saves it under a readable name."""
    job, output = _stored(request, key)
    disposition = _attached(job) if "download" in request.GET else ""
    return serve(request, output.clip, "video/mp4", HOUR, disposition)


@signed_in
@require_safe
def job_poster(request: SignedIn, key: UUID) -> HttpResponseBase:
    return poster(request, _stored(request, key)[1], DAY)


def poster(request: HttpRequest, output: Output, kept: timedelta) -> HttpResponseBase:
    """The still picture of a clip that may be seen; 404 where it has none."""
    kind = POSTER_TYPES.get(PurePath(output.poster.name or "").suffix)
    if kind is None:
        raise Http404
    return serve(request, output.poster, kind, kept)


def _stored(request: SignedIn, key: UUID) -> tuple[Job, Output]:
    jobs = Job.objects.visible_to(request.user).select_related("prompt", "cover")
    job = get_object_or_404(jobs, key=key)
    if job.purged_at:
        raise Removed(REMOVED)
    if job.clip is None or not job.clip.clip or not may_play(job, request.user):
        raise Http404
    return job, job.clip


def _attached(job: Job) -> str:
    """A telling name in letters every system has and, where that says less, in the prompt's own (RFC 6266)."""
    plain, own = plain_name(job), own_name(job)
    also = f"; filename*=UTF-8''{quote(own, safe='')}" if own != plain else ""
    return f'attachment; filename="{plain}"{also}'


def serve(request: HttpRequest, file: FieldFile, kind: str, kept: timedelta, disposition: str = "") -> HttpResponseBase:
    """A stored file that may be seen: itself, or the way to the storage that keeps it."""
    try:
        elsewhere = link(file, kind, disposition, request.method or "GET")
    except FileNotFoundError as error:
        raise Http404 from error
    if not elsewhere:
        return _own(request, file, _fixed(kind, kept) + ([("Content-Disposition", disposition)] if disposition else []))
    response = HttpResponseRedirect(elsewhere)
    # Well within the life of the link, so that a page with many posters asks once.
    response["Cache-Control"] = f"private, max-age={int(REMEMBERED.total_seconds())}"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _own(request: HttpRequest, file: FieldFile, headers: list[tuple[str, str]]) -> HttpResponseBase:
    """The file or the asked range of it, with WhiteNoise's headers and ours and no others."""
    try:
        answer = KeptFile(file.path, headers).get_response(request.method, request.META)
    except (MissingFileError, FileNotFoundError) as error:
        raise Http404 from error
    response: HttpResponseBase = WhiteNoiseFileResponse(answer.file or (), status=int(answer.status))
    for name in list(response.headers):
        del response[name]
    for name, value in answer.headers:
        response[name] = value
    return response


def _fixed(kind: str, kept: timedelta) -> list[tuple[str, str]]:
    """The type is ours, nothing in the file may run, and only the reader's own browser keeps it."""
    return [
        ("Content-Type", kind),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", f"private, max-age={int(kept.total_seconds())}"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("X-Content-Type-Options", "nosniff"),
    ]

"""The kept files. Who may see the job may see its clip; names and types are ours."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseFileResponse
from whitenoise.responders import MissingFileError, Response, SlicedFile, StaticFile

from generations.models import Job, Output
from generations.views.access import SignedIn, signed_in

POSTER_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
    headers = [("Content-Disposition", f'attachment; filename="{_name(job)}"')] if "download" in request.GET else []
    return _serve(request, output.clip.path, "video/mp4", HOUR, headers)


@signed_in
@require_safe
def job_poster(request: SignedIn, key: UUID) -> HttpResponseBase:
    _, output = _stored(request, key)
    kind = POSTER_TYPES.get(PurePath(output.poster.name or "").suffix)
    if kind is None:
        raise Http404
    return _serve(request, output.poster.path, kind, DAY, [])


def _stored(request: SignedIn, key: UUID) -> tuple[Job, Output]:
    jobs = Job.objects.visible_to(request.user).select_related("prompt", "cover")
    job = get_object_or_404(jobs, key=key)
    if job.clip is None or not job.clip.clip:
        raise Http404
    return job, job.clip


def _name(job: Job) -> str:
    words = slugify(job.prompt.text)[:40].strip("-")
    return "-".join(filter(None, ["sora-portal", words, job.key.hex[:8]])) + ".mp4"


def _serve(
    request: SignedIn, path: str, kind: str, kept: timedelta, headers: list[tuple[str, str]]
) -> HttpResponseBase:
    """The file or the asked range of it, with WhiteNoise's headers and ours and no others."""
    try:
        answer = KeptFile(path, _fixed(kind, kept) + headers).get_response(request.method, request.META)
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

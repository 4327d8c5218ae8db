"""Reference images: adding one, seeing how it will be fitted, and the link a provider fetches."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from generations.forms.compose import added
from generations.forms.extras import reference_box
from generations.forms.options import Chosen, options
from generations.models import Fit, Job, Reference
from generations.services.delivery import signed_job
from generations.services.offer import offer_for
from generations.services.previews import is_preview_size, job_image, preview
from generations.services.references import NotUsable, NotUsableNow
from generations.views.access import SignedIn, signed_in
from generations.views.media import HOUR, serve

BUSY = 503
AGAIN = 5  # seconds after which an image that was not made may be asked for again


@signed_in
@require_POST
def reference_add(request: SignedIn) -> HttpResponse:
    """The composer's part for images, with the one that was sent or fetched.

    Else with the reason: 422 when it is no good, 503 when the portal has its hands full.
    """
    if not request.user.can_create:
        raise PermissionDenied
    shown, problem, status = options(offer_for(request.user), Chosen.read(request.POST.dict())), "", 200
    if shown is None:
        raise Http404
    data = request.POST.dict()
    try:
        image = added(request.user, request.FILES.get("reference_file"), data.get("reference_url", ""))
        data["reference"] = str(image.key) if image else data.get("reference", "")
    except NotUsable as error:
        problem, status = str(error), BUSY if isinstance(error, NotUsableNow) else 422
    box = reference_box(request.user, shown, Chosen.read(data), problem)
    answer = render(request, "generations/_reference.html", {"box": box}, status=status)
    return _later(answer) if status == BUSY else answer


@signed_in
@require_safe
def reference_thumb(request: SignedIn, key: UUID) -> HttpResponseBase:
    """A small square of the image."""
    image = get_object_or_404(Reference.objects.visible_to(request.user), key=key)
    if not image.thumb:
        raise Http404
    kind = "image/png" if str(image.thumb.name).endswith("png") else "image/jpeg"
    return serve(request, image.thumb, kind, HOUR)


@signed_in
@require_safe
def reference_preview(request: SignedIn, key: UUID) -> HttpResponseBase:
    """The image as it will be fitted, in small: `fit`, `w` and `h` say how, in a size that is offered."""
    image = get_object_or_404(Reference.objects.visible_to(request.user), key=key)
    fit, size = request.GET.get("fit", ""), (_side(request, "w"), _side(request, "h"))
    if fit not in Fit.values or not is_preview_size(size):
        raise Http404
    return _answer(lambda: preview(image, fit, size))


@require_safe
def reference_link(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A job's image for its provider: whoever has the signed link sees it, for a day."""
    job = signed_job(signed)
    if job is None:
        raise Http404
    return _answer(lambda: job_image(job, for_provider=True))


@signed_in
@require_safe
def job_reference(request: SignedIn, key: UUID) -> HttpResponseBase:
    """A job's image as its provider got it, or gets it once somebody approved."""
    seen = Job.objects.visible_to(request.user) | Job.objects.to_judge(request.user)
    job = get_object_or_404(seen.select_related("reference"), key=key)
    return _answer(lambda: job_image(job))


def _side(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise Http404
    return int(text)


def _answer(make: Callable[[], tuple[bytes, str]]) -> HttpResponseBase:
    """The picture; 404 when there is none, 503 while it cannot be read: a provider that fetches it may come again."""
    try:
        return _image(*make())
    except NotUsableNow as error:
        return _later(HttpResponse(str(error), status=BUSY, content_type="text/plain; charset=utf-8"))
    except NotUsable as error:
        raise Http404 from error


def _later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"], response["Cache-Control"] = str(AGAIN), "no-store"
    return response


def _image(content: bytes, kind: str) -> HttpResponseBase:
    return _private(HttpResponse(content, content_type=kind))


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """Kept by the reader's own browser only; nothing in the file may run."""
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response

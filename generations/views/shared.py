"""What people outside see who were given a link: one clip, and nothing of the portal around it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.models import Output, Share
from generations.services.shares import count, found
from generations.views.media import poster, serve

Shown = Callable[[HttpRequest, Share, Output], HttpResponseBase]
View = Callable[[HttpRequest, str], HttpResponseBase]
AT_ONCE = timedelta(0)


def outside(view: Shown) -> View:
    """Opens the link. Unknown, over, revoked, trashed, switched off: the same page, which tells no more than that.

    No answer is indexed, kept, or tells another site where the reader came from.
    """

    @require_safe
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponseBase:
        response = _answer(request, found(token), view)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "no-referrer"
        # A revoked link ends at once, also in the browser that opened it.
        response["Cache-Control"] = "private, no-store"
        return response

    return opened


def _answer(request: HttpRequest, share: Share | None, view: Shown) -> HttpResponseBase:
    clip = share.job.clip if share else None
    with suppress(Http404):  # of a file that is lost
        if share and clip:
            return view(request, share, clip)
    return render(request, "outside/gone.html", status=404)


@outside
def shared(request: HttpRequest, share: Share, clip: Output) -> HttpResponseBase:
    """The player, and the prompt where its sharer wished that."""
    if request.method == "GET":
        count(share)
    context = {"clip": clip, "prompt": share.job.prompt.text if share.with_prompt else "", "share": share}
    return render(request, "outside/clip.html", context)


@outside
def shared_clip(request: HttpRequest, share: Share, clip: Output) -> HttpResponseBase:
    return serve(request, clip.clip, "video/mp4", AT_ONCE)


@outside
def shared_poster(request: HttpRequest, share: Share, clip: Output) -> HttpResponseBase:
    return poster(request, clip, AT_ONCE)

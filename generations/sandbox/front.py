"""From a request to its reply: the dialects' routes, the files, the counts, and a page for everything else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace

from generations.sandbox import mingyan, newapi, openai_videos, uniall, unified, v2
from generations.sandbox.files import send_clip
from generations.sandbox.house import House
from generations.sandbox.messages import Reply, Request, html_reply, json_reply, text_reply
from generations.sandbox.page import dashboard
from generations.sandbox.routes import Route

# The first dialect whose route answers wins. The mount a dialect keeps to itself has to stand before the others.
DIALECTS = {
    "mingyan": mingyan.ROUTES,
    "uniall": uniall.ROUTES,
    "unified": unified.ROUTES,
    "v2_generations": v2.ROUTES,
    "openai_videos": openai_videos.ROUTES,
}

# Hosts serve the same API below paths of their own; what stands before the API's path is the mount.
MOUNTED = re.compile(r"((?:/[\w.-]+)*?)(/(?:sora/v1|v1|v2)(?:/.*)?)")


def stats(request: Request, house: House, _: str) -> Reply:
    """GET /sandbox/stats: what was counted since the start; only for callers on this machine."""
    if not ipaddress.ip_address(request.caller).is_loopback:
        return text_reply(403, "Only for callers on the sandbox's own machine.")
    return json_reply(200, house.tally.as_dict() | {"jobs": len(house.store.all())})


def unknown_video(request: Request, house: House, _: str) -> Reply:
    """GET /v1/videos/{id} for an id that no dialect knows, in the words of the largest family."""
    newapi.check_key(request, house.key)
    raise newapi.task_error(400, "task_not_exist", "task_not_exist")


OWN_ROUTES = (
    Route("GET", re.compile(r"/files/([\w-]+)\.mp4"), send_clip),
    Route("GET", re.compile(r"/files/.*"), lambda *_: text_reply(404, "There is no such file.")),
    Route("GET", re.compile(r"/sandbox/stats"), stats),
)
LAST_ROUTES = (
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), openai_videos.query_nobodys),
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), unknown_video),
)


def answer(request: Request, house: House) -> Reply:
    """The reply to any request at all."""
    routes = (*OWN_ROUTES, *(route for routes in DIALECTS.values() for route in routes), *LAST_ROUTES)
    request = unmounted(request)
    try:
        for route in routes:
            reply = route.try_answer(request, house)
            if reply is not None:
                return reply
    except newapi.RequestError as refusal:
        return refusal.reply
    if request.path == "/v1" or request.path.startswith("/v1/"):
        return newapi.unknown_route(request)
    return html_reply(200, dashboard(tuple(DIALECTS)))


def unmounted(request: Request) -> Request:
    """The request with its mount told apart from its path."""
    match = MOUNTED.fullmatch(request.path)
    return replace(request, mount=match[1], path=match[2]) if match else request

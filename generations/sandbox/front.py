"""From a request to its reply: the dialects' routes, the files, the counts, and a page for everything else."""

from __future__ import annotations

import ipaddress
import re

from generations.sandbox import newapi, uniall
from generations.sandbox.files import send_clip
from generations.sandbox.house import House
from generations.sandbox.messages import Reply, Request, html_reply, json_reply, text_reply
from generations.sandbox.page import dashboard
from generations.sandbox.routes import Route

DIALECTS = {"uniall": uniall.ROUTES}


def stats(request: Request, house: House, _: str) -> Reply:
    """GET /sandbox/stats: what was counted since the start; only for callers on this machine."""
    if not ipaddress.ip_address(request.caller).is_loopback:
        return text_reply(403, "Only for callers on the sandbox's own machine.")
    return json_reply(200, house.tally.as_dict() | {"jobs": len(house.store.all())})


OWN_ROUTES = (
    Route("GET", re.compile(r"/files/([\w-]+)\.mp4"), send_clip),
    Route("GET", re.compile(r"/files/.*"), lambda *_: text_reply(404, "There is no such file.")),
    Route("GET", re.compile(r"/sandbox/stats"), stats),
)
ROUTES = (*OWN_ROUTES, *(route for routes in DIALECTS.values() for route in routes))


def answer(request: Request, house: House) -> Reply:
    """The reply to any request at all."""
    try:
        for route in ROUTES:
            reply = route.try_answer(request, house)
            if reply is not None:
                return reply
    except newapi.RequestError as refusal:
        return refusal.reply
    if request.path == "/v1" or request.path.startswith("/v1/"):
        return newapi.unknown_route(request)
    return html_reply(200, dashboard(tuple(DIALECTS)))

"""The mingyan dialect as a server speaks it, under the paths of its current host and of the older one.

The prefix of the path tells them apart: `/older` is the older host, no prefix or any other the current one.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from generations.sandbox import mishaps, newapi
from generations.sandbox.answers import shape
from generations.sandbox.body import prompt_in
from generations.sandbox.desk import take
from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.mingyan_order import CURRENT, OLDER, SLUG, read_order
from generations.sandbox.newapi import RequestError
from generations.sandbox.routes import Route

OWN_MOUNT, OLDER_MOUNT = "/kyyReactApiServer", "/older"
PRICE = 0.18  # of one second, in a unit the documents do not name
WORDS = {
    Stage.QUEUED: "queued",
    Stage.RENDERING: "processing",
    Stage.COMPLETED: "completed",
    Stage.FAILED: "failed",
}


def refusal(status: int, code: str, message: str, /, **headers: str) -> RequestError:
    """An error that is nothing but a sentence; the family's code is not told."""
    text = "invalid api key" if status == 401 else message
    return RequestError(json_reply(status, {"error": text}, **headers))


def create(request: Request, house: House, _: str) -> Reply:
    """POST /v1/sora/videos: a job, or a refusal."""
    house.tally.posted(prompt_in(request.body))
    newapi.check_key(request, house.key, refusal)
    asked = read_order(request, refusal, OLDER if request.mount == OLDER_MOUNT else CURRENT)
    job = take(asked, f"sora_{secrets.token_hex(12)}", house, refusal)
    return mishaps.spoil(json_reply(200, _common(job, WORDS[Stage.QUEUED])), asked.directives)


def query(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/result/{id}: how the job is going, on the current host."""
    return None if request.mount == OLDER_MOUNT else _told(request, house, job_id)


def query_older(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/videos/{id}: the same on the older host."""
    return _told(request, house, job_id) if request.mount == OLDER_MOUNT else None


def no_handler(request: Request, house: House, _: str) -> Reply | None:
    """Any other path below the prefix of the provider's own host."""
    if request.mount not in (OWN_MOUNT, OLDER_MOUNT):
        return None
    return json_reply(404, {"message": f"No handler found for {request.method} {request.mount}{request.path}"})


ROUTES = (
    Route("POST", re.compile(r"/v1/sora/videos"), create),
    Route("GET", re.compile(r"/v1/result/([^/]+)"), query),
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), query_older),
    *(Route(method, re.compile(r".*"), no_handler) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)


def _told(request: Request, house: House, job_id: str) -> Reply:
    newapi.check_key(request, house.key, refusal)
    job = house.find(SLUG, job_id)
    moment = house.look(job) if job else None
    if job is None or moment is None or moment.stage is Stage.VANISHED:
        raise refusal(404, "task_not_exist", "task not found")
    body = _common(job, WORDS[moment.stage]) | _result(job, moment, request.origin)
    return shape(job, moment, _wrapped(body) if "wrapped" in job.directives else body, house, refusal)


def _common(job: Job, word: str) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": "video.generation",
        "created": int(job.created_at),
        "model": job.order.model,
        "status": word,
    }


def _result(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    if moment.stage is not Stage.COMPLETED:
        return {"video_url": None, "error": moment.reason or None}
    seconds = job.order.seconds
    return {
        "video_url": job.url(origin),
        "actualDuration": seconds,
        "amount": round(seconds * PRICE, 2),
        "error": None,
    }


def _wrapped(body: dict[str, Any]) -> dict[str, Any]:
    """The form of the provider's newer route: fewer keys, in `data`, and another name for the URL."""
    renamed = body | {"result_url": body["video_url"]}
    names = ("id", "status", "result_url", "actualDuration", "amount", "error")
    return {"data": {name: renamed[name] for name in names if renamed.get(name) is not None}}

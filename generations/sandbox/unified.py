"""The unified video dialect as a server speaks it: /v1/video/create and two ways to ask about a job."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from generations.sandbox import mishaps, newapi
from generations.sandbox.answers import shape
from generations.sandbox.body import prompt_in
from generations.sandbox.desk import take
from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.newapi import RequestError
from generations.sandbox.routes import Route
from generations.sandbox.unified_order import SLUG, read_order

UPSTREAM_MODEL = "sy_8"
UPSTREAM_RATE = 30  # frames a second of the clips the upstream counts in
WORDS = {
    Stage.QUEUED: "pending",
    Stage.RENDERING: "processing",
    Stage.COMPLETED: "completed",
    Stage.FAILED: "failed",
}


def refusal(status: int, code: str, message: str, /, **headers: str) -> RequestError:
    """An error object, as these hosts write every refusal but that of an unknown task."""
    if code in newapi.GATEWAY_CODES:
        return newapi.gateway_error(status, code, message, **headers)
    error = {"message": message, "type": "new_api_error", "param": "", "code": code}
    return RequestError(json_reply(status, {"error": error}, **headers))


def create(request: Request, house: House, _: str) -> Reply:
    """POST /v1/video/create: a job, or a refusal."""
    house.tally.posted(prompt_in(request.body))
    newapi.check_key(request, house.key, refusal)
    asked = read_order(request, refusal)
    job = take(asked, f"{asked.order.model}:task_{secrets.token_hex(13)}", house, refusal)
    created = {"id": job.id, "status": WORDS[Stage.QUEUED], "status_update_time": _milliseconds(job.created_at)}
    return mishaps.spoil(json_reply(200, created), asked.directives)


def query(request: Request, house: House, _: str) -> Reply:
    """GET /v1/video/query?id=: how the job is going. The id is the create's, with the model in front."""
    newapi.check_key(request, house.key, refusal)
    job_id = parse_qs(request.query).get("id", [""])[0]
    if not job_id:
        raise refusal(400, "invalid_request", "id is required")
    return _told(request, house, house.find(SLUG, job_id))


def query_by_path(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/videos/{id}: the same for a job of this dialect; the path belongs to others, too."""
    job = house.find(SLUG, job_id)
    if job is None:
        return None
    newapi.check_key(request, house.key, refusal)
    return _told(request, house, job)


ROUTES = (
    Route("POST", re.compile(r"/v1/video/create"), create),
    Route("GET", re.compile(r"/v1/video/query"), query),
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), query_by_path),
)


def _told(request: Request, house: House, job: Job | None) -> Reply:
    moment = house.look(job) if job else None
    if job is None or moment is None or moment.stage is Stage.VANISHED:
        raise newapi.task_error(400, "task_not_exist", "task_not_exist")
    return shape(job, moment, _answer(job, moment, request.origin), house, refusal)


def _answer(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    done = moment.stage is Stage.COMPLETED
    body = {
        "id": _bare_id(job),
        "object": "video",
        "model": job.order.model,
        "status": WORDS[moment.stage],
        "progress": str(moment.progress),
        "created_at": int(job.created_at),
        "size": job.order.details["size"],
        "video_url": job.url(origin) if done else None,
        "enhanced_prompt": job.order.prompt if done else "",
        "status_update_time": _milliseconds(_changed_at(job, moment)),
        "detail": _detail(job, moment),
    }
    return body | {"error": moment.reason} if moment.stage is Stage.FAILED else body


def _detail(job: Job, moment: Moment) -> dict[str, Any]:
    """What the gateway passes on from its upstream; while rendering, that is the only exact progress."""
    asked = job.order.details
    given = {name: asked[name] for name in ("size", "images", "orientation")}
    detail = {
        "id": _bare_id(job),
        "input": given | {"model": job.order.model, "prompt": job.order.prompt},
        "status": WORDS[moment.stage],
    }
    return detail | {"pending_info": _pending(job, moment)} if moment.stage is Stage.RENDERING else detail


def _pending(job: Job, moment: Moment) -> Mapping[str, Any]:
    order = job.order
    return {
        "id": _bare_id(job),
        "type": "video_gen",
        "model": UPSTREAM_MODEL,
        "width": order.width,
        "height": order.height,
        "prompt": order.prompt,
        "status": "processing",
        "n_frames": order.seconds * UPSTREAM_RATE,
        "created_at": datetime.fromtimestamp(job.created_at, UTC).isoformat().replace("+00:00", "Z"),
        "generations": [],
        "progress_pct": moment.progress / 100,
    }


def _bare_id(job: Job) -> str:
    """The id as answers give it: without the model, and of no use for the next query."""
    return job.id.partition(":")[2]


def _changed_at(job: Job, moment: Moment) -> float:
    if moment.stage is Stage.QUEUED:
        return job.created_at
    return job.created_at + job.queue_seconds if moment.stage is Stage.RENDERING else job.completes_at


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

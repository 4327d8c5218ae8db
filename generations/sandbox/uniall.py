"""The UniAll dialect as a server speaks it: create, query and the list of models. Nothing beyond the documents."""

from __future__ import annotations

import re
from typing import Any

from generations.catalogue import models_of
from generations.sandbox import mishaps, newapi
from generations.sandbox.answers import shape
from generations.sandbox.body import prompt_in
from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.routes import Route
from generations.sandbox.tally import prompt_key
from generations.sandbox.uniall_order import SLUG, read_order

OBJECT = "video.generation.job"
SHORT_MODEL = "sora2"  # answers never repeat the model that was asked for
MODELS_SINCE = 1770405483
WORDS = {
    Stage.QUEUED: "queued",
    Stage.RENDERING: "in_progress",
    Stage.COMPLETED: "completed",
    Stage.FAILED: "failed",
}


def create(request: Request, house: House, _: str) -> Reply:
    """POST /v1/video/generations: a job, or one of the documented refusals."""
    house.tally.posted(prompt_in(request.body))
    newapi.check_key(request, house.key)
    order, directives = read_order(request)
    mishaps.refuse(directives, prompt_key(order.prompt), house, newapi.family_error)
    job = house.take(order, "gen_")
    return mishaps.spoil(_created(job), directives)


def query(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/videos/{id}: how a job of this dialect is going; the path belongs to others, too."""
    job = house.find(SLUG, job_id)
    if job is None:
        return None
    newapi.check_key(request, house.key)
    moment = house.look(job)
    if moment.stage is Stage.VANISHED:
        raise newapi.task_error(400, "task_not_exist", "task_not_exist")
    return shape(job, moment, _answer(job, moment, request.origin), house)


def models(request: Request, house: House, _: str) -> Reply:
    """GET /v1/models: the catalogue's ids as an OpenAI list."""
    newapi.check_key(request, house.key)
    rows = [
        {"id": model.slug, "object": "model", "created": MODELS_SINCE, "owned_by": "sora-portal-sandbox"}
        for model in models_of(SLUG)
    ]
    return json_reply(200, {"object": "list", "data": rows})


ROUTES = (
    Route("POST", re.compile(r"/v1/video/generations"), create),
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), query),
    Route("GET", re.compile(r"/v1/models"), models),
)


def _created(job: Job) -> Reply:
    body = {
        "id": job.id,
        "object": OBJECT,
        "model": SHORT_MODEL,
        "status": "queued",
        "progress": 0,
        "created_at": int(job.created_at),
        "seconds": str(job.order.seconds),
    }
    return json_reply(200, body)


def _answer(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    common = _common(job, moment)
    if moment.stage is Stage.COMPLETED:
        return common | _result(job, origin)
    return common | _failure(moment) if moment.stage is Stage.FAILED else common


def _common(job: Job, moment: Moment) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": OBJECT,
        "model": SHORT_MODEL,
        "prompt": job.order.prompt,
        "status": WORDS[moment.stage],
        "progress": moment.progress,
        "video_url": None,
        "created_at": int(job.created_at),
        "thumbnail_url": None,
    }


def _result(job: Job, origin: str) -> dict[str, Any]:
    """A completed job's part of the answer. `duration` is the time it took, not the clip's length."""
    total = job.queue_seconds + job.render_seconds
    return {
        "duration": int(total),
        "metadata": {"total_time": round(total, 9), "predict_time": round(job.render_seconds, 9)},
        "video_url": job.url(origin),
    }


def _failure(moment: Moment) -> dict[str, Any]:
    return {"error": {"code": "task_failed", "message": moment.reason}, "message": moment.reason}

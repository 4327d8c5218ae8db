"""The UniAll dialect as a server speaks it: create, query and the list of models. Nothing beyond the documents."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from generations.catalogue import models_of
from generations.sandbox import newapi
from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.routes import Route
from generations.sandbox.tally import prompt_key
from generations.sandbox.uniall_order import SLUG, prompt_in, read_order

OBJECT = "video.generation.job"
SHORT_MODEL = "sora2"  # answers never repeat the model that was asked for
MODELS_SINCE = 1770405483
LATE_ANSWERS = 2
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
    _refuse_on_request(directives, prompt_key(order.prompt), house)
    job = house.take(order, "gen_")
    return _spoil(_created(job), directives)


def query(request: Request, house: House, job_id: str) -> Reply:
    """GET /v1/videos/{id}: how the job is going."""
    newapi.check_key(request, house.key)
    job = house.find(SLUG, job_id)
    moment = house.look(job) if job else None
    if job is None or moment is None or moment.stage is Stage.VANISHED:
        raise newapi.task_error(400, "task_not_exist", "task_not_exist")
    if moment.stage is Stage.COMPLETED:
        return json_reply(200, _common(job, moment) | _result(job, request, house))
    if moment.stage is Stage.FAILED:
        return json_reply(200, _common(job, moment) | _failure(moment))
    return json_reply(200, _common(job, moment))


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


def _refuse_on_request(directives: dict[str, float], prompt: str, house: House) -> None:
    """The refusals a prompt asks for. Nothing is made."""
    if "moderation" in directives:
        raise newapi.task_error(400, "content_policy_violation", "content policy violation: the prompt was rejected")
    if "quota" in directives:
        raise newapi.task_error(403, "insufficient_user_quota", "user quota is not enough, remaining: $0.00")
    if "rate-limit" in directives and house.tally.nth("rate-limit", prompt) <= directives["rate-limit"]:
        message = "upstream load of the current group is saturated, try again later"
        raise newapi.task_error(429, "fail_to_fetch_task", message, Retry_After="1")
    if "overloaded" in directives and house.tally.nth("overloaded", prompt) == 1:
        message = "all channels of this group are busy, try again later"
        raise newapi.gateway_error(503, "model_not_found", message, Retry_After="1")


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


def _spoil(reply: Reply, directives: dict[str, float]) -> Reply:
    """The answer as the prompt wants it to arrive, the job having been made."""
    if "lost-answer" in directives:
        return replace(reply, lost=True)
    if "error-500" in directives:
        reply = newapi.bad_gateway()
    if "garbled" in directives:
        reply = replace(reply, body=reply.body[: len(reply.body) // 2])
    return replace(reply, wait=directives.get("hang", 0.0))


def _common(job: Job, moment: Moment) -> dict[str, Any]:
    rendering_oddly = moment.stage is Stage.RENDERING and "unknown-word" in job.directives
    return {
        "id": job.id,
        "object": OBJECT,
        "model": SHORT_MODEL,
        "prompt": job.order.prompt,
        "status": "marinating" if rendering_oddly else WORDS[moment.stage],
        "progress": moment.progress,
        "video_url": None,
        "created_at": int(job.created_at),
        "thumbnail_url": None,
    }


def _result(job: Job, request: Request, house: House) -> dict[str, Any]:
    """A completed job's part of the answer. `duration` is the time it took, not the clip's length."""
    total = job.queue_seconds + job.render_seconds
    return {
        "duration": int(total),
        "metadata": {"total_time": round(total, 9), "predict_time": round(job.render_seconds, 9)},
        "video_url": f"{request.origin}/files/{job.token}.mp4" if _shows_url(job, house) else None,
    }


def _shows_url(job: Job, house: House) -> bool:
    if "late-url" in job.directives:
        return house.tally.nth("late-url", job.id) > LATE_ANSWERS
    return "no-url" not in job.directives


def _failure(moment: Moment) -> dict[str, Any]:
    return {"error": {"code": "task_failed", "message": moment.reason}, "message": moment.reason}

"""The /v2/videos/generations dialect as a server speaks it: create, query, and callbacks to a notify_hook."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from generations.sandbox import mishaps, newapi, notify
from generations.sandbox.answers import shape
from generations.sandbox.body import prompt_in
from generations.sandbox.desk import take
from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.newapi import family_error
from generations.sandbox.routes import Route
from generations.sandbox.v2_order import SLUG, read_order

PLATFORM, ACTION = "openai", "sora-video"
WORDS = {
    Stage.QUEUED: "NOT_START",
    Stage.RENDERING: "IN_PROGRESS",
    Stage.COMPLETED: "SUCCESS",
    Stage.FAILED: "FAILURE",
}


def create(request: Request, house: House, _: str) -> Reply:
    """POST /v2/videos/generations: a job and its callbacks, or a refusal."""
    house.tally.posted(prompt_in(request.body))
    newapi.check_key(request, house.key)
    asked = read_order(request, family_error)
    job = take(asked, str(uuid4()), house, family_error)
    if notify.wants_callbacks(job):
        house.herald.watch(job, _announce)
    return mishaps.spoil(json_reply(200, {"task_id": job.id}), asked.directives)


def query(request: Request, house: House, job_id: str) -> Reply:
    """GET /v2/videos/generations/{task_id}: how the job is going."""
    newapi.check_key(request, house.key)
    job = house.find(SLUG, job_id)
    moment = house.look(job) if job else None
    if job is None or moment is None or moment.stage is Stage.VANISHED:
        raise newapi.task_error(400, "task_not_exist", "task_not_exist")
    return shape(job, moment, answer(job, moment, request.origin), house)


ROUTES = (
    Route("POST", re.compile(r"/v2/videos/generations"), create),
    Route("GET", re.compile(r"/v2/videos/generations/([^/]+)"), query),
)


def answer(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    """The body of a query's answer, which is that of a callback, too. Times are 0 until they are known."""
    has_begun, has_ended = moment.stage is not Stage.QUEUED, moment.stage in (Stage.COMPLETED, Stage.FAILED)
    return {
        "task_id": job.id,
        "platform": PLATFORM,
        "action": ACTION,
        "status": WORDS[moment.stage],
        "fail_reason": moment.reason,
        "submit_time": int(job.created_at),
        "start_time": int(job.created_at + job.queue_seconds) if has_begun else 0,
        "finish_time": int(job.completes_at) if has_ended else 0,
        "progress": "100%" if has_ended else f"{moment.progress}%",
        "data": {"output": job.url(origin)} if moment.stage is Stage.COMPLETED else None,
        "search_item": "",
    }


def _announce(job: Job, moment: Moment) -> None:
    """Tell the notify_hook; a job that is unknown for a while has nothing to say."""
    if moment.stage is not Stage.VANISHED:
        notify.post(job, moment, answer(job, moment, job.order.details["origin"]))

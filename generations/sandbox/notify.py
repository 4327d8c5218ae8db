"""Callbacks to a notify_hook: one POST of JSON at each change of stage, unsigned, and never repeated on failure.

Only hooks on this very machine are called. A mock that posts to any URL a prompt's author names would be a tool
for knocking on other people's doors.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from typing import Any

from generations.sandbox.answers import bent
from generations.sandbox.images import connection_to, is_loopback
from generations.sandbox.jobs import PRIVATE_URL, Job, Moment

POST_SECONDS = 5.0


def wants_callbacks(job: Job) -> bool:
    """True for a job whose hook this sandbox may call."""
    return is_loopback(job.order.details.get("notify_hook", ""))


def post(job: Job, moment: Moment, body: Mapping[str, Any]) -> None:
    """Tell the job's hook, the way its directives want it. Whatever the hook answers is ignored."""
    told = _told(job, moment, body)
    for _ in range(2 if "callback-twice" in job.directives else 1):
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            _send(job.order.details["notify_hook"], told)


def _told(job: Job, moment: Moment, body: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(body)
    if "callback-lies" in job.directives:
        told |= {"status": "SUCCESS", "progress": "100%", "data": {"output": PRIVATE_URL}}
    if "camel-callback" in job.directives:
        return _camel(told, job)
    return bent(told, job, moment, shows_url={"no-url", "late-url"}.isdisjoint(job.directives))


def _camel(body: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """The same as some gateways of this family write it for other tasks."""
    times = {"submitTime": "submit_time", "startTime": "start_time", "finishTime": "finish_time"}
    return {
        "id": body["task_id"],
        "action": "VIDEO",
        "status": body["status"],
        "prompt": job.order.prompt,
        "progress": body["progress"],
        "failReason": body["fail_reason"],
        **{new: body[old] * 1000 for new, old in times.items()},
    }


def _send(url: str, body: Mapping[str, Any]) -> None:
    connection, target = connection_to(url, POST_SECONDS)
    try:
        content = json.dumps(body, ensure_ascii=False).encode()
        connection.request("POST", target, content, {"Content-Type": "application/json"})
        connection.getresponse().read(1024)
    finally:
        connection.close()

"""A job as the OpenAI dialect tells it: the video object with all its keys, or what a gateway makes of it."""

from __future__ import annotations

from typing import Any

from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.openai_words import BLOCKED, BLOCKED_MESSAGE

CONTENT_LIFETIME = 3600.0  # seconds from completion
WORDS = {
    Stage.QUEUED: "queued",
    Stage.RENDERING: "in_progress",
    Stage.COMPLETED: "completed",
    Stage.FAILED: "failed",
}


def answer(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    """The body of every answer about a job, in the manner of the mount it was made under."""
    return _gateways(job, moment, origin) if job.order.details["gateway"] else _official(job, moment)


def _official(job: Job, moment: Moment) -> dict[str, Any]:
    is_done = moment.stage is Stage.COMPLETED
    return _common(job, moment) | {
        "prompt": job.order.prompt,
        "created_at": int(job.created_at),
        "completed_at": int(job.completes_at) if is_done else None,
        "expires_at": int(job.completes_at + CONTENT_LIFETIME) if is_done else None,
        "remixed_from_video_id": job.order.details["remixed_from"],
        "error": _failure(moment) if moment.stage is Stage.FAILED else None,
    }


def _gateways(job: Job, moment: Moment, origin: str) -> dict[str, Any]:
    """Times in milliseconds, a URL, and no key that has nothing to say."""
    body = _common(job, moment) | {"created_at": _milliseconds(job.created_at)}
    if job.order.details["remixed_from"]:
        body["remixed_from_video_id"] = job.order.details["remixed_from"]
    if moment.stage is Stage.COMPLETED:
        return body | {"video_url": job.url(origin), "completed_at": _milliseconds(job.completes_at)}
    if moment.stage is Stage.FAILED:
        failure = {"code": _gateway_code(moment), "message": moment.reason}
        return body | {"error": failure, "failed_at": _milliseconds(job.completes_at)}
    return body


def _common(job: Job, moment: Moment) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": "video",
        "model": job.order.model,
        "status": WORDS[moment.stage],
        "progress": moment.progress,
        "seconds": str(job.order.seconds),
        "size": job.order.details["size"],
    }


def _failure(moment: Moment) -> dict[str, str]:
    if _is_blocked(moment):
        return {"code": BLOCKED, "message": BLOCKED_MESSAGE}
    return {"code": "generation_failed", "message": moment.reason}


def _gateway_code(moment: Moment) -> str:
    return "content_policy_violation" if _is_blocked(moment) else "task_failed"


def _is_blocked(moment: Moment) -> bool:
    return "moderation" in moment.reason


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

"""A job's record, and where it stands at any moment: a pure function of the record and the clock."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from generations.sandbox.directives import directives_in

QUEUE_SECONDS = 3.0
RENDER_SECONDS = 8.0  # on top of the clip's own length
LINK_LIFETIME = 24 * 3600.0

# Shares of the rendering time. Real jobs stand still in the nineties for a while, and many fail just there.
HOLD_FROM, HOLD_TO, HOLD_AT = 0.80, 0.92, 94
UNFILED_LIMIT = 97  # as far as a job gets whose clip is not yet on disk
VANISH_AT, RETURN_AT = 30, 60
BACK_FROM, BACK_TO, BACK_BY = 50, 70, 30

CANCELLED = "cancelled"  # the directive: to this sandbox a failure that dialects have another word for
JSON_REASON = '{"code":"invalid_request","message":"Inpaint image must match the requested width and height"}'
FAILURES: Mapping[str, tuple[float, str]] = {
    CANCELLED: (0.4, "the task was cancelled"),
    "fail": (0.5, "internal error: the render node stopped answering"),
    "error-object": (0.5, "the render node ran out of memory"),
    "json-reason": (0.5, JSON_REASON),
    "fail-at-94": (HOLD_TO, "content moderation rejected the generated video"),
}
PRIVATE_URL = "http://10.0.0.1/x.mp4"  # a host of a private network, where no provider keeps files
FALSE_URLS: Mapping[str, str] = {
    "url-data": "data:video/mp4;base64,AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t",
    "url-javascript": "javascript:alert(document.domain)",
    "url-private": PRIVATE_URL,
}
WITHOUT_CLIP = frozenset(
    {"no-url", "bad-file", "gone-file", "url-redirect-private", "vanish", "stuck", *FAILURES, *FALSE_URLS}
)


class Stage(StrEnum):
    """How far a job is; each dialect has its own words for these."""

    QUEUED = "queued"
    RENDERING = "rendering"
    COMPLETED = "completed"
    FAILED = "failed"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Moment:
    """A job as seen at one time: `progress` in percent, `reason` only for a failed one."""

    stage: Stage
    progress: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A video as a dialect understood it. `width` and `height` are the clip's true pixels.

    `details` is what else the dialect wants to remember of the request, as JSON can hold it.
    """

    dialect: str
    model: str
    prompt: str
    aspect_ratio: str
    seconds: int
    width: int
    height: int
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """An accepted order. `queue_seconds` and `render_seconds` are real time, speed and slowness already counted in.

    `token` is the unguessable name of the clip's file.
    """

    id: str
    order: Order
    created_at: float
    queue_seconds: float
    render_seconds: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def directives(self) -> Mapping[str, float]:
        return directives_in(self.order.prompt)

    @property
    def needs_clip(self) -> bool:
        """False for a job that will never hand out a real file, so that none is rendered."""
        return WITHOUT_CLIP.isdisjoint(self.directives)

    @property
    def completes_at(self) -> float:
        return self.created_at + self.queue_seconds + self.render_seconds

    def url(self, origin: str) -> str:
        """Where the clip is to be had, `origin` being the sandbox's address as the caller writes it."""
        return f"{origin}/files/{self.token}.mp4"

    def link_expired(self, now: float) -> bool:
        return now >= self.completes_at + LINK_LIFETIME


def new_job(job_id: str, order: Order, now: float, speed: float) -> Job:
    """An order accepted now, with its believable times divided by `speed`."""
    pace = directives_in(order.prompt).get("slow", 1.0) / speed
    return Job(job_id, order, now, QUEUE_SECONDS * pace, (RENDER_SECONDS + order.seconds) * pace)


def moment(job: Job, now: float, *, has_clip: bool) -> Moment:
    """Where the job stands at `now`; it never completes before its clip is there."""
    share = _share(job, now)
    if share < 0:
        return Moment(Stage.QUEUED)
    progress = _progress(share)
    if _is_away(job, progress):
        return Moment(Stage.VANISHED)
    for name, (fails_at, reason) in FAILURES.items():
        if name in job.directives and share >= fails_at:
            return Moment(Stage.FAILED, reason=reason)
    if "stuck" in job.directives:
        return Moment(Stage.RENDERING, min(progress, HOLD_AT))
    if job.needs_clip and not has_clip and not job.link_expired(now):
        return Moment(Stage.RENDERING, _told(job, min(progress, UNFILED_LIMIT)))
    return Moment(Stage.COMPLETED, 100) if share >= 1 else Moment(Stage.RENDERING, _told(job, progress))


def _is_away(job: Job, progress: int) -> bool:
    """True while the provider pretends not to know the job."""
    if "vanish" in job.directives:
        return progress >= VANISH_AT
    return "vanish-and-return" in job.directives and VANISH_AT <= progress < RETURN_AT


def _told(job: Job, progress: int) -> int:
    """The progress that is told, which may fall for a while."""
    if "progress-back" in job.directives and BACK_FROM <= progress < BACK_TO:
        return progress - BACK_BY
    return progress


def _share(job: Job, now: float) -> float:
    """How much of the rendering time has passed; below 0 while queued, above 1 when over."""
    since = now - job.created_at - job.queue_seconds
    return since / job.render_seconds if job.render_seconds else float(since >= 0)


def _progress(share: float) -> int:
    """Whole percent, 1-99, never falling as the share grows."""
    if share < HOLD_FROM:
        return 1 + int((HOLD_AT - 1) * share / HOLD_FROM)
    if share < HOLD_TO:
        return HOLD_AT
    return min(99, HOLD_AT + int((100 - HOLD_AT) * (share - HOLD_TO) / (1 - HOLD_TO)))

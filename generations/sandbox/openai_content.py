"""GET /v1/videos/{id}/content: the bytes of a finished video, or a picture made of them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

from generations.sandbox.answers import LATE_ANSWERS
from generations.sandbox.files import send_file
from generations.sandbox.house import House
from generations.sandbox.jobs import FALSE_URLS, Job, Moment, Stage
from generations.sandbox.messages import Reply, Request, text_reply
from generations.sandbox.openai_answer import CONTENT_LIFETIME
from generations.sandbox.openai_models import Flavour, flavour_at
from generations.sandbox.openai_shelf import job_here, moment_here
from generations.sandbox.openai_words import check_key, error_reply, listed, wrong

VARIANTS = ("video", "thumbnail", "spritesheet")
GATEWAY_WORDS = {Stage.QUEUED: "QUEUED", Stage.RENDERING: "IN_PROGRESS", Stage.FAILED: "FAILURE"}


def content(request: Request, house: House, job_id: str) -> Reply:
    """The variant asked for, or why it cannot be had."""
    flavour = flavour_at(request.mount)
    check_key(request, house.key, flavour)
    variant = parse_qs(request.query).get("variant", [VARIANTS[0]])[-1]
    if variant not in VARIANTS:
        message = f"Invalid value: '{variant[:80]}'. Supported values are: {listed(VARIANTS, 'and')}."
        raise wrong(flavour, "variant", message, "invalid_value")
    job = job_here(house, job_id, flavour)
    moment = moment_here(house, job, flavour)
    return _refusal(job, moment, flavour, house) or _bytes(variant, request, house, job)


def _refusal(job: Job, moment: Moment, flavour: Flavour, house: House) -> Reply | None:
    if moment.stage is not Stage.COMPLETED:
        return _not_ready(job, moment, flavour)
    if "no-url" in job.directives or _comes_late(job, house):
        return _not_ready(job, Moment(Stage.RENDERING), flavour)
    if "gone-file" in job.directives or house.clock() >= job.completes_at + CONTENT_LIFETIME:
        return error_reply(404, "Task not found" if flavour.is_gateway else f"The content of '{job.id}' has expired.")
    return None


def _comes_late(job: Job, house: House) -> bool:
    return "late-url" in job.directives and house.tally.nth("late-content", job.id) <= LATE_ANSWERS


def _not_ready(job: Job, moment: Moment, flavour: Flavour) -> Reply:
    if flavour.is_gateway:
        return error_reply(400, f"Task is not completed yet, current status: {GATEWAY_WORDS[moment.stage]}")
    if moment.stage is Stage.FAILED:
        return error_reply(400, f"Video with id '{job.id}' failed and has no content.")
    return error_reply(400, f"Video is not ready yet, use GET /v1/videos/{job.id} to check status.")


def _bytes(variant: str, request: Request, house: House, job: Job) -> Reply:
    for name, url in FALSE_URLS.items():
        if name in job.directives:
            return replace(text_reply(302, "Found."), headers={"Location": url})
    if variant == "video" or not house.store.has_clip(job):
        return send_file(request, house, job)
    # Imported here, when a picture is asked for: the libraries are slow to load.
    from generations.sandbox import stills

    path = house.store.clip_path(job)
    if variant == "thumbnail":
        return Reply(200, stills.thumbnail(path), "image/webp")
    return Reply(200, stills.spritesheet(path), "image/jpeg")

"""Handing out finished clips: no key, ranges, and the ways a download can go wrong."""

from __future__ import annotations

import re
from dataclasses import replace

from generations.sandbox.house import House
from generations.sandbox.jobs import PRIVATE_URL, Job, Stage
from generations.sandbox.messages import FilePart, Reply, Request, text_reply

KIND = "video/mp4"
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
CUT_DOWNLOADS = 2
FIRST_LINK = "link=1"
HUGE = 10 * 1000**3  # bytes a huge file announces
FLOOD = 3 * 1024**3  # bytes after which a huge or endless file breaks off
NO_VIDEO = b"AccessDenied: this is a line of text where a video should be.\n"


class RangeError(ValueError):
    """A range that lies behind the end of the file."""


def send_clip(request: Request, house: House, token: str) -> Reply:
    """GET /files/{token}.mp4: the clip or the asked stretch of it, for 24 hours after completion."""
    job = house.store.find_token(token)
    if job is None or not is_open(job, house):
        return text_reply(404, "There is no such file, or its 24 hours are over.")
    if "aged-link" in job.directives and request.query in {"", FIRST_LINK}:
        return text_reply(403, "This link has expired. Ask for a new one.")
    return send_file(request, house, job)


def is_open(job: Job, house: House) -> bool:
    """True while the job's file can be had: it is complete, and not older than the link lives."""
    if "gone-file" in job.directives or job.link_expired(house.clock()):
        return False
    return house.look(job).stage is Stage.COMPLETED


def send_file(request: Request, house: House, job: Job) -> Reply:
    """The file of a job that is open, as well or as badly as its prompt wants it."""
    if "url-redirect-private" in job.directives:
        return replace(text_reply(302, "Found."), headers={"Location": PRIVATE_URL})
    if "bad-file" in job.directives:
        return Reply(200, NO_VIDEO, KIND)
    if "huge-file" in job.directives or "endless-file" in job.directives:
        return _flood(job, house)
    reply = _stretch(request, house, job)
    if "drip-file" in job.directives and reply.file:
        return replace(reply, file=replace(reply.file, pace=job.directives["drip-file"]))
    if "short-file" in job.directives and _is_cut(request, house, job):
        return _cut(reply)
    return reply


def _flood(job: Job, house: House) -> Reply:
    """The clip over and over, far beyond what any clip needs."""
    announced = HUGE if "huge-file" in job.directives else None
    return Reply(200, content_type=KIND, file=FilePart(house.store.clip_path(job), 0, announced, FLOOD, repeated=True))


def _stretch(request: Request, house: House, job: Job) -> Reply:
    path = house.store.clip_path(job)
    size = path.stat().st_size
    etag = f'"{job.token[:16]}-{size:x}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    try:
        wanted = _wanted(request, size, etag)
    except RangeError:
        return replace(text_reply(416, "Range not satisfiable."), headers={"Content-Range": f"bytes */{size}"})
    if wanted is None:
        return Reply(200, content_type=KIND, headers=headers, file=FilePart(path, 0, size, size))
    start, end = wanted
    length = end - start + 1
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(206, content_type=KIND, headers=headers, file=FilePart(path, start, length, length))


def _wanted(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """The first and last byte asked for; None for the whole file, which also answers what is no single range."""
    match = RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match[0] == "bytes=-" or request.headers.get("if-range", etag) != etag:
        return None
    if match[1] == "":
        start, end = size - int(match[2]), size - 1
    else:
        start, end = int(match[1]), int(match[2] or size - 1)
    if end < start and match[1] and match[2]:
        return None  # backwards: no range at all
    if start >= size:
        raise RangeError
    return max(0, start), min(end, size - 1)


def _is_cut(request: Request, house: House, job: Job) -> bool:
    return request.method == "GET" and house.tally.nth("short-file", job.id) <= CUT_DOWNLOADS


def _cut(reply: Reply) -> Reply:
    return replace(reply, file=replace(reply.file, sent=reply.file.sent // 2)) if reply.file else reply

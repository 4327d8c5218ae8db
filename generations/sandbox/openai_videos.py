"""The OpenAI Videos API as a server speaks it: create, query, list, delete and remix. The bytes are in openai_content.

A mount chooses the flavour: `/strict` the API's reference, `/wide` or any other what its guide allows, `/gateway` what
hosts that copy the path make of it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from generations.sandbox import mishaps, openai_content
from generations.sandbox.answers import shape
from generations.sandbox.house import House
from generations.sandbox.images import Picture
from generations.sandbox.jobs import Moment, Order, Stage
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.openai_answer import answer
from generations.sandbox.openai_body import JSON, sent
from generations.sandbox.openai_list import listing
from generations.sandbox.openai_models import SLUG, Flavour, flavour_at
from generations.sandbox.openai_order import Wish, directives_of
from generations.sandbox.openai_reference import FIELD, read_reference
from generations.sandbox.openai_shelf import job_here, moment_here
from generations.sandbox.openai_words import check_key, error_reply, unfit, unknown, words_of
from generations.sandbox.routes import Route
from generations.sandbox.tally import prompt_key

LEAST_POLL_MS = 100


def create(request: Request, house: House, _: str) -> Reply:
    """POST /v1/videos: a job, or a refusal."""
    flavour, body = flavour_at(request.mount), sent(request)
    house.tally.posted(body.prompt)
    check_key(request, house.key, flavour)
    wish = Wish(body.usable(flavour), flavour)
    order = wish.order()
    directives = directives_of(order.prompt, flavour)
    mishaps.refuse(directives, prompt_key(order.prompt), house, words_of(flavour))
    picture = read_reference(wish.fields.get(FIELD), order, flavour)
    return _accepted(request, house, order, directives, picture)


def remix(request: Request, house: House, job_id: str) -> Reply:
    """POST /v1/videos/{id}/remix: a new job like a finished one, with another prompt."""
    flavour, body = flavour_at(request.mount), sent(request, (JSON,))
    house.tally.posted(body.prompt)
    check_key(request, house.key, flavour)
    source = job_here(house, job_id, flavour)
    wish = Wish(body.usable(flavour), flavour)
    wish.only(("prompt",))
    prompt = wish.prompt()
    directives = directives_of(prompt, flavour)
    if moment_here(house, source, flavour).stage is not Stage.COMPLETED:
        raise unfit(flavour, f"Video with id '{source.id}' is not completed and cannot be remixed.")
    mishaps.refuse(directives, prompt_key(prompt), house, words_of(flavour))
    details = {**source.order.details, "remixed_from": source.id}
    return _accepted(request, house, replace(source.order, prompt=prompt, details=details), directives)


def query(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/videos/{id}: how a job of this dialect is going; the path belongs to others, too."""
    if house.find(SLUG, job_id) is None:
        return None
    flavour = flavour_at(request.mount)
    check_key(request, house.key, flavour)
    job = job_here(house, job_id, flavour)
    moment = moment_here(house, job, flavour)
    reply = shape(job, moment, answer(job, moment, request.origin), house, words_of(flavour))
    poll = max(LEAST_POLL_MS, round(1000 / house.speed))
    return replace(reply, headers={**reply.headers, "openai-poll-after-ms": str(poll)})


def query_nobodys(request: Request, house: House, job_id: str) -> Reply | None:
    """GET /v1/videos/{id} for an id that no dialect knows but that looks like one of this dialect's."""
    flavour = flavour_at(request.mount)
    if not job_id.startswith("video_"):
        return None
    check_key(request, house.key, flavour)
    raise unknown(flavour, job_id)


def list_all(request: Request, house: House, _: str) -> Reply | None:
    """GET /v1/videos: this dialect's jobs page by page; gateways have no such route."""
    flavour = flavour_at(request.mount)
    if flavour.is_gateway:
        return None
    check_key(request, house.key, flavour)
    return json_reply(200, listing(request.query, house, flavour, request.origin))


def delete(request: Request, house: House, job_id: str) -> Reply | None:
    """DELETE /v1/videos/{id}: forget a job that has ended; gateways have no such route."""
    flavour = flavour_at(request.mount)
    if flavour.is_gateway:
        return None
    check_key(request, house.key, flavour)
    job = job_here(house, job_id, flavour)
    if moment_here(house, job, flavour).stage not in (Stage.COMPLETED, Stage.FAILED):
        return error_reply(409, f"Video with id '{job.id}' is still being processed and cannot be deleted.")
    house.store.forget(job)
    return json_reply(200, {"id": job.id, "object": "video.deleted", "deleted": True})


ROUTES = (
    Route("POST", re.compile(r"/v1/videos"), create),
    Route("GET", re.compile(r"/v1/videos"), list_all),
    Route("GET", re.compile(r"/v1/videos/([^/]+)"), query),
    Route("DELETE", re.compile(r"/v1/videos/([^/]+)"), delete),
    Route("GET", re.compile(r"/v1/videos/([^/]+)/content"), openai_content.content),
    Route("POST", re.compile(r"/v1/videos/([^/]+)/remix"), remix),
)


def _accepted(
    request: Request, house: House, order: Order, directives: Mapping[str, float], picture: Picture | None = None
) -> Reply:
    """The job is made; the answer to the create, as well or as badly as its prompt wants it."""
    job = house.accept(order, _new_id(order, flavour_at(request.mount)))
    if picture:
        house.tally.reference(job.id, picture.width, picture.height, picture.size)
    if house.hook:
        house.herald.watch(job, house.hook.announce)
    return mishaps.spoil(json_reply(200, answer(job, Moment(Stage.QUEUED), request.origin)), directives)


def _new_id(order: Order, flavour: Flavour) -> str:
    return f"{order.model}:task_{secrets.token_hex(12)}" if flavour.is_gateway else f"video_{secrets.token_hex(24)}"

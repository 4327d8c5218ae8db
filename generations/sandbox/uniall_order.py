"""Reading a UniAll create body, strictly: what the documents do not allow is refused, in the family's words."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NoReturn

from generations.catalogue import models_of
from generations.contract import CatalogueModel, Combination
from generations.sandbox.body import clean, is_address
from generations.sandbox.directives import DirectiveError, directives_in
from generations.sandbox.jobs import Order
from generations.sandbox.messages import Request
from generations.sandbox.newapi import gateway_error, task_error

SLUG = "uniall"
FIELDS = ("model", "prompt", "image_url", "aspect_ratio", "duration")
PROMPT_LIMIT = 4000  # characters
BODY_LIMIT = 1024 * 1024  # bytes, unless the picture is in the body itself
PICTURE_LIMIT = 12 * 1024 * 1024  # bytes of a body with a picture
DEFAULT_RATIO = "9:16"  # the family makes 720x1280 when nothing is said
UNSTATED_PIXELS = {"16:9": (640, 360), "9:16": (360, 640)}  # small, where the documents name no size


def read_order(request: Request) -> tuple[Order, dict[str, float]]:
    """The video asked for and the prompt's directives, or raise the RequestError the body earns."""
    body = _read_object(request)
    model = _read_model(body)
    for name in body:
        if name not in FIELDS:
            _refuse(f"unknown field: {name}")
    prompt = _read_prompt(body)
    choice = _read_choice(body, model)
    _check_image(body)
    width, height = (choice.width, choice.height) if choice.width else UNSTATED_PIXELS[choice.aspect_ratio]
    order = Order(SLUG, model.slug, prompt, choice.aspect_ratio, choice.seconds, width, height)
    return order, _read_directives(prompt)


def _refuse(message: str) -> NoReturn:
    raise task_error(400, "invalid_request", message)


def _read_object(request: Request) -> dict[str, Any]:
    if request.oversized or len(request.body) > PICTURE_LIMIT:
        _refuse_size()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        _refuse("Content-Type must be application/json")
    try:
        body = json.loads(request.body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise task_error(400, "invalid_json", "request body is not valid JSON") from None
    if not isinstance(body, dict):
        _refuse("request body must be a JSON object")
    if len(request.body) > BODY_LIMIT and not str(body.get("image_url")).startswith("data:"):
        _refuse_size()
    return body


def _refuse_size() -> NoReturn:
    raise task_error(413, "read_request_body_failed", "request body too large")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _read_model(body: dict[str, Any]) -> CatalogueModel:
    asked = body.get("model")
    if asked is None or asked == "":
        raise task_error(400, "missing_model", "model field is required")
    if not isinstance(asked, str):
        _refuse("model must be a string")
    for model in models_of(SLUG):
        if model.slug == asked:
            return model
    raise gateway_error(503, "model_not_found", f"No available channel for model {asked[:80]} under group default")


def _read_prompt(body: dict[str, Any]) -> str:
    prompt = body.get("prompt")
    if prompt is None or prompt == "":
        _refuse("prompt is required")
    if not isinstance(prompt, str):
        _refuse("prompt must be a string")
    if not prompt.strip():
        _refuse("prompt is required")
    if len(prompt) > PROMPT_LIMIT:
        _refuse(f"prompt must be at most {PROMPT_LIMIT} characters")
    return clean(prompt)


def _read_choice(body: dict[str, Any], model: CatalogueModel) -> Combination:
    """The model's combination the body asks for; what it leaves out falls to the model or the family's default."""
    ratios = [choice.aspect_ratio for choice in model.combinations]
    lengths = [choice.seconds for choice in model.combinations]
    ratio = _read_ratio(body, model.slug, ratios)
    seconds = _read_duration(body, model.slug, lengths)
    return next(choice for choice in model.combinations if (choice.aspect_ratio, choice.seconds) == (ratio, seconds))


def _read_ratio(body: dict[str, Any], model: str, possible: list[str]) -> str:
    if "aspect_ratio" not in body:
        return DEFAULT_RATIO if DEFAULT_RATIO in possible else possible[0]
    ratio = body["aspect_ratio"]
    if not isinstance(ratio, str) or ratio not in UNSTATED_PIXELS:
        _refuse('aspect_ratio must be "16:9" or "9:16"')
    if ratio not in possible:
        _refuse(f"aspect_ratio {ratio} conflicts with model {model}")
    return ratio


def _read_duration(body: dict[str, Any], model: str, possible: list[int]) -> int:
    """A number of seconds, written as 8 or "8"."""
    if "duration" not in body:
        return min(possible)
    duration = body["duration"]
    allowed = {spelling: seconds for seconds in possible for spelling in (seconds, str(seconds))}
    if isinstance(duration, bool) or not isinstance(duration, int | str) or duration not in allowed:
        _refuse(f"duration must be {', '.join(map(str, sorted(set(possible))))} for model {model}")
    return allowed[duration]


def _check_image(body: dict[str, Any]) -> None:
    if "image_url" not in body:
        return
    url = body["image_url"]
    if not isinstance(url, str) or not (_is_picture(url) if url.startswith("data:") else is_address(url)):
        _refuse("image_url must be a public http(s) URL or a data:image URI")


def _is_picture(uri: str) -> bool:
    kind, _, data = uri.partition(";base64,")
    try:
        return kind.startswith("data:image/") and bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def _read_directives(prompt: str) -> dict[str, float]:
    try:
        return dict(directives_in(prompt))
    except DirectiveError as error:
        _refuse(str(error))

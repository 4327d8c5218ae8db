"""Reading a /v2/videos/generations create body, strictly: lengths are text here, and hd is a privilege."""

from __future__ import annotations

import re
from collections.abc import Mapping

from generations.sandbox.body import Body
from generations.sandbox.desk import Asked
from generations.sandbox.jobs import Order
from generations.sandbox.messages import Request
from generations.sandbox.newapi import Words

SLUG = "v2_generations"
FIELDS = (
    "prompt",
    "model",
    "aspect_ratio",
    "hd",
    "duration",
    "images",
    "notify_hook",
    "watermark",
    "private",
    "character_url",
    "character_timestamps",
)
MODELS: Mapping[str, tuple[str, ...]] = {"sora-2": ("10", "15"), "sora-2-pro": ("10", "15", "25")}
LENGTHS = ("10", "15", "25")  # seconds, as text
LONGEST = 25  # has no effect of hd
HD_MODEL = "sora-2-pro"
RATIOS = ("16:9", "9:16")
IMAGES_LIMIT = 4
SPAN = re.compile(r"(\d{1,4}(?:\.\d{1,3})?),(\d{1,4}(?:\.\d{1,3})?)", re.ASCII)
SPAN_SECONDS = (1, 3)  # shortest and longest stretch that shows a character


def read_order(request: Request, words: Words) -> Asked:
    """The video asked for, or raise the RequestError the body earns. Pictures may be in the body itself."""
    body = Body.read(request, words, limit=None)
    model = body.model(MODELS)
    body.only(FIELDS)
    prompt = body.prompt()
    seconds = _read_seconds(body, model)
    ratio = body.text("aspect_ratio", RATIOS, RATIOS[0])
    is_hd = _read_hd(body, model)
    images = body.links("images", IMAGES_LIMIT, data_uris=True)
    _check_rest(body)
    width, height = _pixels(ratio, is_hd=is_hd and seconds != LONGEST)
    details = {"notify_hook": body.link("notify_hook"), "origin": request.origin}
    order = Order(SLUG, model, prompt, ratio, seconds, width, height, details)
    return Asked(order, body.directives(prompt), images, exact=True)


def _read_seconds(body: Body, model: str) -> int:
    written = body.text("duration", LENGTHS, LENGTHS[0])
    if written not in MODELS[model]:
        body.refuse(f"duration {written} is not supported by {model}")
    return int(written)


def _read_hd(body: Body, model: str) -> bool:
    is_hd = body.flag("hd", default=False)
    if is_hd and model != HD_MODEL:
        body.refuse(f"hd is only supported by {HD_MODEL}")
    return is_hd


def _check_rest(body: Body) -> None:
    body.flag("watermark", default=False)
    body.flag("private", default=False)
    if ("character_url" in body) != ("character_timestamps" in body):
        body.refuse("character_url and character_timestamps must be used together")
    if "character_url" in body:
        body.link("character_url")
        _check_span(body)


def _check_span(body: Body) -> None:
    match = SPAN.fullmatch(str(body.raw("character_timestamps")))
    shortest, longest = SPAN_SECONDS
    if match is None or not shortest <= float(match[2]) - float(match[1]) <= longest:
        body.refuse('character_timestamps must be "start,end", 1 to 3 seconds apart')


def _pixels(ratio: str, *, is_hd: bool) -> tuple[int, int]:
    long, short = (1920, 1080) if is_hd else (1280, 720)
    return (long, short) if ratio == "16:9" else (short, long)

"""Reading a mingyan create body, strictly: of three pairs of fields only one each, and everything typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generations.sandbox.body import Body
from generations.sandbox.desk import Asked
from generations.sandbox.jobs import Order
from generations.sandbox.messages import Request
from generations.sandbox.newapi import Words

SLUG = "mingyan"
PAIRS = (("size", "aspect_ratio"), ("duration", "seconds"), ("input_reference", "image_urls"))
FIELDS = ("model", "prompt", *(name for pair in PAIRS for name in pair))
RATIOS = {"720x1280": "9:16", "1280x720": "16:9"}  # the default first
PIXELS = {"9:16": (720, 1280), "16:9": (1280, 720)}


@dataclass(frozen=True, slots=True)
class Host:
    """A generation of the provider: its models with their lengths in seconds, and how many pictures it takes."""

    models: Mapping[str, tuple[int, ...]]
    images: int


CURRENT = Host({"openAiSora2Plus": (4, 8, 12), "openAiSora2Pro": (4, 8, 12)}, images=1)
OLDER = Host({"sora-2": (10, 15), "sora-2-stable": (10, 15), "sora-2-pro": (10, 15, 25)}, images=3)


def read_order(request: Request, words: Words, host: Host) -> Asked:
    """The video asked for, or raise the RequestError the body earns."""
    body = Body.read(request, words)
    model = body.model(host.models)
    body.only(FIELDS)
    for one, other in PAIRS:
        body.apart(one, other)
    prompt = body.prompt()
    ratio = _read_ratio(body)
    seconds = _read_seconds(body, host.models[model])
    images = [*body.links("input_reference", host.images), *body.links("image_urls", host.images)]
    order = Order(SLUG, model, prompt, ratio, seconds, *PIXELS[ratio])
    return Asked(order, body.directives(prompt), images, exact=True)


def _read_ratio(body: Body) -> str:
    if "aspect_ratio" in body:
        return body.text("aspect_ratio", list(PIXELS))
    sizes = list(RATIOS)
    return RATIOS[body.text("size", sizes, sizes[0])]


def _read_seconds(body: Body, lengths: tuple[int, ...]) -> int:
    """The length asked for; the shortest when nothing is said."""
    return body.number("seconds" if "seconds" in body else "duration", lengths, lengths[0])

"""Reading a unified-video create body, strictly: exactly the documented fields, each of its own type."""

from __future__ import annotations

from collections.abc import Mapping

from generations.sandbox.body import Body
from generations.sandbox.desk import Asked
from generations.sandbox.jobs import Order
from generations.sandbox.messages import Request
from generations.sandbox.newapi import Words

SLUG = "unified"
FIELDS = (
    "model",
    "prompt",
    "images",
    "orientation",
    "size",
    "duration",
    "watermark",
    "private",
    "style",
    "storyboard",
)
ORIENTATIONS = ("portrait", "landscape")
SIZES = ("small", "medium", "large")
STYLES = ("thanksgiving", "comic", "news", "selfie", "nostalgic", "anime")
STYLED_MODEL = "sora_video2"
IMAGES_LIMIT = 10  # the documents name no limit

# Lengths in seconds by model and size.
MODELS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "sora-2": {"small": (10, 15), "large": (10, 15)},
    "sora-2-pro": {"small": (10, 15, 25), "medium": (10, 15, 25), "large": (10, 15)},
    "sora-2-all": {"small": (10, 15), "large": (10, 15)},
    "sora-2-pro-all": {"medium": (25,), "large": (15,)},
    "sora_video2": {"small": (10,)},
}
FULL_HD_MODELS = ("sora-2-pro", "sora-2-pro-all")
LENGTHS = (10, 15, 25)


def read_order(request: Request, words: Words) -> Asked:
    """The video asked for, or raise the RequestError the body earns."""
    body = Body.read(request, words)
    model = body.model(MODELS)
    body.only(FIELDS)
    prompt = body.prompt()
    orientation = body.text("orientation", ORIENTATIONS)
    size, seconds = _read_size(body, model)
    images = body.links("images", IMAGES_LIMIT)
    _check_rest(body, model)
    width, height = _pixels(model, size, orientation)
    ratio = "16:9" if orientation == "landscape" else "9:16"
    details = {"size": size, "orientation": orientation, "images": images}
    order = Order(SLUG, model, prompt, ratio, seconds, width, height, details)
    return Asked(order, body.directives(prompt), images)


def _read_size(body: Body, model: str) -> tuple[str, int]:
    size = body.text("size", SIZES)
    seconds = body.number("duration", LENGTHS)
    if size not in MODELS[model]:
        body.refuse(f"{model} size is invalid", "invalid_size")
    if seconds not in MODELS[model][size]:
        body.refuse(f"duration {seconds} is not supported by {model} with size {size}")
    return size, seconds


def _check_rest(body: Body, model: str) -> None:
    body.flag("watermark", default=True)
    body.flag("private", default=False)
    body.flag("storyboard", default=False)
    if "style" in body:
        body.text("style", STYLES)
        if model != STYLED_MODEL:
            body.refuse(f"style is only supported by {STYLED_MODEL}")


def _pixels(model: str, size: str, orientation: str) -> tuple[int, int]:
    long, short = (1920, 1080) if size == "large" and model in FULL_HD_MODELS else (1280, 720)
    return (long, short) if orientation == "landscape" else (short, long)

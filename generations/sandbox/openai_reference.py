"""The reference picture of a create in the OpenAI dialect: a file, or an object that says where the picture is."""

from __future__ import annotations

from typing import Any

from generations.sandbox.body import is_address
from generations.sandbox.desk import MISMATCH
from generations.sandbox.images import Picture, PictureError, measured, read_pictures
from generations.sandbox.jobs import Order
from generations.sandbox.multipart import Upload
from generations.sandbox.openai_models import Flavour
from generations.sandbox.openai_words import listed, unfit, wrong

FIELD = "input_reference"
KINDS = ("image/jpeg", "image/png", "image/webp")
FORMATS = ("JPEG", "PNG", "WEBP")
FORMS = "a file, or an object with exactly one of 'image_url' and 'file_id'"


def read_reference(value: Any, order: Order, flavour: Flavour) -> Picture | None:
    """The picture, which has the very pixels of the video, or raise the RequestError it earns.

    None when there is none, or when it is where a mock does not look: at another host, or behind a file id.
    """
    if value is None:
        return None
    try:
        picture = _uploaded(value, flavour) if isinstance(value, Upload) else _linked(value, flavour)
    except PictureError as error:
        raise wrong(flavour, FIELD, f"Invalid image: {error}.", "invalid_image") from None
    if picture and picture.format not in FORMATS:
        raise wrong(flavour, FIELD, f"Invalid image: {picture.format} is not supported.", "invalid_image")
    if picture and (picture.width, picture.height) != (order.width, order.height):
        raise unfit(flavour, MISMATCH)
    return picture


def _uploaded(upload: Upload, flavour: Flavour) -> Picture:
    _check_kind(upload.content_type, flavour)
    return measured(upload.content)


def _linked(value: Any, flavour: Flavour) -> Picture | None:
    link = value if isinstance(value, str) and flavour.is_gateway else _link_in(value, flavour)
    if link is None:
        return None
    if link.startswith("data:"):
        _check_kind(link[len("data:") :].partition(";")[0], flavour)
    elif not is_address(link):
        raise wrong(flavour, FIELD, f"Invalid '{FIELD}': expected an http(s) URL or a data URL.", "invalid_url")
    return next(iter(read_pictures([link])), None)


def _link_in(value: Any, flavour: Flavour) -> str | None:
    """The URL in a reference object; None when it names a file instead."""
    names = tuple(value) if isinstance(value, dict) else ()
    if names not in (("image_url",), ("file_id",)) or not isinstance(value[names[0]], str) or not value[names[0]]:
        raise wrong(flavour, FIELD, f"Invalid type for '{FIELD}': expected {FORMS}.", "invalid_type")
    return str(value["image_url"]) if names == ("image_url",) else None


def _check_kind(kind: str, flavour: Flavour) -> None:
    if kind.lower() not in KINDS:
        message = f"unsupported mimetype ('{kind[:80]}'). Supported file formats are {listed(KINDS, 'and')}."
        raise wrong(flavour, FIELD, f"Invalid file '{FIELD}': {message}", "unsupported_file_mimetype")

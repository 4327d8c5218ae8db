"""A video as it is asked for, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Delivery(StrEnum):
    """How a reference image reaches a provider."""

    UPLOAD = "upload"  # its bytes, in the same request
    DATA = "data"  # its bytes, written as a data: URI
    LINK = "link"  # a link to the portal, signed and expiring
    ADDRESS = "address"  # the address the member gave, as it is


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference image ready to be sent: its bytes for UPLOAD, a URL (https: or data:) for all others."""

    url: str = ""
    content: bytes = field(default=b"", repr=False)
    content_type: str = ""
    name: str = "reference"


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One video as asked for. `model` is the provider's wire model id, `seconds` the clip's length.

    `width` and `height` are the output's pixels, 0 when the provider does not say. `options` holds values of the
    catalogue's options by name. `notify_url` is where the provider may tell that the job moved on.
    """

    prompt: str
    model: str
    aspect_ratio: str
    seconds: int
    quality: str = ""
    width: int = 0
    height: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    notify_url: str = field(default="", repr=False)

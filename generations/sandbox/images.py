"""Reference pictures: fetched or decoded as a provider would, and measured."""

from __future__ import annotations

import base64
import binascii
import http.client
import io
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

FETCH_SECONDS = 10.0
BYTES_LIMIT = 20 * 1024 * 1024
PIXELS_LIMIT = 50_000_000


class PictureError(ValueError):
    """A reference that is no picture, or cannot be had. The text says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read: its pixels, how many bytes it came in, and its true format ("PNG")."""

    width: int
    height: int
    size: int
    format: str = field(default="", compare=False)


def read_pictures(references: Sequence[str]) -> list[Picture]:
    """Every picture that can be looked at, or raise PictureError.

    Data URIs and URLs on this machine are read; a URL on another host is taken on trust and left out, since a mock
    has no business on the network.
    """
    return [measured(_bytes_of(reference)) for reference in references if _is_within_reach(reference)]


def measured(content: bytes) -> Picture:
    """The picture in these bytes, or raise PictureError."""
    # Imported here, when there is a picture at all: the library is slow to load.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            (width, height), kind = image.size, image.format or ""
            if width * height > PIXELS_LIMIT:
                raise PictureError("the image has too many pixels")
            image.verify()
    except PictureError:
        raise
    except Exception:  # what a broken file makes the library raise is not documented
        raise PictureError("the image cannot be decoded") from None
    return Picture(width, height, len(content), kind)


def is_loopback(url: str) -> bool:
    """True for an http(s) URL on this very machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def connection_to(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection to a URL's host, not yet opened, and what to ask it for."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return kind(parts.hostname or "", parts.port, timeout=timeout), target


def _is_within_reach(reference: str) -> bool:
    return reference.startswith("data:") or is_loopback(reference)


def _bytes_of(reference: str) -> bytes:
    return _decoded(reference) if reference.startswith("data:") else _fetched(reference)


def _decoded(uri: str) -> bytes:
    _, _, data = uri.partition(";base64,")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("the image cannot be decoded") from None


def _fetched(url: str) -> bytes:
    try:
        connection, target = connection_to(url, FETCH_SECONDS)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            content = answer.read(BYTES_LIMIT + 1)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        raise PictureError("the image cannot be downloaded") from None
    if answer.status != http.client.OK:
        raise PictureError(f"the image cannot be downloaded: HTTP {answer.status}")
    if len(content) > BYTES_LIMIT:
        raise PictureError("the image is larger than 20 MiB")
    return content

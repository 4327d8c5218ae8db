"""One request and one reply, free of sockets, so that dialects are plain functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read to its end. Header names are lower case.

    `mount` is what stands before the API's own path ("" or "/strict"), `path` the rest without the query string.
    `origin` is the server's address as the caller wrote it ("http://host:port"). `oversized` means the body was
    too large to be kept, and `body` is empty.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    caller: str = "127.0.0.1"
    oversized: bool = False
    query: str = ""
    mount: str = ""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A stretch of a file: `length` bytes are announced (None: how many is not told), `sent` of them really follow.

    `repeated` starts over from the file's beginning until all is sent; `pace` is bytes a second, 0 for no limit.
    """

    path: Path
    start: int
    length: int | None
    sent: int
    repeated: bool = False
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply, well-behaved or not.

    `wait` holds it back for that many seconds; `lost` closes the connection without a single byte.
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    file: FilePart | None = None
    wait: float = 0.0
    lost: bool = False

    @property
    def length(self) -> int | None:
        return self.file.length if self.file else len(self.body)


def json_reply(status: int, body: Mapping[str, Any], **headers: str) -> Reply:
    """A JSON reply; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), headers=named)


def html_reply(status: int, page: str) -> Reply:
    return Reply(status, page.encode(), "text/html; charset=utf-8")


def text_reply(status: int, text: str) -> Reply:
    return Reply(status, f"{text}\n".encode(), "text/plain; charset=utf-8")

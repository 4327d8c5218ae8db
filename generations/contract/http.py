"""Calls to be made and answers that came, without any HTTP library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart form: a field, or a file when it has a name."""

    name: str
    value: str | bytes = field(repr=False)
    filename: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request to be made, its body JSON or a multipart form. Headers may hold secrets: no repr shows them."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    parts: tuple[Part, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    _parsed: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """A web page, not an API's answer. A JSON object is none, whatever its header calls it: some hosts do."""
        says_so = "html" in self.headers.get("content-type", "").lower() or self.body.lstrip()[:1] == b"<"
        return says_so and not isinstance(self.json(), dict)

    def json(self) -> Any:
        """The parsed body, or None when it is no JSON. Parsed once, so it is not to be changed."""
        if not self._parsed:
            self._parsed.append(self._parse())
        return self._parsed[0]

    def _parse(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

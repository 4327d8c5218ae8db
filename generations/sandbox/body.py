"""Reading a JSON create body field by field; what a dialect's documents do not allow is refused in its own words."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

from generations.sandbox.directives import DirectiveError, directives_in
from generations.sandbox.messages import Request
from generations.sandbox.newapi import Words

SMALL = 1024 * 1024  # bytes; enough for every body that has no picture inside


def clean(prompt: str) -> str:
    """JSON can hold half a character (a lone surrogate), which no file and no font can."""
    return prompt.encode("utf-8", "replace").decode()


def prompt_in(body: bytes) -> str | None:
    """The prompt of any JSON body that has one, valid or not; for counting."""
    try:
        prompt = json.loads(body)["prompt"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return clean(prompt) if isinstance(prompt, str) else None


def is_address(url: str) -> bool:
    """True for an absolute http(s) URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in url)
    except ValueError:
        return False


class Body:
    """A JSON object whose fields are asked for by name and type. Every wrong one raises what `words` makes of it."""

    def __init__(self, fields: dict[str, Any], words: Words) -> None:
        self._fields = fields
        self._words = words

    @classmethod
    def read(cls, request: Request, words: Words, *, limit: int | None = SMALL) -> Self:
        """The body of a request, at most `limit` bytes of JSON in UTF-8 that says so in its Content-Type."""
        if request.oversized or (limit is not None and len(request.body) > limit):
            raise words(413, "read_request_body_failed", "request body too large")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise words(400, "invalid_request", "Content-Type must be application/json")
        try:
            fields = json.loads(request.body.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise words(400, "invalid_json", "request body is not valid JSON") from None
        if not isinstance(fields, dict):
            raise words(400, "invalid_request", "request body must be a JSON object")
        return cls(fields, words)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def refuse(self, message: str, code: str = "invalid_request") -> NoReturn:
        raise self._words(400, code, message)

    def only(self, names: Collection[str]) -> None:
        """Refuse a field that is none of these."""
        for name in self._fields:
            if name not in names:
                self.refuse(f"unknown field: {name}")

    def apart(self, one: str, other: str) -> None:
        """Refuse two fields that exclude each other."""
        if one in self and other in self:
            self.refuse(f"{one} and {other} cannot be used together")

    def model(self, known: Collection[str]) -> str:
        """The model asked for; no gateway has a channel for one that is not `known`."""
        asked = self._fields.get("model")
        if asked is None or asked == "":
            self.refuse("model field is required", "missing_model")
        if not isinstance(asked, str):
            self.refuse("model must be a string")
        if asked not in known:
            message = f"No available channel for model {asked[:80]} under group default"
            raise self._words(503, "model_not_found", message)
        return asked

    def prompt(self) -> str:
        prompt = self._fields.get("prompt")
        if prompt is None or prompt == "":
            self.refuse("prompt is required")
        if not isinstance(prompt, str):
            self.refuse("prompt must be a string")
        if not prompt.strip():
            self.refuse("prompt is required")
        return clean(prompt)

    def directives(self, prompt: str) -> dict[str, float]:
        """What the prompt orders this sandbox to do wrong; a misspelt order is refused like a wrong field."""
        try:
            return dict(directives_in(prompt))
        except DirectiveError as error:
            self.refuse(str(error))

    def text(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of the choices; without a default the field must be there."""
        value = self._fields.get(name, default)
        if not isinstance(value, str) or value not in choices:
            self.refuse(f"{name} must be one of {', '.join(choices)}")
        return value

    def number(self, name: str, choices: Sequence[int], default: int | None = None) -> int:
        """One of the choices as a JSON integer; without a default the field must be there."""
        value = self._fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
            self.refuse(f"{name} must be an integer, one of {', '.join(map(str, choices))}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            self.refuse(f"{name} must be true or false")
        return value

    def link(self, name: str) -> str:
        """An http(s) URL, or "" when the field is absent."""
        value = self._fields.get(name, "")
        if name in self and not (isinstance(value, str) and is_address(value)):
            self.refuse(f"{name} must be an http(s) URL")
        return str(value)

    def links(self, name: str, most: int, *, data_uris: bool = False) -> list[str]:
        """At most `most` URLs of pictures (and data URIs where allowed); none when the field is absent."""
        value = self._fields.get(name, [])
        kinds = "http(s) URLs or data:image URIs" if data_uris else "http(s) URLs"
        if not isinstance(value, list) or not all(_leads_to_picture(item, data_uris) for item in value):
            self.refuse(f"{name} must be an array of {kinds}")
        if len(value) > most:
            self.refuse(f"{name} must hold at most {most}")
        return value

    def raw(self, name: str) -> Any:
        """The field as it came, None when it is absent."""
        return self._fields.get(name)


def _leads_to_picture(item: Any, data_uris: bool) -> bool:
    return isinstance(item, str) and (is_address(item) or (data_uris and item.startswith("data:image/")))


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")

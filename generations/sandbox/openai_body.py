"""A create body of the OpenAI dialect as it arrived, form or JSON, before anybody asks whether it is right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from generations.sandbox.body import clean
from generations.sandbox.messages import Request
from generations.sandbox.multipart import MultipartError, read_form
from generations.sandbox.openai_models import Flavour
from generations.sandbox.openai_words import unfit, words_of

BODY_LIMIT = 25 * 1024 * 1024  # bytes
FORM, JSON = "multipart/form-data", "application/json"
NOT_JSON = "We could not parse the JSON body of your request. The API expects a JSON payload."


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a body, or the `problem` that kept them from being read."""

    fields: Mapping[str, Any]
    problem: str = ""
    too_large: bool = False

    @property
    def prompt(self) -> str | None:
        """The prompt, if there is any; for counting."""
        prompt = self.fields.get("prompt")
        return clean(prompt) if isinstance(prompt, str) else None

    def usable(self, flavour: Flavour) -> Mapping[str, Any]:
        """The fields, or raise what an unreadable body earns."""
        if self.too_large:
            raise words_of(flavour)(413, "read_request_body_failed", "request body too large")
        if self.problem:
            raise unfit(flavour, self.problem)
        return self.fields


def sent(request: Request, kinds: tuple[str, ...] = (FORM, JSON)) -> Sent:
    """What a request's body holds; never raises."""
    if request.oversized or len(request.body) > BODY_LIMIT:
        return Sent({}, too_large=True)
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in kinds:
        return Sent({}, f"Unsupported content type: '{kind[:80]}'. Use {' or '.join(kinds)}.")
    return _sent_form(content_type, request.body) if kind == FORM else _sent_json(request.body)


def _sent_form(content_type: str, body: bytes) -> Sent:
    try:
        return Sent(read_form(content_type, body))
    except MultipartError as error:
        return Sent({}, f"We could not parse the form of your request: {error}.")


def _sent_json(body: bytes) -> Sent:
    try:
        fields = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Sent({}, NOT_JSON)
    return Sent(fields) if isinstance(fields, dict) else Sent({}, NOT_JSON)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")

"""Reading a create of the OpenAI dialect, strictly: exactly the documented fields, each of its own type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from generations.sandbox.body import clean
from generations.sandbox.directives import DirectiveError, directives_in
from generations.sandbox.jobs import Order
from generations.sandbox.openai_models import DEFAULT_MODEL, SLUG, Flavour, Limits, pixels, ratio
from generations.sandbox.openai_words import listed, unfit, words_of, wrong

FIELDS = ("model", "prompt", "seconds", "size", "input_reference", "characters")
PROMPT_LIMIT = 32_000  # characters
CHARACTERS_LIMIT = 2
TYPES = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "an array", dict: "an object"}
FLAGS = ("true", "false", "True", "False")


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields of one body, asked for by name; a wrong one is refused as the flavour words it."""

    fields: Mapping[str, Any]
    flavour: Flavour

    def order(self) -> Order:
        """The video asked for."""
        self.only((*FIELDS, *self.flavour.extras))
        model = self._model()
        limits = self.flavour.models[model]
        prompt = self.prompt()
        seconds, size = self._choice("seconds", limits.seconds), self._size(model, limits)
        self._check_characters()
        self._check_extras()
        width, height = pixels(size)
        details = {"size": size, "gateway": self.flavour.is_gateway, "remixed_from": None}
        return Order(SLUG, model, prompt, ratio(width, height), int(seconds), width, height, details)

    def only(self, names: tuple[str, ...]) -> None:
        """Refuse a field that is none of these."""
        for name in self.fields:
            if name not in names:
                self.refuse(name, f"Unknown parameter: '{name[:80]}'.", "unknown_parameter")

    def prompt(self) -> str:
        if "prompt" not in self.fields:
            self.refuse("prompt", "Missing required parameter: 'prompt'.", "missing_required_parameter")
        prompt = self._text("prompt", "a string")
        if not prompt:
            message = "Expected a string with minimum length 1, but got an empty string instead."
            self.refuse("prompt", f"Invalid 'prompt': empty string. {message}", "empty_string")
        if len(prompt) > PROMPT_LIMIT:
            message = f"maximum length {PROMPT_LIMIT}, but got a string with length {len(prompt)} instead."
            self.refuse("prompt", f"Invalid 'prompt': string too long. Expected a string with {message}", "too_long")
        return clean(prompt)

    def refuse(self, param: str, message: str, code: str) -> NoReturn:
        raise wrong(self.flavour, param, message, code)

    def _model(self) -> str:
        if self.flavour.is_gateway and not self.fields.get("model"):
            raise words_of(self.flavour)(400, "missing_model", "model field is required")
        known = tuple(self.flavour.models)
        asked = self._text("model", "a string", DEFAULT_MODEL)
        if asked not in known and self.flavour.is_gateway:
            message = f"No available channel for model {asked[:80]} under group default"
            raise words_of(self.flavour)(503, "model_not_found", message)
        return self._choice("model", known, DEFAULT_MODEL)

    def _size(self, model: str, limits: Limits) -> str:
        if self.flavour.is_gateway and self.fields.get("size", limits.sizes[0]) not in limits.sizes:
            self.refuse("size", f"{model} size is invalid", "invalid_size")
        return self._choice("size", limits.sizes)

    def _choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        """One of the choices; the first unless another default is named."""
        value = self._text(name, f"one of {listed(choices, 'or')}", default or choices[0])
        if value not in choices:
            message = f"Invalid value: '{value[:80]}'. Supported values are: {listed(choices, 'and')}."
            self.refuse(name, message, "invalid_value")
        return value

    def _text(self, name: str, expected: str, default: str = "") -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            got = TYPES.get(type(value), "null" if value is None else "a file")
            self.refuse(name, f"Invalid type for '{name}': expected {expected}, but got {got} instead.", "invalid_type")
        return value

    def _check_characters(self) -> None:
        characters = self.fields.get("characters", [])
        if not isinstance(characters, list) or not all(map(_is_character, characters)):
            self.refuse(
                "characters", "Invalid type for 'characters': expected an array of {id} objects.", "invalid_type"
            )
        if len(characters) > CHARACTERS_LIMIT:
            message = f"Invalid 'characters': array too long. Expected at most {CHARACTERS_LIMIT} items."
            self.refuse("characters", message, "array_above_max_length")

    def _check_extras(self) -> None:
        for name in self.flavour.extras:
            if name in self.fields and str(self.fields[name]) not in FLAGS:
                self.refuse(name, f"{name} must be true or false", "invalid_type")


def directives_of(prompt: str, flavour: Flavour) -> Mapping[str, float]:
    """What the prompt orders this sandbox to do wrong; a misspelt order is refused like a wrong field."""
    try:
        return directives_in(prompt)
    except DirectiveError as error:
        raise unfit(flavour, str(error)) from None


def _is_character(item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == {"id"} and isinstance(item["id"], str) and bool(item["id"])

"""Templates: a text with {variables}, or {variables=with a default}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Braces in braces, JSON and the like are no variables and stay as they are.
VARIABLE = re.compile(r"(?<!\{)\{([^\W\d_][\w \-]{0,39})(?:=([^{}\n]{0,200}))?\}(?!\})")


@dataclass(frozen=True, slots=True)
class Variable:
    """A place to fill in; the same name twice is one."""

    name: str
    default: str


def variables(text: str) -> list[Variable]:
    """In the order of the text; the first default that is given counts."""
    found: dict[str, str] = {}
    for name, default in VARIABLE.findall(text):
        found[name.strip()] = found.get(name.strip()) or default.strip()
    return [Variable(name, default) for name, default in found.items()]


def is_template(text: str) -> bool:
    return VARIABLE.search(text) is not None


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in; an empty value takes the default, and without one the braces stay."""
    known = {each.name: values.get(each.name, "").strip() or each.default for each in variables(text)}
    return VARIABLE.sub(lambda found: known[found[1].strip()] or found[0], text)

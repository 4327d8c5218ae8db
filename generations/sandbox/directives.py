"""Words in a prompt that make a job go wrong the way real ones do: `[sandbox:NAME]` or `[sandbox:NAME=VALUE]`.

The table below is what the code obeys, what the sandbox's own page shows and what the documentation prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

WRITTEN = re.compile(r"\[sandbox:([^\]=]*)(?:=([^\]]*))?\]", re.IGNORECASE)
NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Directive:
    """One way to misbehave. `value` names the number it takes ("" for none), `default` is used when it is left out."""

    name: str
    when: str
    promise: str
    value: str = ""
    default: float = 0.0

    @property
    def syntax(self) -> str:
        return f"[sandbox:{self.name}[={self.value}]]" if self.value else f"[sandbox:{self.name}]"


DIRECTIVES = (
    Directive("moderation", "create", "400: the prompt is refused in words of a content policy. No job is made."),
    Directive(
        "quota",
        "create",
        "403 insufficient_user_quota. No job is made; the portal pauses the provider until an admin ends it.",
    ),
    Directive(
        "rate-limit",
        "create",
        "429 with Retry-After: 1 for the first N creates of this very prompt, then accepted.",
        "N",
        1,
    ),
    Directive("overloaded", "create", "503 with Retry-After: 1 for the first create of this very prompt."),
    Directive("lost-answer", "create", "The job is made and counted, then the connection closes without an answer."),
    Directive("error-500", "create", "The job is made and counted, then a 502 HTML page is the answer."),
    Directive("garbled", "create", "The job is made and counted; the answer is 200 with JSON that breaks off."),
    Directive(
        "hang",
        "create",
        "The job is made and counted; the answer comes after SECONDS of real time.",
        "SECONDS",
        600,
    ),
    Directive("fail", "rendering", "Fails half-way for an internal reason."),
    Directive("fail-at-94", "rendering", "Fails at 94 % in words of a content policy."),
    Directive("vanish", "rendering", "Accepted, but from 30 % on the job is unknown (task_not_exist)."),
    Directive("unknown-word", "rendering", 'The status while rendering is "marinating"; it completes as usual.'),
    Directive("slow", "rendering", "Queueing and rendering take FACTOR times longer.", "FACTOR", 5),
    Directive("no-url", "completed", "Completes, but never with a video_url."),
    Directive("late-url", "completed", "Completes; the first two answers that say so carry no video_url."),
    Directive("bad-file", "download", "video_url leads to a line of text that is served as video/mp4."),
    Directive("gone-file", "download", "video_url answers 404."),
    Directive("short-file", "download", "The first two downloads break off half-way, the third is whole."),
)
BY_NAME: Mapping[str, Directive] = {directive.name: directive for directive in DIRECTIVES}


class DirectiveError(ValueError):
    """A directive that is not in the table, or a value it cannot take. The text says which."""


@lru_cache(maxsize=512)
def directives_in(prompt: str) -> Mapping[str, float]:
    """The directives a prompt holds, with their values, or raise DirectiveError: a misspelt one must not pass."""
    return dict(_read(name.strip().lower(), value) for name, value in _written(prompt))


def _written(prompt: str) -> list[tuple[str, str | None]]:
    return [(match[1], match[2]) for match in WRITTEN.finditer(prompt)]


def _read(name: str, value: str | None) -> tuple[str, float]:
    directive = BY_NAME.get(name)
    if directive is None:
        raise DirectiveError(f"unknown sandbox directive {name!r}; there are: {', '.join(BY_NAME)}")
    if value is None:
        return name, directive.default
    if not directive.value:
        raise DirectiveError(f"sandbox directive {name} takes no value")
    if not NUMBER.fullmatch(value.strip()):
        raise DirectiveError(f"sandbox directive {name} takes a plain number, not {value.strip()!r}")
    return name, float(value)

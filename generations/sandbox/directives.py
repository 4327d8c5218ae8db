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
    Directive("bad-key", "create", "401: the key is refused, whatever it is. No job is made."),
    Directive("banned", "create", "403: the account behind the key is banned. No job is made."),
    Directive("key-limit", "create", "402: the key's own limit is used up. No job is made."),
    Directive("unknown-model", "create", "503 model_not_found: no channel has the model. No job is made."),
    Directive("not-implemented", "create", "501: the gateway cannot translate the request. No job is made."),
    Directive("body-too-large", "create", "413: the body is too large, however small it is. No job is made."),
    Directive(
        "upstream-error",
        "create",
        "404 fail_to_fetch_task, whose message is the upstream's own answer as JSON text. No job is made.",
    ),
    Directive("html-200", "create", "200 with the gateway's HTML page. No job is made."),
    Directive("error-in-200", "create", "200 whose body is the quota error. No job is made."),
    Directive(
        "rate-limit",
        "create",
        "429 with Retry-After: 1 for the first N creates of this very prompt, then accepted.",
        "N",
        1,
    ),
    Directive("retry-after-date", "create", "429 with an HTTP date in Retry-After for the first create of a prompt."),
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
    Directive("json-reason", "rendering", "Fails half-way; the reason is JSON text with a code and a message."),
    Directive("error-object", "rendering", "Fails half-way; error is an object of code and message in any dialect."),
    Directive("cancelled", "rendering", 'Ends at 40 % with the status "cancelled".'),
    Directive("stuck", "rendering", "Stands at 94 % and never ends."),
    Directive("vanish", "rendering", "Accepted, but from 30 % on the job is unknown (task_not_exist)."),
    Directive("vanish-and-return", "rendering", "Unknown from 30 % to 60 %, then there again; it completes as usual."),
    Directive("unknown-word", "rendering", 'The status while rendering is "marinating"; it completes as usual.'),
    Directive("slow", "rendering", "Queueing and rendering take FACTOR times longer.", "FACTOR", 5),
    Directive("progress-back", "rendering", "Progress falls by 30 at 50 % and is right again from 70 % on."),
    Directive("progress-text", "query", 'Progress is text with a percent sign, such as "45%".'),
    Directive("synonyms", "query", "Status words are submitted, running, success and fail, as other hosts write them."),
    Directive("status-missing", "query", "While queued, answers have no status at all."),
    Directive("other-id", "query", "Answers carry another id than the create; only the create's id is known."),
    Directive("times-ms", "query", "Times are milliseconds."),
    Directive("times-iso", "query", "Times are ISO 8601 text."),
    Directive("query-error-500", "query", "The first N queries answer 502 with an HTML page.", "N", 2),
    Directive("query-rate-limit", "query", "The first N queries answer 429 with Retry-After: 1.", "N", 2),
    Directive("query-html", "query", "The first N queries answer 200 with the gateway's HTML page.", "N", 2),
    Directive("query-lost", "query", "The connection closes without an answer to the first N queries.", "N", 2),
    Directive("no-url", "completed", "Completes, but never with the video's URL."),
    Directive("late-url", "completed", "Completes; the first two answers that say so carry no URL."),
    Directive("url-data", "completed", "The URL is a data: URI."),
    Directive("url-javascript", "completed", "The URL is a javascript: one."),
    Directive("url-private", "completed", "The URL is http://10.0.0.1/x.mp4, an address of a private network."),
    Directive("url-redirect-private", "download", "The file answers 302 to http://10.0.0.1/x.mp4."),
    Directive("bad-file", "download", "The file is a line of text that is served as video/mp4."),
    Directive("gone-file", "download", "The file answers 404."),
    Directive("short-file", "download", "The first two downloads break off half-way, the third is whole."),
    Directive("drip-file", "download", "The file comes at N bytes a second.", "N", 20),
    Directive(
        "aged-link",
        "download",
        "The address that the first answer names is refused with 403; every later query names a good one.",
    ),
    Directive("huge-file", "download", "The file says it is 10 GB long; the clip comes over and over, 3 GiB at most."),
    Directive("endless-file", "download", "The file tells no length; the clip comes over and over, 3 GiB at most."),
    Directive("wrapped", "query", "mingyan only: the answer is wrapped in data, with result_url for the URL."),
    Directive("camel-callback", "callback", "v2_generations only: callbacks have camelCase keys and milliseconds."),
    Directive("callback-twice", "callback", "v2_generations only: every callback is posted twice."),
    Directive(
        "callback-lies",
        "callback",
        "v2_generations only: every callback says SUCCESS and names http://10.0.0.1/x.mp4.",
    ),
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

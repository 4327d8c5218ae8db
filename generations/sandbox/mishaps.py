"""What directives do to a create, in any dialect's words: refusals before the job, spoilt answers after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from generations.sandbox.answers import GATEWAY_PAGE
from generations.sandbox.house import House
from generations.sandbox.messages import Reply, html_reply
from generations.sandbox.newapi import RequestError, Words, bad_gateway

RETRY_SECONDS = 1
NO_QUOTA = "user quota is not enough, remaining: $0.00"
SATURATED = "upstream load of the current group is saturated, try again later"
ALL_BUSY = "all channels of this group are busy, try again later"

# Status, code and message of what is refused however often it is asked.
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "moderation": (400, "content_policy_violation", "content policy violation: the prompt was rejected"),
    "quota": (403, "insufficient_user_quota", NO_QUOTA),
    "bad-key": (401, "", "Invalid token"),
    "banned": (403, "", "the user has been banned"),
    "key-limit": (402, "", "the limit of this token is used up"),
    "unknown-model": (503, "model_not_found", "No available channel for this model under group default"),
    "not-implemented": (501, "not_implemented:convert_request_failed", "not implemented"),
    "body-too-large": (413, "read_request_body_failed", "request body too large"),
    "upstream-error": (404, "fail_to_fetch_task", '{"detail":"Not Found"}'),
    "error-in-200": (200, "insufficient_user_quota", NO_QUOTA),
}


def refuse(directives: Mapping[str, float], prompt_key: str, house: House, words: Words) -> None:
    """Raise the refusal the prompt asks for, if any, in the dialect's words. Nothing is made."""
    for name, refusal in REFUSALS.items():
        if name in directives:
            raise words(*refusal)
    if "html-200" in directives:
        raise RequestError(html_reply(200, GATEWAY_PAGE))
    _refuse_for_now(directives, prompt_key, house, words)


def _refuse_for_now(directives: Mapping[str, float], prompt_key: str, house: House, words: Words) -> None:
    """The refusals that end when the same prompt comes again, or again and again."""

    def is_among_first(name: str, times: float) -> bool:
        return name in directives and house.tally.nth(name, prompt_key) <= times

    if is_among_first("rate-limit", directives.get("rate-limit", 0)):
        raise words(429, "fail_to_fetch_task", SATURATED, Retry_After=str(RETRY_SECONDS))
    if is_among_first("retry-after-date", 1):
        raise words(429, "fail_to_fetch_task", SATURATED, Retry_After=_soon())
    if is_among_first("overloaded", 1):
        raise words(503, "model_not_found", ALL_BUSY, Retry_After=str(RETRY_SECONDS))


def spoil(reply: Reply, directives: Mapping[str, float]) -> Reply:
    """The answer as the prompt wants it to arrive, the job having been made."""
    if "lost-answer" in directives:
        return replace(reply, lost=True)
    if "error-500" in directives:
        reply = bad_gateway()
    if "garbled" in directives:
        reply = replace(reply, body=reply.body[: len(reply.body) // 2])
    return replace(reply, wait=directives.get("hang", 0.0))


def _soon() -> str:
    """An HTTP date a moment ahead; such a date has whole seconds only."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS + 1), usegmt=True)

"""Reading what providers really send: JSON that may be anything, errors in five shapes, numbers that are text.

Shared by dialects. The outcome table of a POST, as far as an HTTP answer decides it, is `created_id`.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from typing import Any

from generations.contract import Answer, Misconfigured, NeverHeard, NotKnown, NotTaken, Refused

LIMIT = 500  # characters of a provider's words that are kept
ID_LIMIT = 300  # characters of a provider's id that can be kept


def body_of(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object; anything else as an empty one."""
    body = answer.json()
    return body if isinstance(body, dict) else {}


def text_at(body: Mapping[str, Any], *paths: str) -> str:
    """The first non-empty text or number at one of these dotted paths, made storable; empty when there is none."""
    for path in paths:
        value: Any = body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (text := storable(str(value))):
            return text
    return ""


def storable(text: str) -> str:
    """The text without what no database column holds: NUL and half characters, which JSON can write."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def percent(value: Any) -> int | None:
    """Progress as 0 to 100 from 45, "45", "45%" or 45.2; None when it is none of these."""
    try:
        number = float(str(value).strip().rstrip("%"))
    except ValueError:
        return None
    return int(max(0.0, min(100.0, number))) if number == number else None


def words_of(answer: Answer) -> tuple[str, str]:
    """A provider's error as (code, message), both possibly empty."""
    body = body_of(answer)
    code = text_at(body, "error.code", "code", "error.type")
    message = text_at(body, "error.message", "message", "error", "fail_reason", "detail")
    return code, message[:LIMIT]


def retry_after(answer: Answer, now: float | None = None) -> float | None:
    """Seconds to wait by the Retry-After header, given as seconds or as a date; None when absent or unreadable."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except ValueError:
        return None
    return max(0.0, moment - (time.time() if now is None else now))


def describe(answer: Answer) -> str:
    """One line about an answer for staff."""
    code, message = words_of(answer)
    said = " ".join(filter(None, [code, message])) or storable(answer.text[:200])
    return f"HTTP {answer.status}: {said}"[:LIMIT]


MODEL_UNKNOWN = "model_not_found"
# Error codes of the new-api family that say for certain that nothing was made, by the status they stand for: they also
# come with a 2xx. Any other code may be one of a job that runs.
STATUS_INSIDE = {
    MODEL_UNKNOWN: 503,
    "insufficient_user_quota": 403,
    **dict.fromkeys(("invalid_request", "invalid_request_error", "invalid_json", "invalid_size", "missing_model"), 400),
}
NEVER_STATUSES = frozenset({408, 409, 425})


def created_id(answer: Answer, *paths: str) -> str:
    """The provider's id at one of these dotted paths of an accepted create, or raise what the answer means for money.

    A 2xx that carries an error body of the new-api family is read as that error. One without an id and without such
    an error is never taken for a refusal: the job may have been made.
    """
    status, (code, message) = answer.status, words_of(answer)
    if not 200 <= status < 300:
        raise _error(status, code, message, answer)
    name = text_at(body_of(answer), *paths)
    if not name:
        raise _without_id(answer, code, message)
    if len(name) > ID_LIMIT:
        raise NeverHeard("The provider's answer had an id that is too long.", detail=describe(answer))
    return name


def _without_id(answer: Answer, code: str, message: str) -> Exception:
    if body_of(answer):
        if code in STATUS_INSIDE:
            return _error(STATUS_INSIDE[code], code, message, answer)
        return NeverHeard("The provider's answer had no id.", detail=describe(answer))
    if answer.is_html:
        return Misconfigured("The address answers with a web page, not the API.", detail=describe(answer))
    return NeverHeard("The provider's answer could not be read.", detail=describe(answer))


def _error(status: int, code: str, message: str, answer: Answer) -> Exception:
    detail = describe(answer)
    if status == 429:
        return NotTaken("The provider is busy.", detail=detail, retry_after=retry_after(answer))
    unknown = code == MODEL_UNKNOWN
    if status == 503 and ("retry-after" in answer.headers or unknown):
        words = "The provider has no free channel for this model." if unknown else "The provider is overloaded."
        return NotTaken(words, detail=detail, retry_after=retry_after(answer), model_unknown=unknown)
    if status in {401, 402} or (status == 403 and _is_about_the_account(code, message)):
        return Misconfigured("The provider refused the key or the balance is used up.", detail=detail)
    if status == 404 or 300 <= status < 400:
        return Misconfigured("The address is wrong: the provider does not know this path.", detail=detail)
    if 400 <= status < 500 and status not in NEVER_STATUSES:
        return Refused(message or f"The provider refused the request (HTTP {status}).", detail=detail)
    return NeverHeard("The provider broke off without a clear answer.", detail=detail)


def _is_about_the_account(code: str, message: str) -> bool:
    """A 403 is about key or quota unless it plainly speaks of content."""
    words = f"{code} {message}".casefold()
    return not any(word in words for word in ("moderation", "content", "policy", "prompt", "safety"))


def check_known(answer: Answer) -> dict[str, Any]:
    """The body of a query, or raise NotKnown or what else went wrong. Never ends a job by itself."""
    code, message = words_of(answer)
    if answer.is_html and answer.status in {200, 404}:
        raise Misconfigured("The address answers with a web page, not the API.", detail=describe(answer))
    if answer.status == 404 or "task_not_exist" in f"{code} {message}":
        raise NotKnown("The provider does not know this job.", detail=describe(answer))
    if 200 <= answer.status < 300:
        body = body_of(answer)
        if body:
            return body
        raise NeverHeard("The provider's answer could not be read.", detail=describe(answer))
    raise _error(answer.status, code, message, answer)

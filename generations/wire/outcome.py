"""What an answer means for money: the outcome table of a POST, as far as an HTTP answer decides it."""

from __future__ import annotations

from typing import Any

from generations.contract import Answer, Cause, Misconfigured, NeverHeard, NotKnown, NotTaken, Refused
from generations.contract.words import gettext_noop
from generations.wire.content import is_about_content
from generations.wire.reading import ID_LIMIT, body_of, describe, retry_after, text_at, unwrapped, words_of

MODEL_UNKNOWN = "model_not_found"
NO_SUCH_JOB = ("task_not_exist", "task_not_found")  # new-api; a gateway that speaks OpenAI's dialect
# Error codes of the new-api family that say for certain that nothing was made, by the status they stand for: they also
# come with a 2xx. Any other code may be one of a job that runs.
STATUS_INSIDE = {
    MODEL_UNKNOWN: 503,
    "insufficient_user_quota": 403,
    **dict.fromkeys(("invalid_request", "invalid_request_error", "invalid_json", "invalid_size", "missing_model"), 400),
}
# Codes that say what is wrong under whatever 4xx they come: one gateway has them all under 400.
USED_UP = frozenset(
    {"insufficient_quota", "insufficient_credits", "billing_hard_limit_reached", "insufficient_user_quota"}
)
BUSY = frozenset({"rate_limit_exceeded"})
BUSY_WORDS = gettext_noop("The provider is busy.")
NO_CHANNEL = gettext_noop("The provider has no free channel for this model.")
NO_SUCH_MODEL = gettext_noop("The provider does not offer this model.")
OVERLOADED = gettext_noop("The provider is overloaded.")
REFUSED = gettext_noop("The provider refused the request (HTTP {status}).")
USED_UP_WORDS = gettext_noop("The provider refused the key or the balance is used up.")
# A 404 that says so is about this request, not about the path: OpenAI, a gateway's upstream, Azure.
ABOUT_THE_MODEL = frozenset({MODEL_UNKNOWN, "fail_to_fetch_task", "video_generation_user_error"})
NOT_OFFERED = frozenset({MODEL_UNKNOWN, "video_generation_user_error"})
NO_SUCH_PATH = ("invalid url", "no handler found")  # how servers begin to say that the path, not the job, is wrong
NO_SUCH_ANYTHING = "not found"  # all of the message: the job is not there, or the path is not
NEVER_STATUSES = frozenset({408, 409, 425})


def created_id(answer: Answer, *paths: str) -> str:
    """The provider's id at one of these dotted paths of an accepted create, or raise what the answer means for money.

    A 2xx that carries an error body of the new-api family is read as that error. One without an id and without such
    an error is never taken for a refusal: the job may have been made.
    """
    status, (code, message) = answer.status, words_of(answer)
    if not 200 <= status < 300:
        raise _error(status, code, message, answer)
    body = body_of(answer)
    name = text_at(unwrapped(body, *paths), *paths)
    if not name:
        raise _without_id(answer, code, message)
    if len(name) > ID_LIMIT:
        raise NeverHeard(gettext_noop("The provider's answer had an id that is too long."), detail=describe(answer))
    return name


def _without_id(answer: Answer, code: str, message: str) -> Exception:
    if body_of(answer):
        if code in STATUS_INSIDE:
            return _error(STATUS_INSIDE[code], code, message, answer)
        return NeverHeard(gettext_noop("The provider's answer had no id."), detail=describe(answer))
    if answer.is_page:
        return _no_api(answer)
    return NeverHeard(gettext_noop("The provider's answer could not be read."), detail=describe(answer))


def _error(status: int, code: str, message: str, answer: Answer) -> Exception:
    detail = describe(answer)
    if 400 <= status < 500 and code in USED_UP:
        return Misconfigured(USED_UP_WORDS, detail=detail, cause=Cause.BALANCE)
    if status == 429 or (400 <= status < 500 and code in BUSY):
        return NotTaken(BUSY_WORDS, detail=detail, cause=Cause.BUSY, retry_after=retry_after(answer))
    unknown = code == MODEL_UNKNOWN
    if status == 503 and ("retry-after" in answer.headers or unknown):
        words = NO_CHANNEL if unknown else OVERLOADED
        cause = Cause.MODEL if unknown else Cause.BUSY
        return NotTaken(words, detail=detail, cause=cause, retry_after=retry_after(answer), model_unknown=unknown)
    if status in {401, 402} or (status == 403 and _is_about_the_account(code, message)):
        return Misconfigured(USED_UP_WORDS, detail=detail, cause=Cause.KEY if status == 401 else Cause.BALANCE)
    if status == 404 and code in ABOUT_THE_MODEL:
        return Refused(message or NO_SUCH_MODEL, detail=detail, cause=_cause(code, message))
    if status == 404 or 300 <= status < 400:
        return _no_path(answer)
    if 400 <= status < 500 and status not in NEVER_STATUSES:
        return Refused(message or REFUSED.format(status=status), detail=detail, cause=_cause(code, message))
    return NeverHeard(gettext_noop("The provider broke off without a clear answer."), detail=detail)


def _cause(code: str, message: str) -> Cause:
    """Why a request was refused, as far as the answer tells."""
    if is_about_content(code, message):
        return Cause.CONTENT
    return Cause.MODEL if code in NOT_OFFERED else Cause.OTHER


def _is_about_the_account(code: str, message: str) -> bool:
    """A 403 is about key or quota unless it plainly speaks of content."""
    words = f"{code} {message}".casefold()
    return not any(word in words for word in ("moderation", "content", "policy", "prompt", "safety"))


def check_known(answer: Answer) -> dict[str, Any]:
    """The body of a query, or raise NotKnown or what else went wrong. Never ends a job by itself."""
    if answer.is_page and answer.status in {200, 404}:
        raise _no_api(answer)
    if 200 <= answer.status < 300 and not _speaks_of_no_such_job(answer.text):
        body = body_of(answer)
        if body:
            return unwrapped(body, "status")
        raise NeverHeard(gettext_noop("The provider's answer could not be read."), detail=describe(answer))
    return _unknown_or_worse(answer)


def _unknown_or_worse(answer: Answer) -> dict[str, Any]:
    """The body after all, when only its text speaks of such a code; else what went wrong."""
    code, message = words_of(answer)
    if answer.status == 404 and message.casefold().startswith(NO_SUCH_PATH):
        raise _no_path(answer)
    if answer.status == 404 and message.casefold().rstrip(".") == NO_SUCH_ANYTHING:
        words = gettext_noop("The provider does not know this job, or not this path.")
        raise NotKnown(words, detail=describe(answer), cause=Cause.PATH)
    if answer.status == 404 or _speaks_of_no_such_job(f"{code} {message}"):
        raise NotKnown(gettext_noop("The provider does not know this job."), detail=describe(answer))
    if 200 <= answer.status < 300:
        return unwrapped(body_of(answer), "status")
    raise _error(answer.status, code, message, answer)


def _speaks_of_no_such_job(words: str) -> bool:
    return any(code in words for code in NO_SUCH_JOB)


def _no_api(answer: Answer) -> Misconfigured:
    words = gettext_noop("The address answers with a web page, not the API.")
    return Misconfigured(words, detail=describe(answer), cause=Cause.PAGE)


def _no_path(answer: Answer) -> Misconfigured:
    words = gettext_noop("The address is wrong: the provider does not know this path.")
    return Misconfigured(words, detail=describe(answer), cause=Cause.PATH)

"""How the OpenAI dialect says no: its error object, and what the mishaps common to all dialects are called in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generations.sandbox import newapi
from generations.sandbox.messages import Reply, Request, json_reply
from generations.sandbox.newapi import RequestError, Words
from generations.sandbox.openai_models import Flavour

INVALID = "invalid_request_error"
BLOCKED, BLOCKED_MESSAGE = "moderation_blocked", "Your request was blocked by our moderation system."


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal in OpenAI's words; a status of 0 leaves it as it is."""

    code: str | None
    message: str
    type: str = INVALID
    status: int = 0


QUOTA = "You exceeded your current quota, please check your plan and billing details."
OVERLOADED = "The server is currently overloaded with other requests. Please try again later."
BY_CODE: Mapping[str, Said] = {
    "content_policy_violation": Said(BLOCKED, BLOCKED_MESSAGE),
    "insufficient_user_quota": Said("insufficient_quota", QUOTA, "insufficient_quota", 429),
}
BY_STATUS: Mapping[int, Said] = {
    401: Said("invalid_api_key", "Incorrect API key provided."),
    402: Said("billing_hard_limit_reached", "Billing hard limit has been reached.", status=429),
    403: Said("account_deactivated", "The account associated with this API key has been deactivated.", status=401),
    429: Said("rate_limit_exceeded", "Rate limit reached for requests", "requests"),
}
NO_MODEL = Said("model_not_found", "The model does not exist or you do not have access to it.", status=404)
BUSY = Said(None, OVERLOADED, "server_error")


def words_of(flavour: Flavour) -> Words:
    """The words of a flavour for what the family calls by a status and a code."""
    return newapi.family_error if flavour.is_gateway else refusal


def refusal(status: int, code: str, message: str, /, **headers: str) -> RequestError:
    """The family's refusal, translated; what OpenAI has no words for keeps its sentence."""
    if code == "model_not_found":
        said = BUSY if "Retry_After" in headers else NO_MODEL
    else:
        said = BY_CODE.get(code) or BY_STATUS.get(status) or Said(None, message, _type(status))
    status = status if status == 200 else said.status or status  # an error in a 200 stays one
    return RequestError(error_reply(status, said.message, None, said.code, said.type, **headers))


def error_reply(
    status: int, message: str, param: str | None = None, code: str | None = None, kind: str = INVALID, **headers: str
) -> Reply:
    """An error object with all its keys."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_reply(status, {"error": error}, **headers)


def wrong(flavour: Flavour, param: str, message: str, code: str) -> RequestError:
    """A field that is not as documented; gateways do not name it but in the sentence."""
    if flavour.is_gateway:
        return newapi.task_error(400, "invalid_size" if param == "size" else "invalid_request", message)
    return RequestError(error_reply(400, message, param, code))


def unfit(flavour: Flavour, message: str) -> RequestError:
    """A request that is wrong as a whole."""
    if flavour.is_gateway:
        return newapi.task_error(400, "invalid_request", message)
    return RequestError(error_reply(400, message))


def unknown(flavour: Flavour, job_id: str) -> RequestError:
    """There is no such video."""
    if flavour.is_gateway:
        return newapi.task_error(400, "task_not_exist", "task_not_exist")
    return RequestError(error_reply(404, f"Video with id '{job_id[:80]}' not found."))


def listed(values: tuple[str, ...], conjunction: str) -> str:
    """Values as OpenAI lists them: "'4', '8', and '12'"."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return f" {conjunction} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {conjunction} {quoted[-1]}"


def check_key(request: Request, key: str, flavour: Flavour) -> None:
    """Let a request pass that carries the key; refuse every other."""
    newapi.check_key(request, key, words_of(flavour))


def _type(status: int) -> str:
    return "server_error" if status >= 500 else INVALID

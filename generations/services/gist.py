"""What went wrong at a provider in our own words: its own may quote a private prompt, and all staff read this."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop as _

from generations.contract import Cause, DialectError, Refused

# The only words of an answer that are kept: codes of the dialects' families. Any other text may be somebody's prompt.
CODES = frozenset(
    {
        "invalid_api_key", "invalid_token", "access_denied", "insufficient_quota", "insufficient_user_quota",
        "insufficient_credits", "billing_hard_limit_reached", "rate_limit_exceeded", "model_not_found",
        "task_not_exist", "task_not_found", "fail_to_fetch_task", "video_generation_user_error", "invalid_request",
        "invalid_request_error", "invalid_json", "invalid_size", "missing_model", "new_api_error", "server_error",
        "read_request_body_failed",
    }
)  # fmt: skip
REFUSED = _("The provider refused the request.")
ANSWERED, CAUSED = _("HTTP {status}: {words}"), _("Cause: {cause}.")
ANSWER = re.compile(r"HTTP (\d{3})\b(?:: (\w+))?")
CAUSES = {401: Cause.KEY, 402: Cause.BALANCE, 403: Cause.BALANCE, 429: Cause.BALANCE, 404: Cause.PATH}
CURES = {
    Cause.NAME: _("Its name is not known (DNS). Look for a typing error in the base URL."),
    Cause.UNREACHABLE: _("Nothing answers there. Check host and port, and whether a firewall is in between."),
    Cause.TLS: _("The TLS handshake failed. Check that the port speaks https."),
    Cause.CERTIFICATE: _("Its certificate is not one this machine trusts. It must be valid for exactly this name."),
    Cause.FORBIDDEN: _("It leads to a private address. If that is meant, allow a private address for this provider."),
    Cause.KEY: _("It answered, but refused the key. Set the key again."),
    Cause.BALANCE: _(
        "It answered and knows the key, but refuses it: the balance is used up or a permission is missing."
    ),
    Cause.PAGE: _("A web page answered, not the API. The base URL or a path is wrong."),
    Cause.PATH: _("It answered, but does not know this path. Check the base URL, the dialect and the paths."),
    Cause.BUSY: _("It answered that it is busy. The address works; try again in a minute to learn about the key."),
}


def gist(error: DialectError) -> str:
    """The status and code of the answer, our sentence and the cause: what an admin needs, and no free words."""
    status, code = _answer(error.detail)
    sentence = REFUSED if isinstance(error, Refused) else str(error)
    told = _answered(status, code, sentence)
    return told if error.cause == Cause.OTHER else f"{told} {CAUSED.format(cause=error.cause)}"


def cure(detail: str) -> str:
    """A pause's reason from an error's detail: of an answer its status, code and cure; else the detail as it is."""
    status, code = _answer(detail)
    return _answered(status, code, CURES[_cause(status, code)]) if status else detail


def _answer(detail: str) -> tuple[int, str]:
    """The status and the known code that a detail begins with; 0 when it is about no answer."""
    found = ANSWER.match(detail)
    if not found:
        return 0, ""
    return int(found[1]), found[2] if found[2] in CODES else ""


def _answered(status: int, code: str, words: str) -> str:
    """HTTP 401, invalid_api_key: the words"""
    known = ", ".join(filter(None, [str(status), code]))
    return ANSWERED.format(status=known, words=words) if status else words


def _cause(status: int, code: str) -> Cause:
    if 200 <= status < 300 and not code:
        return Cause.PAGE
    return Cause.PATH if 300 <= status < 400 else CAUSES.get(status, Cause.BALANCE)

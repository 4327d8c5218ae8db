"""How a job stands, from an answer in any of the shapes the five dialects' hosts are known to use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generations.contract import Cause, RemoteOutput, RemoteState, Snapshot
from generations.contract.words import gettext_noop
from generations.wire.content import is_about_content
from generations.wire.reading import LIMIT, amount_at, moment_at, percent, reason_at, storable, text_at, value_at

S = RemoteState
# One table for all: hosts mix the words of the families, and no word means two things.
WORDS: Mapping[str, RemoteState] = {
    **dict.fromkeys(
        ("queued", "pending", "submitted", "not_start", "notstarted", "preparing", "created", "starting", "unknown"),
        S.PENDING,
    ),
    **dict.fromkeys(("in_progress", "processing", "running", "generating"), S.RUNNING),
    **dict.fromkeys(("completed", "complete", "success", "succeeded", "succeed", "finished", "done"), S.SUCCEEDED),
    **dict.fromkeys(("failed", "failure", "fail", "error", "expired", "deleted"), S.FAILED),
    **dict.fromkeys(("cancelled", "canceled"), S.CANCELLED),
}
ENDED_THERE = {
    "expired": gettext_noop("The provider says it expired there."),
    "deleted": gettext_noop("The provider says it was deleted there."),
}
# Where a host names one file, the first that is there; and where it lists all of them.
URLS = (
    "video_url", "result_url", "url", "data.output", "data.video_url", "data.url", "output", "output.video_url",
    "metadata.url", "metadata.video_url", "video.url", "detail.url", "detail.draft_info.downloadable_url",
)  # fmt: skip
LISTS = ("data.outputs", "outputs", "data.output", "output")
CODES = ("error.code", "data.error.code", "error.type", "code")
IN_A_LIST = ("video_url", "url")  # of an entry that is more than an address
OUTPUTS_MOST = 10


def snapshot(body: Mapping[str, Any], **known: Any) -> Snapshot:
    """The answer in our words. `known` overrides what a dialect reads in its own way (any field of Snapshot)."""
    word = text_at(body, "status")
    state = WORDS.get(word.casefold(), S.UNRECOGNISED)
    read = {
        "state": state,
        "progress": percent(body.get("progress")),
        "outputs": outputs(body),
        "word": word,
        "cost": amount_at(body, "cost", "amount"),
    }
    ended = _end(body, word) if state in (S.FAILED, S.CANCELLED) else {}
    return Snapshot(**read | ended | known)


def _end(body: Mapping[str, Any], word: str) -> dict[str, Any]:
    """Why it ended without a clip: in the provider's words, by what can be done about it, and in full."""
    said, code = reason(body, word), text_at(body, *CODES)
    cause = Cause.LOST if word.casefold() in ENDED_THERE else Cause.BROKEN
    if is_about_content(code, said):
        cause = Cause.CONTENT
    return {"reason": said, "cause": cause, "detail": " ".join(filter(None, [f"{word}:", code, said]))[:LIMIT]}


def outputs(body: Mapping[str, Any]) -> tuple[RemoteOutput, ...]:
    """The finished files' addresses, where any host puts them, each once."""
    listed = [_address(entry) for path in LISTS for entry in _entries(value_at(body, path))]
    expires_at, found = moment_at(body, "expires_at"), dict.fromkeys([text_at(body, *URLS), *listed])
    return tuple(RemoteOutput(url, expires_at) for url in found if url)[:OUTPUTS_MOST]


def _address(entry: Any) -> str:
    if isinstance(entry, str):
        return storable(entry)
    return text_at(entry, *IN_A_LIST) if isinstance(entry, dict) else ""


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def reason(body: Mapping[str, Any], word: str) -> str:
    """Why it ended without a clip."""
    said = reason_at(body, "data.error.message", "data.error", "detail.failure_reason")
    return " ".join(filter(None, [ENDED_THERE.get(word.casefold(), ""), said]))

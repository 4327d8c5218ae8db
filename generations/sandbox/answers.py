"""The last step of every query's answer, where a prompt's directives bend it; common to all dialects.

A body is bent by the names of its keys, at the top and in `data`, so that no dialect has to know the directives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from generations.sandbox import newapi
from generations.sandbox.house import House
from generations.sandbox.jobs import CANCELLED, FALSE_URLS, Job, Moment, Stage
from generations.sandbox.messages import Reply, html_reply, json_reply

LATE_ANSWERS = 2
MILLISECONDS_FROM = 1e11  # no unix time in seconds is that large

ID_KEYS = frozenset({"id", "task_id"})
TIME_KEYS = frozenset(
    {"created_at", "created", "completed_at", "expires_at", "status_update_time"}
    | {"submit_time", "start_time", "finish_time", "finished_at"}
)
URL_KEYS = frozenset({"video_url", "result_url", "output", "url"})
SYNONYMS: Mapping[Stage, str] = {
    Stage.QUEUED: "submitted",
    Stage.RENDERING: "running",
    Stage.COMPLETED: "success",
    Stage.FAILED: "fail",
}
GATEWAY_PAGE = '<!doctype html><html><head><title>Gateway</title></head><body><div id="root"></div></body></html>\n'


def shape(
    job: Job, moment: Moment, body: Mapping[str, Any], house: House, words: newapi.Words = newapi.family_error
) -> Reply:
    """The reply to a query: the body as the job's directives want it, or the trouble they want instead."""
    trouble = _trouble(job, house, words)
    return trouble or json_reply(
        200, _aged(bent(body, job, moment, shows_url=_shows_url(job, moment, house)), job, house)
    )


def _aged(body: dict[str, Any], job: Job, house: House) -> dict[str, Any]:
    """Another address for the file in every answer that names one, of which the first is no good."""
    if "aged-link" not in job.directives:
        return body
    levels = [body, *(level for level in [body.get("data")] if isinstance(level, dict))]
    named = [(level, key) for level in levels for key in URL_KEYS & level.keys() if isinstance(level[key], str)]
    number = house.tally.nth("aged-link", job.id) if named else 0
    for level, key in named:
        level[key] = f"{level[key]}?link={number}"
    return body


def bent(body: Mapping[str, Any], job: Job, moment: Moment, *, shows_url: bool = True) -> dict[str, Any]:
    """The body with everything in it changed that the directives name."""
    changed = _bent_level(body, job, moment, shows_url)
    if isinstance(changed.get("data"), dict):
        changed["data"] = _bent_level(changed["data"], job, moment, shows_url)
    if moment.stage is Stage.FAILED and "error-object" in job.directives:
        changed["error"] = {"code": "task_failed", "message": moment.reason}
    return changed


def _trouble(job: Job, house: House, words: newapi.Words) -> Reply | None:
    """What the first queries get in place of an answer."""
    for name, reply in TROUBLES.items():
        if name in job.directives and house.tally.nth(name, job.id) <= job.directives[name]:
            return reply(words)
    return None


def _too_many(words: newapi.Words) -> Reply:
    return words(429, "rate_limit_exceeded", "too many queries, slow down", Retry_After="1").reply


TROUBLES: Mapping[str, Callable[[newapi.Words], Reply]] = {
    "query-lost": lambda _: Reply(200, lost=True),
    "query-error-500": lambda _: newapi.bad_gateway(),
    "query-rate-limit": _too_many,
    "query-html": lambda _: html_reply(200, GATEWAY_PAGE),
}


def _shows_url(job: Job, moment: Moment, house: House) -> bool:
    if moment.stage is Stage.COMPLETED and "late-url" in job.directives:
        return house.tally.nth("late-url", job.id) > LATE_ANSWERS
    return "no-url" not in job.directives


def _bent_level(level: Mapping[str, Any], job: Job, moment: Moment, shows_url: bool) -> dict[str, Any]:
    changed = dict(level)
    if "status-missing" in job.directives and moment.stage is Stage.QUEUED:
        changed.pop("status", None)
    for key, value in changed.items():
        if key == "status":
            changed[key] = _bent_status(str(value), job, moment)
        elif key == "progress" and "progress-text" in job.directives:
            changed[key] = f"{str(value).rstrip('%')}%"
        elif key in ID_KEYS and "other-id" in job.directives:
            changed[key] = f"other-{job.token[:16]}"
        elif key in TIME_KEYS:
            changed[key] = _bent_time(value, job.directives)
        elif key in URL_KEYS and isinstance(value, str):
            changed[key] = next(_false_urls(job), value) if shows_url else None
    return changed


def _bent_status(word: str, job: Job, moment: Moment) -> str:
    """The word for this stage, in capitals where the dialect writes capitals."""
    bent = word
    if "synonyms" in job.directives:
        bent = SYNONYMS.get(moment.stage, word)
    if "unknown-word" in job.directives and moment.stage is Stage.RENDERING:
        bent = "marinating"
    if CANCELLED in job.directives and moment.stage is Stage.FAILED:
        bent = CANCELLED
    return bent.upper() if word.isupper() else bent


def _bent_time(value: Any, directives: Mapping[str, float]) -> Any:
    """A unix time in another unit or as text; 0 and None mean "not yet" and stay."""
    if not isinstance(value, int | float) or not value:
        return value
    seconds = value / 1000 if value > MILLISECONDS_FROM else value
    if "times-iso" in directives:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    return int(seconds * 1000) if "times-ms" in directives else value


def _false_urls(job: Job) -> Iterator[str]:
    return (url for name, url in FALSE_URLS.items() if name in job.directives)

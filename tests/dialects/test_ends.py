"""Why a clip was not made, as far as any provider's words tell what can be done about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generations.contract import Answer, Cause, DialectError, Snapshot
from generations.dialects import DIALECTS
from generations.services.speaking import read_created, read_snapshot
from generations.wire.content import is_about_content

KEY = "sk-0123456789-very-secret"
EACH = pytest.mark.parametrize("slug", sorted(DIALECTS))


def answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())


def seen(slug: str, **body: Any) -> Snapshot:
    return read_snapshot(DIALECTS[slug]("https://api.example.com", KEY), answer(200, {"id": "a", **body}), "a")


@EACH
@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ({"error": {"code": "moderation_blocked", "message": "Your request was blocked."}}, Cause.CONTENT),
        ({"error": "content moderation rejected the generated video"}, Cause.CONTENT),
        ({"fail_reason": "内容审核未通过"}, Cause.CONTENT),
        ({"error": {"code": "task_failed", "message": "the render node stopped"}}, Cause.BROKEN),
        ({}, Cause.BROKEN),
    ],
)
def test_a_failure_says_whether_it_was_the_content(slug: str, body: dict[str, Any], cause: Cause) -> None:
    assert seen(slug, status="failed", **body).cause == cause


@EACH
def test_staff_read_all_that_was_said_but_no_secret(slug: str) -> None:
    failed = seen(slug, status="failed", error={"code": "server_error", "message": f"bad {KEY}"})
    assert failed.detail == "failed: server_error bad •••"


@EACH
def test_what_expired_there_says_so_in_our_words_first(slug: str) -> None:
    plain, wordy = seen(slug, status="expired"), seen(slug, status="expired", error="too old")
    assert plain.reason == "The provider says it expired there."
    assert (wordy.reason, wordy.cause) == ("The provider says it expired there. too old", Cause.LOST)


@EACH
@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, {"error": {"code": "content_policy_violation", "message": "no"}}, Cause.CONTENT),
        (403, {"error": {"code": "", "message": "refused by content moderation"}}, Cause.CONTENT),
        (400, {"error": {"code": "invalid_value", "message": "no such size"}}, Cause.OTHER),
        (404, {"error": {"code": "video_generation_user_error", "message": "no deployment"}}, Cause.MODEL),
        (503, {"error": {"code": "model_not_found", "message": "no channel"}}, Cause.MODEL),
        (429, {}, Cause.BUSY),
        (401, {}, Cause.KEY),
        (402, {}, Cause.BALANCE),
    ],
)
def test_a_refusal_says_what_can_be_done(slug: str, status: int, body: dict[str, Any], cause: Cause) -> None:
    with pytest.raises(DialectError) as told:
        read_created(DIALECTS[slug]("https://api.example.com", KEY), answer(status, body))
    assert told.value.cause == cause


@pytest.mark.parametrize("words", ["model names are case-sensitive", "duplicate key violates a constraint", "", "busy"])
def test_other_words_are_about_no_content(words: str) -> None:
    assert not is_about_content(words)

"""Whatever JSON comes, a dialect reads it or raises a DialectError; and what it read can be stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generations.contract import Answer, DialectError
from generations.dialects import DIALECTS
from generations.wire.reading import ID_LIMIT, LIMIT

KEYS = (
    "id", "task_id", "status", "progress", "data", "error", "message", "code", "video_url", "output", "outputs",
    "detail", "url", "result", "expires_at", "cost", "fail_reason", "metadata", "video", "type",
)  # fmt: skip
ODD: list[Any] = [10**400, 1e308, float("nan"), float("inf"), "completed", "FAILURE", "45%", '{"message": {}}']
ODD += ["{" * 2000, "\x00", "\ud83e", '{"message": "{\\"error\\": {\\"message\\": 1}}"}', "1e999", "9" * 400]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ODD)
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
)
STATUSES = st.sampled_from([200, 200, 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503])
WAITS = st.sampled_from(["", "x", "1e99", "nan", "-5", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"])


@pytest.mark.parametrize("slug", sorted(DIALECTS))
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES, status=STATUSES, wait=WAITS)
def test_whatever_comes_is_read_or_named(slug: str, body: object, status: int, wait: str) -> None:
    answer = Answer(status, {"content-type": "application/json", "retry-after": wait}, json.dumps(body).encode())
    speaking = DIALECTS[slug]("https://api.example.com", "k")
    try:
        name = speaking.read_created(answer)
        assert 0 < len(name) <= ID_LIMIT
        storable(name)
    except DialectError as error:
        storable(str(error), error.detail)
    try:
        seen = speaking.read_snapshot(answer, "gen_1")
        assert seen.progress is None or 0 <= seen.progress <= 100
        assert len(seen.reason) <= LIMIT
        storable(seen.reason, seen.word, *(output.url for output in seen.outputs))
    except DialectError as error:
        storable(str(error), error.detail)


def storable(*texts: str) -> None:
    """No column of ours holds NUL or half a character."""
    for text in texts:
        assert "\x00" not in text.encode().decode()

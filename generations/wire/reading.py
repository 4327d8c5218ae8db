"""Reading JSON that may be anything: errors in five shapes, numbers that are text, text that is JSON."""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from generations.contract import PRICE_MOST, Answer

LIMIT = 500  # characters of a provider's words that are kept
ID_LIMIT = 300  # characters of a provider's id that can be kept
MILLISECONDS = 1e11  # unix times above are no seconds
REASONS = ("error.message", "message", "error", "fail_reason", "failReason", "failure_reason", "detail", "detail.0.msg")
ENVELOPES = ("data", "result", "output")


def body_of(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object; anything else as an empty one."""
    body = answer.json()
    return body if isinstance(body, dict) else {}


def unwrapped(body: dict[str, Any], *marks: str) -> dict[str, Any]:
    """The object that has one of these keys: the body itself, or the one inside `data`, `result` or `output`."""
    for inner in (body, *(body.get(name) for name in ENVELOPES)):
        if isinstance(inner, dict) and any(inner.get(mark) not in (None, "") for mark in marks):
            return inner
    return body


def value_at(body: Any, path: str) -> Any:
    """What lies at a dotted path; a whole number is a place in a list. None when there is nothing."""
    for part in _steps(path):
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body


@cache
def _steps(path: str) -> list[str]:
    return path.split(".")


def text_at(body: Mapping[str, Any], *paths: str) -> str:
    """The first non-empty text or number at one of these dotted paths, made storable; empty when there is none."""
    for path in paths:
        if text := _text(value_at(body, path)):
            return text
    return ""


def named(body: Mapping[str, Any], *paths: str) -> str:
    """The id at one of these paths, or "" when there is none that can be kept."""
    name = text_at(body, *paths)
    return name if len(name) <= ID_LIMIT else ""


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return "" if isinstance(value, float) and not math.isfinite(value) else storable(str(value))


def storable(text: str) -> str:
    """The text without what no database column holds: NUL and half characters, which JSON can write."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\x00", "").strip()


def reason_at(body: Mapping[str, Any], *paths: str) -> str:
    """Why something failed, in the provider's words. A text that is itself JSON is opened, twice at most."""
    said = text_at(body, *paths, *REASONS)
    for _ in range(2):
        inner = _object(said)
        if not inner:
            break
        said = text_at(inner, *REASONS) or said
    return said[:LIMIT]


def _object(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return inner if isinstance(inner, dict) else {}


def percent(value: Any) -> int | None:
    """Progress as 0 to 100 from 45, "45", "45%" or 45.2; None when it is none of these."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    number = _number(str(value).strip().rstrip("%"))
    return None if number is None else int(max(0.0, min(100.0, number)))


def amount_at(body: Mapping[str, Any], *paths: str) -> Decimal | None:
    """What a clip cost, at one of these paths, in the provider's unit; None when nothing there can be a price."""
    text = text_at(body, *paths)
    try:
        found = Decimal(text or "NaN")
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= PRICE_MOST else None


def moment_at(body: Mapping[str, Any], *paths: str) -> float | None:
    """A time as unix seconds, from seconds, milliseconds or ISO text; None when absent, 0 or unreadable."""
    text = text_at(body, *paths)
    number = _number(text)
    if number is not None:
        return number / 1000 if number > MILLISECONDS else number or None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=datetime.fromisoformat(text).tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def words_of(answer: Answer) -> tuple[str, str]:
    """A provider's error as (code, message), both possibly empty."""
    body = body_of(answer)
    return text_at(body, "error.code", "code", "error.type", "data.code"), reason_at(body)


def retry_after(answer: Answer, now: float | None = None) -> float | None:
    """Seconds to wait by the Retry-After header, given as seconds or as a date; None when absent or unreadable."""
    value = answer.headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is None:
        try:
            moment = email.utils.parsedate_to_datetime(value).timestamp()
        except (ValueError, OverflowError):
            return None
        seconds = moment - (time.time() if now is None else now)
    return max(0.0, seconds)


def look_after(answer: Answer) -> float | None:
    """Seconds a provider asks us to wait before the next look, by OpenAI's header or Retry-After; None without."""
    milliseconds = _number(answer.headers.get("openai-poll-after-ms", "").strip())
    return milliseconds / 1000 if milliseconds is not None else retry_after(answer)


def _as_text(answer: Answer) -> str:
    """What the body says, JSON in one way of writing it: an escaped secret must be found before it is shown."""
    said = answer.json()
    try:
        return answer.text if said is None else json.dumps(said, ensure_ascii=False)
    except RecursionError:
        return ""


def describe(answer: Answer) -> str:
    """One line about an answer for staff."""
    code, message = words_of(answer)
    said = " ".join(filter(None, [code, message])) or storable(_as_text(answer)[:200])
    return f"HTTP {answer.status}: {said}"[:LIMIT]

"""Reading what providers really send. Shared by dialects."""

from generations.wire.outcome import check_known, created_id
from generations.wire.progress import WORDS, outputs, snapshot
from generations.wire.reading import (
    body_of,
    describe,
    look_after,
    moment_at,
    named,
    percent,
    reason_at,
    text_at,
    unwrapped,
    value_at,
)

__all__ = [
    "WORDS",
    "body_of",
    "check_known",
    "created_id",
    "describe",
    "look_after",
    "moment_at",
    "named",
    "outputs",
    "percent",
    "reason_at",
    "snapshot",
    "text_at",
    "unwrapped",
    "value_at",
]

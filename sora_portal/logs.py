"""Log lines: for people by default, one JSON object a line with LOG_FORMAT=json. Neither holds a secret."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime

from sora_portal.blot import blotted

FORMATS = ("line", "json")
OF_A_JOB = "job %s"
"""A message that begins like this speaks of the job whose key is its first argument."""


class Line(logging.Formatter):
    """Time, level, logger, message. What others wrote cannot begin a line of its own."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return blotted(super().format(record))


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, process; job and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": f"{record.processName}[{record.process}]",
            "job": _job(record),
            "error": self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else "",
        }
        # Blotted before it is written as JSON: afterwards a quote or a line end could hide a part of a secret.
        return json.dumps({name: blotted(value) for name, value in told.items() if value}, ensure_ascii=False)


def _job(record: logging.LogRecord) -> str:
    key = getattr(record, "job", None)
    if key is None and record.args and isinstance(record.msg, str) and record.msg.startswith(OF_A_JOB):
        key = record.args[0] if isinstance(record.args, tuple) else None
    return str(key) if key else ""


class NoAway(logging.Filter):
    """Leaves out Django's traceback for a 503: the error page has said in one line what is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503


def is_json() -> bool:
    return os.environ.get("LOG_FORMAT") == "json"


def formatter() -> logging.Formatter:
    """The one LOG_FORMAT asks for; also for programs that set up their logs before Django."""
    return JsonLines() if is_json() else Line()

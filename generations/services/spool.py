"""What a provider answered to a POST, on disk before it is in the database: nobody will say it twice.

A file a submission, written and synced before the row, removed after it. What a dead process or a database that was
away left behind is told to the database later; telling it twice changes nothing.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from generations.contract import Cause, DialectError, Misconfigured, NeverHeard, NotTaken, Refused

log = logging.getLogger(__name__)

SETTLED = 10.0  # seconds; a younger file belongs to a process that is still at it
ERRORS: dict[str, type[DialectError]] = {kind.__name__: kind for kind in (NotTaken, NeverHeard, Refused, Misconfigured)}


def keep(token: UUID, result: str | DialectError) -> None:
    """Write down what the POST of this submission came to: the provider's id, or the error. Durable when it returns."""
    told = {"remote_id": result} if isinstance(result, str) else _error_as_json(result)
    path = _folder() / f"{token.hex}.json"
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def drop(token: UUID) -> None:
    """The database has it."""
    (_folder() / f"{token.hex}.json").unlink(missing_ok=True)


def left_behind(now: float | None = None) -> Iterator[tuple[UUID, str | DialectError]]:
    """What was answered and may not have reached the database."""
    for path in sorted(_folder().glob("*.json")):
        try:
            if (time.time() if now is None else now) - path.stat().st_mtime >= SETTLED:
                yield UUID(path.stem), _read(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue  # its process was quicker
        except (ValueError, LookupError, TypeError):
            log.exception("the kept answer %s cannot be read; it stays where it is", path)
            path.rename(path.with_suffix(".unreadable"))


def put_aside(token: UUID) -> None:
    """The database knows no such submission (it was restored, perhaps): keep the answer for a person."""
    path = _folder() / f"{token.hex}.json"
    log.error("an answer belongs to no submission; it is kept as %s", path.with_suffix(".unmatched"))
    path.replace(path.with_suffix(".unmatched"))


def _error_as_json(error: DialectError) -> dict[str, object]:
    kind = next((name for name, kind in ERRORS.items() if isinstance(error, kind)), NeverHeard.__name__)
    told: dict[str, object] = {"error": kind, "message": str(error), "detail": error.detail, "cause": error.cause}
    if isinstance(error, NotTaken):
        told["model_unknown"] = error.model_unknown
    return told


def _read(told: dict[str, object]) -> str | DialectError:
    if "remote_id" in told:
        return str(told["remote_id"])
    message, detail, cause = str(told["message"]), str(told["detail"]), _cause(told)
    if told["error"] == NotTaken.__name__:
        return NotTaken(message, detail=detail, cause=cause, model_unknown=bool(told["model_unknown"]))
    return ERRORS[str(told["error"])](message, detail=detail, cause=cause)


def _cause(told: dict[str, object]) -> Cause:
    """What another version of the portal wrote may have none, or one of its own."""
    try:
        return Cause(str(told.get("cause", Cause.OTHER)))
    except ValueError:
        return Cause.OTHER


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder

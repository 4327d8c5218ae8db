"""gunicorn's logs in the portal's own form, and an access log, if an operator asks for one, without secrets."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from sora_portal.blot import blotted
from sora_portal.logs import formatter, is_json


class QuietLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger, with our formatter, and with tokens blotted out of every atom of an access line."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        # An access line for people keeps the form that its readers know.
        access = self.access_log.handlers if is_json() else []
        for handler in [*self.error_log.handlers, *access]:
            handler.setFormatter(formatter())

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found = super().atoms(*args, **kwargs)
        return {name: blotted(value) if isinstance(value, str) else value for name, value in found.items()}

"""Which function answers which path. A dialect is a module with ROUTES; the first route that answers wins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from generations.sandbox.house import House
from generations.sandbox.messages import Reply, Request

GET, HEAD = "GET", "HEAD"  # who answers GET answers HEAD too; the body is left out when it is written

# The last argument is what the path's group matched, or "". None means: not mine, ask the next dialect.
Answering = Callable[[Request, House, str], Reply | None]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a pattern for the whole path with at most one group, and who answers."""

    method: str
    path: re.Pattern[str]
    answer: Answering

    def try_answer(self, request: Request, house: House) -> Reply | None:
        match = self.path.fullmatch(request.path)
        if match is None or self.method != (GET if request.method == HEAD else request.method):
            return None
        return self.answer(request, house, unquote(match[1]) if self.path.groups else "")

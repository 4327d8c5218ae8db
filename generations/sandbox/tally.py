"""Counting: what tests ask about, and "the first N times" of some directives. In memory, gone with the process."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, deque
from typing import Any

REFERENCES_KEPT = 50


def prompt_key(prompt: str) -> str:
    """The short name a prompt is counted under: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()[:16]


class Tally:
    """All counts of one sandbox. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: Counter[tuple[str, str]] = Counter()
        self._posts_by_prompt: Counter[str] = Counter()
        self.creates = 0
        self.posts = 0
        self.announcements_dropped = 0
        self._references: deque[dict[str, Any]] = deque(maxlen=REFERENCES_KEPT)

    def posted(self, prompt: str | None) -> None:
        """A create was asked for, whatever comes of it. `prompt` is None when the body held none."""
        with self._lock:
            self.posts += 1
            if prompt is not None:
                self._posts_by_prompt[prompt_key(prompt)] += 1

    def created(self) -> None:
        """A job was made, whether or not the caller will hear of it."""
        with self._lock:
            self.creates += 1

    def reference(self, job_id: str, width: int, height: int, size: int) -> None:
        """A job came with a reference picture of so many pixels and `size` bytes."""
        with self._lock:
            self._references.append({"job": job_id, "width": width, "height": height, "bytes": size})

    def dropped(self) -> None:
        """An announcement found no hearer, however often it was tried."""
        with self._lock:
            self.announcements_dropped += 1

    def posts_for(self, prompt: str) -> int:
        return self._posts_by_prompt[prompt_key(prompt)]

    def nth(self, event: str, subject: str) -> int:
        """Which time this is that `event` happens to `subject`, counted from 1."""
        with self._lock:
            self._times[event, subject] += 1
            return self._times[event, subject]

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            return {
                "creates": self.creates,
                "posts": self.posts,
                "posts_by_prompt": dict(self._posts_by_prompt),
                "references": list(self._references),
                "announcements_dropped": self.announcements_dropped,
            }

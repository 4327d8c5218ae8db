"""Whether the installation can do its work now: one word a part, soon, however badly a part hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone
from django_q.brokers import get_broker

from generations.models import Heartbeat
from generations.services.files import storage_word
from generations.services.kick import ARCHIVE_BEAT, ARCHIVES, ENGINE_BEAT, MAIN, canary_beat

log = logging.getLogger(__name__)

Words = Mapping[str, str]
LIMIT = 2.5  # seconds for all parts together
FRESH = timedelta(seconds=30)
FRESH_ARCHIVE = timedelta(seconds=120)  # its worker may be at a large file, and beats on the way


class Look:
    """One thing to look at, by one thread at a time, whose answer serves everybody who asks within `keep` seconds.

    Anybody may ask, as often as he likes: neither a part that hangs nor a crowd may cost more than one thread.
    """

    def __init__(self, look: Callable[[], Words], otherwise: Words, keep: float) -> None:
        self.look, self.otherwise, self.keep = look, otherwise, keep
        self.lock = threading.Lock()
        self.asked: Future[Words] | None = None
        self.good_until = 0.0

    def words(self, until: float) -> Words:
        """What it says by `until` of the monotonic clock, or `otherwise`."""
        try:
            return self._ask().result(max(0.0, until - time.monotonic()))
        except Late:
            return self.otherwise

    def _ask(self) -> Future[Words]:
        with self.lock:
            over = self.asked is None or (self.asked.done() and time.monotonic() > self.good_until)
            if self.asked is None or over:
                self.asked = Future()
                threading.Thread(target=self._run, args=[self.asked], daemon=True).start()
            return self.asked

    def _run(self, asked: Future[Words]) -> None:
        try:
            found = self.look()
        except Exception as error:
            log.warning("not ready: %s", str(error).partition("\n")[0])
            found = self.otherwise
        finally:
            connections.close_all()  # this thread's own
        self.good_until = time.monotonic() + self.keep
        asked.set_result(found)


def heartbeats() -> Words:
    """The database, and by it the parts that leave signs of life there. Other machines' signs count as well."""
    now, beats = timezone.now(), list(Heartbeat.objects.values_list("name", "at"))
    return {
        "database": "ok",
        "engine": _fresh(beats, now, FRESH, ENGINE_BEAT),
        "queue": _fresh(beats, now, FRESH, canary_beat(MAIN)),
        "archive": _fresh(beats, now, FRESH_ARCHIVE, canary_beat(ARCHIVES), ARCHIVE_BEAT),
    }


def is_beat(name: str, of: str) -> bool:
    """True for a part's heartbeat on any machine: `engine`, or `engine@<instance>`."""
    return name == of or name.startswith(f"{of}@")


def _fresh(beats: list[tuple[str, datetime]], now: datetime, age: timedelta, *names: str) -> str:
    mine = [at for name, at in beats if any(is_beat(name, of) for of in names)]
    return "ok" if mine and now - max(mine) < age else "silent"


def _broker() -> Words:
    return {"broker": "ok" if get_broker(MAIN).ping() else "away"}


def _storage() -> Words:
    return {"storage": storage_word()}


UNSEEN = {"database": "away", "engine": "unknown", "queue": "unknown", "archive": "unknown"}
LOOKS = [
    Look(heartbeats, UNSEEN, keep=1),
    Look(_broker, {"broker": "away"}, keep=1),
    Look(_storage, {"storage": "away"}, keep=20),  # a bucket is asked by a write, which costs
]


def readiness(looks: list[Look] | None = None) -> dict[str, str]:
    """One word for each part; every word is "ok" when the installation can take a job, make it and keep it."""
    until = time.monotonic() + LIMIT
    asked = LOOKS if looks is None else looks
    for look in asked:
        look.words(0)  # start all of them before waiting for one
    return {part: word for look in asked for part, word in look.words(until).items()}

"""Signed events to one address: what OpenAI's account-wide webhooks send when a video is completed or has failed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from generations.sandbox.images import connection_to
from generations.sandbox.jobs import Job, Moment, Stage

POST_SECONDS = 5.0
SECRET_PREFIX = "whsec_"  # noqa: S105 -- a marker in front of secrets, not one itself
TYPES: Mapping[Stage, str] = {Stage.COMPLETED: "video.completed", Stage.FAILED: "video.failed"}


class UnheardError(Exception):
    """The receiver answered that it did not take the event."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Where events go and what signs them. The secret is base64 behind `whsec_`, or any other text as it is."""

    url: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("A webhook needs a secret.")
        _key(self.secret)

    def announce(self, job: Job, moment: Moment) -> None:
        """Post the event of a job's end, or raise when it was not taken; nothing for any other stage."""
        if moment.stage in TYPES:
            self._post(*event(job, moment))

    def _post(self, event_id: str, body: bytes) -> None:
        connection, target = connection_to(self.url, POST_SECONDS)
        try:
            connection.request("POST", target, body, headers(event_id, body, self.secret, time.time()))
            status = connection.getresponse().status
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise UnheardError(f"the webhook answered {status}")


def event(job: Job, moment: Moment) -> tuple[str, bytes]:
    """An event's id and body; the same for every try, so that the receiver can tell a repetition."""
    event_id = "evt_" + hashlib.sha256(f"{job.id} {moment.stage}".encode()).hexdigest()[:32]
    body = {
        "id": event_id,
        "object": "event",
        "created_at": int(job.completes_at),
        "type": TYPES[moment.stage],
        "data": {"id": job.id},
    }
    return event_id, json.dumps(body).encode()


def headers(event_id: str, body: bytes, secret: str, now: float) -> dict[str, str]:
    """The headers that say who sent this body and when."""
    timestamp = str(int(now))
    signed = hmac.digest(_key(secret), f"{event_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _key(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"A webhook secret behind {SECRET_PREFIX} must be base64.") from None

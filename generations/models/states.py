"""The closed lists: where a job can be, which moves exist, what a POST came to, whether money went."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from django.db.models import TextChoices


class State(TextChoices):
    """Where a job is."""

    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    QUEUED = "queued", "Waiting"
    SUBMITTING = "submitting", "Sent"
    RUNNING = "running", "Rendering"
    ARCHIVING = "archiving", "Saving the file"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    CANCELLED = "cancelled", "Cancelled"
    REJECTED = "rejected", "Not approved"


S = State
MOVES = MappingProxyType(
    {
        S.AWAITING_APPROVAL: frozenset({S.QUEUED, S.REJECTED, S.CANCELLED}),
        S.QUEUED: frozenset({S.SUBMITTING, S.CANCELLED, S.FAILED, S.UNKNOWN}),
        S.SUBMITTING: frozenset({S.RUNNING, S.QUEUED, S.CANCELLED, S.FAILED, S.UNKNOWN}),
        S.RUNNING: frozenset({S.ARCHIVING, S.FAILED, S.CANCELLED}),
        S.UNKNOWN: frozenset({S.RUNNING, S.FAILED, S.QUEUED}),
        S.FAILED: frozenset({S.RUNNING}),
        S.ARCHIVING: frozenset({S.DONE}),
        S.DONE: frozenset(),
        S.CANCELLED: frozenset(),
        S.REJECTED: frozenset(),
    }
)
FINAL = frozenset({S.DONE, S.FAILED, S.CANCELLED, S.REJECTED})
"""States in which a card falls silent. FAILED can be looked at again, but only by staff."""
ACTIVE = frozenset(State) - FINAL - {S.UNKNOWN}
"""States that change by themselves: a card in one of them keeps asking."""
LOOKED_FOR = timedelta(hours=6)
"""For so long after its sending the portal itself looks for a job of unknown outcome; then it is left to people."""


class Outcome(TextChoices):
    """What a POST came to."""

    PENDING = "pending", "no answer yet"
    ACCEPTED = "accepted", "accepted"
    NOT_TAKEN = "not_taken", "not taken"
    MISCONFIGURED = "misconfigured", "the provider needs an admin"
    REFUSED = "refused", "refused"
    NEVER_HEARD = "never_heard", "no answer came back"


class Charged(TextChoices):
    """Whether a submission cost money."""

    NO = "no", "Not charged"
    YES = "yes", "Charged"
    UNKNOWN = "unknown", "May have been charged"


class Visibility(TextChoices):
    """Who sees a prompt, a job and its clip."""

    TEAM = "team", "The team"
    ME = "me", "Only me"

"""The closed lists: where a job can be, which moves exist, what a POST came to, whether money went."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a job is."""

    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    QUEUED = "queued", _("Waiting")
    SUBMITTING = "submitting", _("Sent")
    RUNNING = "running", _("Rendering")
    ARCHIVING = "archiving", _("Saving the file")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Not approved")


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


class Derived(TextChoices):
    """How a job came from another one."""

    RETRY = "retry", _("retry")
    EDIT = "edit", _("edited")
    TAKE = "take", _("new take")
    REMIX = "remix", _("remix")


class Orientation(TextChoices):
    """How a clip stands."""

    LANDSCAPE = "landscape", _("Landscape")
    PORTRAIT = "portrait", _("Portrait")
    SQUARE = "square", _("Square")


def orientation_of(width: int, height: int, aspect_ratio: str) -> Orientation | None:
    """By its pixels, by its ratio where they are not known (0); None where that says nothing, as in "auto"."""
    if not (width and height):
        sides = [int(side) if side.isdecimal() else 0 for side in aspect_ratio.split(":")]
        width, height = sides if len(sides) == 2 else (0, 0)
    if not (width and height):
        return None
    return (
        Orientation.SQUARE if width == height else (Orientation.LANDSCAPE if width > height else Orientation.PORTRAIT)
    )


class Verdict(TextChoices):
    """What a reviewer says of a finished clip. A job that nobody judged has none."""

    APPROVED = "approved", _("Clip approved")
    CHANGES = "changes", _("Needs changes")
    REJECTED = "rejected", _("Clip rejected")


class Outcome(TextChoices):
    """What a POST came to."""

    PENDING = "pending", _("no answer yet")
    ACCEPTED = "accepted", _("accepted")
    NOT_TAKEN = "not_taken", _("not taken")
    MISCONFIGURED = "misconfigured", _("the provider needs an admin")
    REFUSED = "refused", _("refused")
    NEVER_HEARD = "never_heard", _("no answer came back")


class Charged(TextChoices):
    """Whether a submission cost money."""

    NO = "no", _("Not charged")
    YES = "yes", _("Charged")
    UNKNOWN = "unknown", _("May have been charged")


class Visibility(TextChoices):
    """Who sees a prompt, a job and its clip."""

    TEAM = "team", _("The team")
    ME = "me", _("Only me")

"""How a job stands at a provider, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from generations.contract.errors import Cause


class RemoteState(StrEnum):
    """How far a job is at the provider, in our words."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class RemoteOutput:
    """A finished file at the provider. `expires_at` is unix seconds, None when the provider does not say.

    `needs_key`: the address is part of the provider's API and answers only to its key.
    """

    url: str
    expires_at: float | None = None
    needs_key: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A provider's answer to "how is it going?", in our words."""

    state: RemoteState
    progress: int | None = None  # percent, 0-100
    outputs: tuple[RemoteOutput, ...] = ()
    reason: str = ""
    word: str = ""  # the provider's own word for the state, for staff
    cost: Decimal | None = None  # in the provider's unit, only if it says so
    cause: Cause = Cause.OTHER  # of a failure, as far as its words tell
    detail: str = ""  # all that was said about a failure, for staff

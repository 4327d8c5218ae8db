"""What a provider's own list says of the account's jobs."""

from __future__ import annotations

from dataclasses import dataclass

from generations.contract.remote import Snapshot


@dataclass(frozen=True, slots=True)
class Listed:
    """One job of the account. What the provider does not tell is empty or None; `created_at` is unix seconds."""

    remote_id: str
    created_at: float | None
    model: str
    prompt: str
    seconds: int | None
    size: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, newest first. `more`: there may be older ones."""

    jobs: tuple[Listed, ...]
    more: bool

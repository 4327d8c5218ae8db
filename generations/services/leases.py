"""Whose look a watch waits for. A lease's first half names the instance, so that a fresh engine finds its own."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from generations.models import Watch

HALF = 64


def new_lease() -> UUID:
    """A lease of this instance that nobody else has."""
    return UUID(int=_ours() << HALF | secrets.randbits(HALF))


def free_ours() -> int:
    """Make due at once what this instance's last engine was looking at when it ended; how many those were.

    An instance has one engine, so whoever begins a turn knows that nobody is waiting for these answers. Those of
    other instances run out by themselves.
    """
    first, last = (UUID(int=_ours() << HALF | rest) for rest in (0, (1 << HALF) - 1))
    return Watch.objects.filter(lease__range=(first, last)).update(lease=None, next_poll_at=timezone.now())


def _ours() -> int:
    return int.from_bytes(hashlib.blake2b(settings.INSTANCE.encode(), digest_size=HALF // 8).digest())

"""What a fresh portal needs before anybody can use it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import chain, count

from django.db import transaction
from django.utils.translation import gettext_noop

from generations.models import Job, Provider, Role, State, User
from generations.services.audit import note
from generations.services.providers import add_provider
from generations.services.refresh import refresh


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Who was made. `password` is set only when it was made up here: it is shown once and kept nowhere."""

    email: str
    password: str = ""


def ensure_admin(email: str, password: str = "") -> FirstAdmin | None:
    """Make the first admin, or None when there is one."""
    if User.objects.filter(role=Role.ADMIN).exists():
        return None
    made_up = "" if password else secrets.token_urlsafe(12)
    with transaction.atomic():
        admin = User.objects.create_user(email, password or made_up, role=Role.ADMIN, name="Admin")
        note(None, gettext_noop("member added"), admin.email, {"role": (None, admin.role)})
    return FirstAdmin(User.objects.normalize_email(email), made_up)


def ensure_sandbox(base_url: str, key: str) -> Provider:
    """The sandbox provider's row, at the address where the sandbox listens now. What an admin changed stays;
    the rest of its models is as this version's catalogue says.
    """
    provider = Provider.objects.filter(is_sandbox=True).first()
    if provider is None:
        # The first free name: an admin may have given "Sandbox" to something else.
        names = chain(["Sandbox"], (f"Sandbox {number}" for number in count(2)))
        name = next(name for name in names if not Provider.objects.filter(name=name).exists())
        return add_provider(name, "uniall", base_url, key, is_sandbox=True, allow_private=True, poll_interval=1.0)
    if provider.base_url != base_url or provider.key != key:
        provider.base_url, provider.key = base_url, key
        provider.save(update_fields=["base_url", "key"])
        # The same sandbox under a new port: it still knows these jobs.
        Job.objects.filter(provider=provider, state=State.RUNNING).update(origin=provider.origin)
    refresh(provider)
    return provider

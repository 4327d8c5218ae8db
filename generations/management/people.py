"""Whose doing a command is."""

from __future__ import annotations

from django.core.management.base import CommandError

from generations.models import Role, User


def somebody(email: str | None) -> User:
    """The person with this e-mail; the first admin where none is named. Raises CommandError."""
    people = User.objects.filter(is_active=True)
    found = people.filter(email=User.objects.normalize_email(email)) if email else people.filter(role=Role.ADMIN)
    person = found.order_by("pk").first()
    if person is None:
        raise CommandError(f"--as: nobody here has the e-mail {email}." if email else "--as: there is no admin yet.")
    return person

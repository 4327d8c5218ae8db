"""Letting people in: by an admin's hand, with a link that sets the password once."""

from __future__ import annotations

from pathlib import Path

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from generations.models import Role, User
from generations.services.audit import note


@transaction.atomic
def add_member(email: str, role: Role, password: str = "", name: str = "") -> User:
    """By a command on the server: it is written down. Without a password they sign in after following a reset link.

    Raises ValidationError.
    """
    user = new_member(email, role, password, name)
    note(None, gettext_noop("member added"), user.email, {"role": (None, user.role)})
    return user


def new_member(email: str, role: Role, password: str = "", name: str = "") -> User:
    """A new user's row, checked; whoever calls writes down why. Raises ValidationError."""
    user = User(email=User.objects.normalize_email(email), role=role, name=name)
    user.set_password(password or None)
    user.full_clean()
    if password:
        _check_password(password, user)
    user.save()
    return user


def reset_link(user: User) -> str:
    """The full address where this person sets a new password. It works once, for a few days."""
    names = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=names)
    return f"{address()}{path}"


def link_by_command(user: User) -> str:
    """The same for an operator, which is written down: whoever has it can become this person."""
    note(None, gettext_noop("password link made"), user.email)
    return reset_link(user)


def address() -> str:
    """Where people reach the portal: as stated, else as the running portal wrote down, else by the settings."""
    written = Path(settings.DATA_DIR) / "address"
    if settings.PUBLIC_URL or not written.is_file():
        return str(settings.PORTAL_ADDRESS)
    return written.read_text().strip()


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error

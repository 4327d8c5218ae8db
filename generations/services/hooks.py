"""Webhooks as they are set up: a member's own by himself, the team's by admins, which is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Delivery, User, Webhook
from generations.models.notice import new_signing_secret
from generations.services.audit import note

HTTPS = gettext_noop("Use an https address.")
HTTPS_OR_TICK = gettext_noop("Use an https address, or allow a private address for this webhook.")


def wrong_with(url: str, *, allow_private: bool, of_team: bool) -> str:
    """Why this is no address for a webhook, with the cure; "" when it is one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _("This is no address. Write it like https://hooks.example.com/told; a port is at most 65535.")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or not url.isascii():
        return _("This is no address. Write it like https://hooks.example.com/told.")
    if "@" in parts.netloc:
        return _("Leave name and password out of the address.")
    if parts.scheme == "http" and not (allow_private and of_team):
        return _(HTTPS_OR_TICK) if of_team else _(HTTPS)
    return ""


@transaction.atomic
def save_hook(hook: Webhook, columns: Mapping[str, Any], actor: User) -> Webhook:
    """Set these columns of a new or known webhook. Switched on again, it starts with a clean record."""
    is_new, before = hook.pk is None, {name: getattr(hook, name) for name in columns}
    was_at, was_on = hook.origin if not is_new else "", hook.enabled
    for name, value in columns.items():
        setattr(hook, name, value)
    if hook.enabled and not was_on:
        hook.result, hook.result_at = "", None
    # Never the secret: one that cannot be read just now must not be overwritten.
    hook.save(update_fields=None if is_new else {*columns, "result", "result_at"})
    changes = {name: (None if is_new else old, getattr(hook, name)) for name, old in before.items() if name != "url"}
    changes = {name: change for name, change in changes.items() if change[0] != change[1]}
    if is_new or before.get("url") != hook.url:
        changes["url"] = (was_at, hook.origin)  # what is behind the host may be the receiver's secret
    if changes:
        _note(hook, actor, gettext_noop("webhook added") if is_new else gettext_noop("webhook changed"), changes)
    return hook


@transaction.atomic
def make_secret(hook: Webhook, actor: User) -> str:
    """Give the webhook a new signing secret and return it: it is shown now and never again. The old one ends."""
    had, secret = bool(hook.secret), new_signing_secret()
    hook.secret = secret
    hook.save(update_fields=["secret"])
    _note(hook, actor, gettext_noop("webhook changed"), {"webhook_secret": (had, True)})
    return secret


def note_test(hook: Webhook, actor: User) -> None:
    """Somebody had it called."""
    _note(hook, actor, gettext_noop("webhook tested"), {"url": ("", hook.origin)})


@transaction.atomic
def remove_hook(hook: Webhook, actor: User) -> None:
    """Remove the webhook with all that was still to be told to it."""
    _note(hook, actor, gettext_noop("webhook removed"), {"url": (hook.origin, "")})
    hook.delete()


def _note(hook: Webhook, actor: User, action: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
    if hook.owner_id is None:  # what a member does with his own is his own
        note(actor, action, str(hook), changes)


def let_go(user: User) -> None:
    """The person's quiet hours are other ones: what was held is looked at again now."""
    held = Delivery.objects.to(user).filter(due_at__gt=timezone.now(), tries=0)
    held.update(due_at=timezone.now())


def last_mail_trouble(user: User) -> str:
    """What went wrong with the latest mail to this person that was tried; "" when it was sent."""
    tried = Delivery.objects.to(user).filter(webhook=None, tries__gt=0)
    latest = tried.order_by("-pk").first()
    return latest.trouble if latest and latest.told_at is None else ""

"""Approval rules as admins set them: the only writer of these, and each change is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from generations.models import ApprovalRule, User
from generations.services.audit import Change, note
from generations.services.combinations import plain

COLUMNS = ("group", "member", "provider", "model", "amount", "is_first", "words")


@transaction.atomic
def save_rule(rule: ApprovalRule, columns: Mapping[str, Any], actor: User) -> ApprovalRule:
    """A new or known rule says this from now on; jobs that wait already wait on."""
    is_new = rule.pk is None
    row = rule if is_new else ApprovalRule.objects.select_for_update().get(pk=rule.pk)
    before = {name: None if is_new else _plain(row, name) for name in COLUMNS}
    for name in COLUMNS:
        setattr(row, name, columns[name])
    row.save()
    after = {name: _plain(row, name) for name in COLUMNS}
    if changes := {name: (before[name], after[name]) for name in COLUMNS if (before[name] or None) != after[name]}:
        action = gettext_noop("approval rule added") if is_new else gettext_noop("approval rule changed")
        note(actor, action, str(row), changes)
    return row


@transaction.atomic
def remove_rule(rule: ApprovalRule, actor: User) -> None:
    """Jobs that wait because of it wait on."""
    said: dict[str, Change] = {name: (_plain(rule, name), None) for name in COLUMNS if _plain(rule, name)}
    note(actor, gettext_noop("approval rule removed"), str(rule), said)
    rule.delete()


def _plain(rule: ApprovalRule, name: str) -> Any:
    """As the audit keeps it; None where the rule leaves it open."""
    value = getattr(rule, name)
    if name == "amount":
        return None if value is None else plain(value)
    if name == "model" and value:
        return f"{value.provider.name}: {value.slug}"
    return (value if isinstance(value, bool | str) else str(value or "")) or None

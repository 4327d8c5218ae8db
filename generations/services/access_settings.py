"""Who may use which provider and model, and what roles begin with, as admins set it. Each change is written down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from generations.models import Group, Provider, Role, RoleDefault, User, VideoModel
from generations.services.audit import Change, note

Open = Provider | VideoModel


@transaction.atomic
def limit(row: Open, groups: Iterable[Group], people: Iterable[User], actor: User) -> None:
    """Only these may use it from now on, and admins. Jobs that were asked for before go on."""
    _set(row, True, groups, people, actor)


@transaction.atomic
def open_to_all(row: Open, actor: User) -> None:
    _set(row, False, [], [], actor)


def _set(row: Open, is_limited: bool, groups: Iterable[Group], people: Iterable[User], actor: User) -> None:
    held = type(row)._default_manager.select_for_update().get(pk=row.pk)
    before = who(held)
    type(row)._default_manager.filter(pk=held.pk).update(is_limited=is_limited)
    held.is_limited = is_limited
    held.groups.set(groups)
    held.people.set(people)
    after = who(held)
    if before != after:
        note(actor, gettext_noop("who may use it changed"), _subject(held), {"used by": (before, after)})


def who(row: Open) -> list[str] | str:
    """As the audit keeps it."""
    if not row.is_limited:
        return gettext_noop("everyone")
    return sorted(group.name for group in row.groups.all()) + sorted(user.email for user in row.people.all())


def _subject(row: Open) -> str:
    return row.name if isinstance(row, Provider) else f"{row.provider.name}: {row.slug}"


@transaction.atomic
def set_role(
    role: Role, takes_most: int, provider: Provider | None, model: VideoModel | None, needs_approval: bool, actor: User
) -> None:
    """What everybody of this role begins with and may ask for at once."""
    RoleDefault.objects.get_or_create(role=role)
    row = RoleDefault.objects.select_for_update(of=("self",)).select_related("provider", "model").get(role=role)
    to: dict[str, Any] = {
        "takes_most": takes_most, "provider": provider or (model.provider if model else None), "model": model,
        "needs_approval": needs_approval,
    }  # fmt: skip
    changes: dict[str, Change] = {
        name: (_named(getattr(row, name)), _named(value)) for name, value in to.items() if getattr(row, name) != value
    }
    if changes:
        RoleDefault.objects.filter(pk=row.pk).update(**to)
        note(actor, gettext_noop("role changed"), str(role), changes)


def _named(value: Any) -> Any:
    return value.name if isinstance(value, Provider | VideoModel) else value

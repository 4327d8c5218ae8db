"""What admins choose for the whole portal."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from generations.models import Portal, User
from generations.services.audit import note

ROW = 1


def chosen() -> Portal:
    """As it stands now; the defaults where nobody chose yet."""
    return Portal.objects.filter(pk=ROW).first() or Portal(pk=ROW)


def held() -> Portal:
    """As it stands, for whoever is about to change it: nobody else does until the transaction ends."""
    Portal.objects.get_or_create(pk=ROW)
    return Portal.objects.select_for_update().get(pk=ROW)


@transaction.atomic
def choose(actor: User, **columns: Any) -> bool:
    """Set these columns; False when they were so already. The audit has what changed."""
    row = held()
    changes = {name: (getattr(row, name), to) for name, to in columns.items() if getattr(row, name) != to}
    if not changes:
        return False
    Portal.objects.filter(pk=ROW).update(**{name: to for name, (_, to) in changes.items()})
    note(actor, gettext_noop("portal settings changed"), "Portal", changes)
    return True

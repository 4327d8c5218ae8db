"""How a line of the audit log shows what it changed: as a small difference, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _

from generations.models import AuditEntry
from generations.services.told import told
from generations.templatetags.providers import WORDS

register = template.Library()

SHORT = 120  # characters; what is longer is folded
ITEMS_MOST = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One value: what came, or what it was before. `rest` is what is folded."""

    is_new: bool
    text: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, and what became of it. `more` pieces are not shown."""

    field: str
    pieces: list[Piece]
    more: int = 0


@register.filter
def differences(entry: AuditEntry) -> list[Difference]:
    """What an entry changed, field by field."""
    return [_difference(name, change) for name, change in entry.changes.items()]


@register.filter
def place_of(places: dict[str, str], entry: AuditEntry) -> str:
    """Where the thing that it is about has its page; "" without one."""
    return places.get(entry.subject, "")


def _difference(name: str, change: Any) -> Difference:
    before, after = change
    field = str(WORDS.get(name, name.replace("_", " ")))
    if isinstance(before, list) or isinstance(after, list):
        pieces = list(_of_lists(before or [], after or []))
        return Difference(field, pieces[:ITEMS_MOST], max(0, len(pieces) - ITEMS_MOST))
    was, now = _word(before), _word(after)
    pieces = [_piece(was)] if was else []
    return Difference(field, [*pieces, _piece(now, is_new=True)] if now or not was else pieces)


def _of_lists(before: Any, after: Any) -> Iterator[Piece]:
    """What went and what came; what stayed is no news."""
    was, now = (list(map(_word, value if isinstance(value, list) else [value])) for value in (before, after))
    yield from (_piece(item) for item in was if item not in now)
    yield from (_piece(item, is_new=True) for item in now if item not in was)


def _piece(text: str, *, is_new: bool = False) -> Piece:
    return Piece(is_new, text[:SHORT] or _("empty"), text[SHORT:])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else told(str(value))

"""How a budget stands: the one place where that becomes a word, an icon, a colour and a bar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from generations.services.budgets import Line
from generations.templatetags.faces import Look

register = template.Library()


@register.filter
def level_look(line: Line) -> Look:
    """How near the end a budget is, in an icon, a word and a colour."""
    if line.level == "ok":
        return Look("is-done", "check-circle", _("Enough left"))
    if line.level == "amber":
        return Look("is-doubt", "exclamation-triangle", _("Nearly used up"))
    if line.taken > line.budget.amount:
        return Look("is-bad", "x-circle", _("Passed"))
    return Look("is-bad", "no-symbol", _("Used up"))


@register.filter
def gone(line: Line) -> str:
    """How much of it is taken: 84 %. Never 100 while something is left."""
    return _("{share} %").format(share=int(line.share * 100))


@dataclass(frozen=True, slots=True)
class Bar:
    """Ends of its parts, in percent of the whole bar: what is spent, that and what is held, those and the reserved."""

    spent: str
    held: str
    taken: str


@register.filter
def bar(line: Line) -> Bar:
    """To scale while the budget lasts; one that was passed fills the bar."""
    whole = max(line.budget.amount, line.taken) or Decimal(1)
    ends = (line.spent, line.spent + line.held, line.taken)
    return Bar(*(f"{max(Decimal(0), end) * 100 / whole:.1f}%" for end in ends))

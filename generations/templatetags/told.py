"""English out of a row, in the reader's language."""

from __future__ import annotations

from typing import Any

from django import template

from generations.services.told import told as in_words

register = template.Library()


@register.filter
def told(text: Any) -> Any:
    """The stored sentence as the reader's catalogue has it. What comes out is escaped like any other text."""
    return in_words(str(text)) if text else text

"""Marking a sentence for translation where Django is not known."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """The sentence as it is. `makemessages` finds it by this function's name; it is put into words when it is shown."""
    return text

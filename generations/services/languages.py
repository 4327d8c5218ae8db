"""The language a person reads."""

from __future__ import annotations

from django.conf import settings

from generations.models import User


def known(code: str) -> str:
    """The code, if the portal speaks that language; else "", also for one that it spoke once."""
    return code if code in dict(settings.LANGUAGES) else ""


def written_to(user: User) -> str:
    """The language of what is written to somebody who is not here just now."""
    return known(user.language) or settings.LANGUAGE_CODE


def choose(user: User, language: str) -> None:
    """Keep the language; "" goes by what the browser asks for."""
    user.language = language
    user.save(update_fields=["language"])

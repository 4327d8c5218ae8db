"""Which part of the portal an error speaks of, when it is a part that is away and not a mistake of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext_noop

from sora_portal.storage_errors import StorageAway, StorageRefused

MISTAKES = ("no such table", "no such column", "syntax error", "near ")
"""SQLite says these by the same class as "unable to open" and "locked"."""


def what_is_away(error: BaseException | None) -> str:
    """The part in plain words, such as "The database"; "" when the error means something else."""
    for each in _chain(error):
        match each:
            case OperationalError() | InterfaceError() if not _is_mistake(each):
                return gettext_noop("The database")
            case _ if _is_of_redis(each):
                return gettext_noop("The queue")
            case StorageAway() | StorageRefused():
                return gettext_noop("The file storage")
    return ""


def _is_mistake(error: Exception) -> bool:
    return any(words in str(error) for words in MISTAKES)


def _is_of_redis(error: BaseException) -> bool:
    redis = sys.modules.get("redis.exceptions")  # a portal without Redis never loads it
    return redis is not None and isinstance(error, redis.ConnectionError | redis.TimeoutError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

"""A text column that is encrypted at rest."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from sora_portal.blot import remember_within


def _fernet() -> MultiFernet:
    return _of(tuple(settings.PORTAL_ENCRYPTION_KEYS))


@cache
def _of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text encrypted by the first of PORTAL_ENCRYPTION_KEYS, readable by any of them. Empty stays empty.

    A value that none of the keys opens reads as empty: the provider then asks for its key again. A dump (`dumpdata`)
    leaves it out.
    """

    def get_prep_value(self, value: Any) -> Any:
        remember_within(value or "")
        return _fernet().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str:
        if not value:
            return ""
        try:
            opened = _fernet().decrypt(value.encode()).decode()
        except InvalidToken:
            return ""
        remember_within(opened)  # no log line of this process shows it
        return opened

    def value_to_string(self, obj: models.Model) -> str:
        return ""

"""What may go wrong, named by what may be done next.

DialectError
├── NotTaken        nothing was accepted; the same call may be made again
├── NeverHeard      it may have been accepted; no one knows
├── Refused         understood and refused; do not repeat
├── Misconfigured   address, key or balance is wrong; an admin must fix it
└── NotKnown        the provider says it does not know this id
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from generations.contract.secrets import blotted


class Cause(StrEnum):
    """What went wrong, named by what can be done about it: by an admin, or further down by whoever asked."""

    OTHER = "other"
    NAME = "name"  # the host's name is not known
    UNREACHABLE = "unreachable"
    TLS = "tls"  # the handshake failed
    CERTIFICATE = "certificate"
    FORBIDDEN = "forbidden"  # an address the portal does not go to
    KEY = "key"
    BALANCE = "balance"  # or a permission of the key
    PAGE = "page"  # a web page where an API should be
    PATH = "path"
    BUSY = "busy"
    CONTENT = "content"  # against the provider's rules for what may be shown
    MODEL = "model"  # not offered, or not now
    IMAGE = "image"  # the reference image cannot be sent
    BROKEN = "broken"  # the provider could not make it
    LATE = "late"  # not sent or not ready in time
    LOST = "lost"  # the provider has no such job any more, or no file
    REMOVED = "removed"  # the provider itself, from the portal


class DialectError(Exception):
    """Something a provider or the way to it did. `str(error)` is shown to the member, `detail` to staff."""

    def __init__(self, message: str, *, detail: str = "", cause: Cause = Cause.OTHER) -> None:
        super().__init__(message)
        self.detail = detail or message
        self.cause = cause

    def blot(self, secrets: tuple[str, ...]) -> Self:
        """The same error without any of these secrets in its words."""
        self.args, self.detail = (blotted(str(self), secrets),), blotted(self.detail, secrets)
        return self


class NotTaken(DialectError):
    """Nothing was accepted; the same call may be made again after `retry_after` seconds (None: the portal decides)."""

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        cause: Cause = Cause.OTHER,
        retry_after: float | None = None,
        model_unknown: bool = False,
    ) -> None:
        super().__init__(message, detail=detail, cause=cause)
        self.retry_after = retry_after
        self.model_unknown = model_unknown


class NeverHeard(DialectError):
    """It may have been accepted; no one knows. Never repeated by itself."""


class Refused(DialectError):
    """Understood and refused in the provider's own words; do not repeat."""


class Misconfigured(DialectError):
    """The address, the key or the balance is wrong; an admin must mend it and the job waits."""


class NotKnown(DialectError):
    """The provider says it does not know this id. With `Cause.PATH` it may as well not know the path."""

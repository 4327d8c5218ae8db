"""The vocabulary dialects, transport and engine share. Standard library only.

What may go wrong is named by what may be done next:

    DialectError
    ├── NotTaken        nothing was accepted; the same call may be made again
    ├── NeverHeard      it may have been accepted; no one knows
    ├── Refused         understood and refused; do not repeat
    ├── Misconfigured   address, key or balance is wrong; an admin must fix it
    └── NotKnown        the provider says it does not know this id
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar


class DialectError(Exception):
    """Something a provider or the way to it did. `str(error)` is shown to the member, `detail` to staff."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail or message


class NotTaken(DialectError):
    """Nothing was accepted; the same call may be made again after `retry_after` seconds (None: the portal decides)."""

    def __init__(
        self, message: str, *, detail: str = "", retry_after: float | None = None, model_unknown: bool = False
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after
        self.model_unknown = model_unknown


class NeverHeard(DialectError):
    """It may have been accepted; no one knows. Never repeated by itself."""


class Refused(DialectError):
    """Understood and refused in the provider's own words; do not repeat."""


class Misconfigured(DialectError):
    """The address, the key or the balance is wrong; an admin must mend it and the job waits."""


class NotKnown(DialectError):
    """The provider says it does not know this id."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One video as asked for, in our words. `model` is the provider's wire model id, `seconds` the clip's length."""

    prompt: str
    model: str
    aspect_ratio: str
    seconds: int
    quality: str = ""
    reference_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request to be made. `headers` may hold the provider's key, so they never show in a repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("content-type", "").lower() or self.body.lstrip()[:1] == b"<"

    def json(self) -> Any:
        """The parsed body, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class RemoteState(StrEnum):
    """How far a job is at the provider, in our words."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class RemoteOutput:
    """A finished file at the provider. `expires_at` is unix seconds, None when the provider does not say."""

    url: str
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A provider's answer to "how is it going?", in our words."""

    state: RemoteState
    progress: int | None = None  # percent, 0-100
    outputs: tuple[RemoteOutput, ...] = ()
    reason: str = ""
    word: str = ""  # the provider's own word for the state, for staff
    cost: Decimal | None = None  # in the provider's unit, only if it says so


@dataclass(frozen=True, slots=True)
class Combination:
    """One legal set of choices for a model. `width` and `height` are output pixels, 0 when the provider is silent."""

    aspect_ratio: str
    seconds: int
    quality: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model as a dialect's catalogue lists it: its wire id, a name for people and what may be asked of it."""

    slug: str
    name: str
    combinations: tuple[Combination, ...]
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model a member may choose now. `pk` names its row."""

    pk: int
    slug: str
    name: str
    combinations: tuple[Combination, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """A provider a member may choose now. `waiting` says why jobs sent there would wait, or is empty."""

    pk: int
    name: str
    models: tuple[OfferedModel, ...]
    is_sandbox: bool = False
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that can be chosen in the composer, best first."""

    providers: tuple[OfferedProvider, ...]


class Dialect(ABC):
    """One wire protocol. Stateless: everything it knows comes in through `__init__`; it does no I/O."""

    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, base_url: str, key: str) -> None:
        """`base_url` is the provider's address as an admin typed it; `key` its secret."""
        self.base_url = base_url.rstrip("/").removesuffix("/v1")
        self.key = key

    @abstractmethod
    def create(self, request: GenerationRequest) -> HttpCall:
        """The call that asks for this video. Making it may cost money."""

    @abstractmethod
    def read_created(self, answer: Answer) -> str:
        """The provider's id for the new job, or raise what the answer means for the money rule."""

    @abstractmethod
    def query(self, remote_id: str) -> HttpCall:
        """The call that asks how a job is going. It costs nothing and may be repeated."""

    @abstractmethod
    def read_snapshot(self, answer: Answer) -> Snapshot:
        """How the job is going, or raise a DialectError (NotKnown for an id it does not know)."""

"""What every dialect can do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar
from urllib.parse import quote

from generations.contract.asking import Delivery, GenerationRequest
from generations.contract.choices import Combination
from generations.contract.http import Answer, HttpCall
from generations.contract.listed import Listed, Listing
from generations.contract.remote import Snapshot
from generations.contract.secrets import secrets_of

VERSION = re.compile(r"/v[12]$")


class Notice(StrEnum):
    """How a provider can tell us that a job moved on, instead of being asked."""

    NONE = "none"
    PER_JOB = "per_job"  # it calls an address that travels with the request
    PER_ACCOUNT = "per_account"  # it calls one address, set in its own dashboard, and signs


class Dialect(ABC):
    """One wire protocol. Stateless: everything it knows comes in through `__init__`; it does no I/O.

    Paths hold `{id}` where the job's id goes, percent-encoded. An admin may name others: hosts differ.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    create_path: str
    query_path: str
    deliveries: ClassVar[tuple[Delivery, ...]] = ()  # how a reference image can travel, the best first
    notice: ClassVar[Notice] = Notice.NONE
    id_paths: ClassVar[tuple[str, ...]] = ("id", "task_id")  # where its answers and calls name a job, the best first

    def __init__(
        self,
        base_url: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        create_path: str = "",
        query_path: str = "",
    ) -> None:
        """`base_url` is the provider's address as an admin typed it; `key` and extra `headers` are its secrets."""
        self.base_url = VERSION.sub("", base_url.rstrip("/"))
        extra = dict(headers or {})
        own = key and "authorization" not in {name.lower() for name in extra}  # some hosts want the bare key
        self.headers: dict[str, str] = ({"Authorization": f"Bearer {key}"} if own else {}) | extra
        self.secrets = secrets_of(self.headers)
        self.create_path = create_path or self.create_path
        self.query_path = query_path or self.query_path

    @classmethod
    def objection(cls, shape: Combination | GenerationRequest) -> str:
        """Why no clip of this shape can be asked for, with the cure; "" when one can."""
        return ""

    @abstractmethod
    def create(self, request: GenerationRequest) -> HttpCall:
        """The call that asks for this video. Making it may cost money."""

    @abstractmethod
    def read_created(self, answer: Answer) -> str:
        """The provider's id for the new job, or raise what the answer means for the money rule."""

    def query(self, remote_id: str) -> HttpCall:
        """The call that asks how a job is going. It costs nothing and may be repeated."""
        return HttpCall("GET", self.url(self.query_path, remote_id), self.headers)

    @abstractmethod
    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        """How the job is going, or raise a DialectError (NotKnown for an id it does not know).

        `remote_id` is the id of the create answer: an answer may call the job something else.
        """

    def url(self, path: str, remote_id: str = "") -> str:
        """The address of a path of this API."""
        return self.base_url + path.replace("{id}", quote(remote_id, safe=""))


class Remixes(Dialect):
    """A dialect whose providers make a new clip from one of their own. Not every server that speaks it can."""

    @abstractmethod
    def remix(self, remote_id: str, request: GenerationRequest) -> HttpCall:
        """The call for a clip like the job `remote_id`, with the request's text. It may cost money.

        Its answer is a create's. All but the text is as in that job, so the request has its settings.
        """


class Lists(Dialect):
    """A dialect with a list of the account's latest jobs: how a lost answer can be found again.

    Not every server that speaks it has the list; reading an answer of one that has not raises Misconfigured, Refused
    or NotKnown.
    """

    @abstractmethod
    def list_recent(self, after: str = "") -> HttpCall:
        """The call for the latest jobs, newest first, or for those older than the job `after`."""

    @abstractmethod
    def read_list(self, answer: Answer) -> Listing:
        """One page of the list, or raise a DialectError."""

    @abstractmethod
    def read_listed(self, answer: Answer, remote_id: str) -> Listed:
        """What the answer to `query` says of one job, in the words of the list; raises as `read_snapshot` does."""

    @abstractmethod
    def may_come_from(self, listed: Listed, request: GenerationRequest) -> bool:
        """False when the listed job contradicts the request. What the list leaves out contradicts nothing."""

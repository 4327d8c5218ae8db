"""Asking a provider where a finished file lies now: signed links age, the job behind them is often still known."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext_noop, override

from generations.contract import (
    Answer,
    Dialect,
    DialectError,
    HttpCall,
    NeverHeard,
    NotKnown,
    Refused,
    RemoteOutput,
    RemoteState,
    Snapshot,
)
from generations.models import Output, Provider
from generations.services.speaking import NotSpoken, dialect_of, read_snapshot
from generations.transport import Allowance, open_door

log = logging.getLogger(__name__)

LINK_ENDED = gettext_noop("The provider's link ended on {when}.")
NOT_ASKED = gettext_noop("The provider could not be asked for another address.")
NO_OTHER = gettext_noop("The provider names no other address.")


class Address:
    """An output's address during one try: asked for anew at most once."""

    def __init__(self, output: Output) -> None:
        self.output, self.asked = output, False
        self.silence: NeverHeard | None = None

    def renew(self) -> bool:
        """True when the provider was asked now and names another address."""
        if self.asked:
            return False
        self.asked = True
        try:
            return readdress(self.output)
        except NeverHeard as silence:
            self.silence = silence
            return False

    def in_words(self, error: NotKnown) -> DialectError:
        """What it means that the file is not there, for staff: for good, or until the provider can be asked."""
        ended, text = self.output.expires_at, str(error)
        if self.output.link_ended and ended is not None:
            text = f"{LINK_ENDED.format(when=_in_english(ended))} {text}"
        if self.silence:
            return NeverHeard(f"{text} {self.silence}", detail=self.silence.detail)
        return NotKnown(f"{text} {NO_OTHER}")


def _in_english(moment: datetime) -> str:
    """As rows keep it, whoever asked for the copy."""
    with override("en"):
        return date_format(moment, "j F Y, H:i e")


def readdress(output: Output) -> bool:
    """Ask anew and note the answer on the output; True when the provider names another address.

    One GET with the provider's key to its own origin, never a POST. Raises NeverHeard when it could not be asked now.
    """
    named = _named_now(output)
    if named is None:
        return False
    is_new, output.remote_url, output.needs_key = named.url != output.remote_url, named.url, named.needs_key
    output.expires_at = _moment(named.expires_at)
    Output.objects.leased(output).update(
        remote_url=output.remote_url, needs_key=output.needs_key, expires_at=output.expires_at, rev=F("rev") + 1
    )
    return is_new


def _named_now(output: Output) -> RemoteOutput | None:
    """The file as the provider names it at this moment; None when it knows nothing of it any more."""
    asked = _whom_to_ask(output)
    if asked is None:
        return None
    provider, dialect, remote_id = asked
    try:
        snapshot = _look(provider, dialect, remote_id)
    except (NotKnown, Refused):
        return None
    except DialectError as error:
        raise NeverHeard(NOT_ASKED, detail=error.detail) from error
    if snapshot.state != RemoteState.SUCCEEDED or len(snapshot.outputs) < output.number:
        return None
    return snapshot.outputs[output.number - 1]


def _whom_to_ask(output: Output) -> tuple[Provider, Dialect, str] | None:
    """Nobody, when the provider was removed or moved: the key belongs to another address then."""
    job, provider = output.job, output.job.provider
    live = job.submissions.filter(token=job.token or uuid4()).exclude(remote_id="").first()
    if provider is None or live is None or provider.origin != job.origin:
        return None
    try:
        return provider, dialect_of(provider, job.dialect), live.remote_id
    except NotSpoken:
        return None


def _look(provider: Provider, dialect: Dialect, remote_id: str) -> Snapshot:
    return read_snapshot(dialect, async_to_sync(_ask)(provider, dialect.query(remote_id)), remote_id)


async def _ask(provider: Provider, call: HttpCall) -> Answer:
    async with open_door(provider.base_url, Allowance(provider.origin if provider.allow_private else "")) as door:
        return await door.query(call)


def _moment(unix: float | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(unix, tz=UTC) if unix else None
    except (ValueError, OverflowError, OSError):
        return None

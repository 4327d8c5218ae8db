"""From a provider's row to the dialect that speaks with it, and from an answer to words that may be shown."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.utils.translation import gettext_noop

from generations.contract import Answer, Dialect, DialectError, NeverHeard, RemoteOutput, Snapshot
from generations.contract.secrets import blotted, holds_one
from generations.dialects import DIALECTS
from generations.models import Provider

log = logging.getLogger(__name__)

UNSPOKEN = gettext_noop("This version of the portal does not speak {dialect}.")


class NotSpoken(Exception):
    """This version of the portal has no such dialect."""


def dialect_of(provider: Provider, slug: str = "") -> Dialect:
    """The provider's dialect (or the one a job was sent in), with its address, secrets and paths. Raises NotSpoken."""
    kind = DIALECTS.get(slug or provider.dialect)
    if kind is None:
        raise NotSpoken(UNSPOKEN.format(dialect=slug or provider.dialect))
    return kind(provider.base_url, provider.key, provider.headers, provider.create_path, provider.query_path)


def read_created(dialect: Dialect, answer: Answer) -> str:
    """The provider's id for the new job. Raises a DialectError, whatever the answer is."""
    with blotting(dialect):
        remote_id = dialect.read_created(answer)
        if holds_one(remote_id, dialect.secrets):
            raise NeverHeard(gettext_noop("The provider's answer gives a secret of ours as the id."))
        return remote_id


def read_snapshot(dialect: Dialect, answer: Answer, remote_id: str) -> Snapshot:
    """How the job is going. Raises a DialectError, whatever the answer is."""
    with blotting(dialect):
        return in_plain_words(dialect, dialect.read_snapshot(answer, remote_id))


def in_plain_words(dialect: Dialect, seen: Snapshot) -> Snapshot:
    """What was seen, fit to be shown and stored."""
    outputs = tuple(_plain(output, dialect.secrets) for output in seen.outputs)
    reason, word, detail = (blotted(text, dialect.secrets) for text in (seen.reason, seen.word, seen.detail))
    return replace(seen, outputs=outputs, reason=reason, word=word, detail=detail)


def _plain(output: RemoteOutput, secrets: tuple[str, ...]) -> RemoteOutput:
    """An address that holds a secret is shown and stored without it, though it may then lead nowhere."""
    return replace(output, url=blotted(output.url, secrets)) if holds_one(output.url, secrets) else output


@contextmanager
def blotting(dialect: Dialect) -> Iterator[None]:
    """The dialect reads the answer as it came; no word that leaves here as an error or in the log holds a secret."""
    try:
        yield
    except DialectError as error:
        raise error.blot(dialect.secrets) from None
    except Exception as error:
        log.error("an answer could not be read\n%s", blotted(traceback.format_exc(), dialect.secrets))
        unread = NeverHeard(gettext_noop("The provider's answer could not be read."), detail=repr(error))
        raise unread.blot(dialect.secrets) from None

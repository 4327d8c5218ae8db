"""Trying a provider's address and key without spending anything."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import Answer, Cause, Dialect, DialectError, HttpCall, NotKnown, Refused
from generations.contract.secrets import blotted
from generations.models import Provider, User
from generations.services.audit import note
from generations.services.gist import CURES
from generations.services.speaking import NotSpoken, dialect_of, read_snapshot
from generations.services.told import told
from generations.transport import Allowance, open_door
from generations.wire.reading import describe, words_of

NOBODYS_JOB = "sora-portal-connection-test"
SLOW = 5.0
STRANGE = gettext_noop(
    "It answered, but not like {kind}. Check that it is this kind of provider, then the base URL and the paths; behind "
    "a proxy, that the proxy leads there."
)
KEY_WANTED = gettext_noop(
    "It answered, and asks for a key. Set it on the provider's page, or by: manage.py provider set --key-env …"
)
# How the families say that there is no such job: new-api's task_not_exist, OpenAI's "Video with id … not found".
JOB = rf"(\b(task|video|job|generation|id|{NOBODYS_JOB})\b|任务|视频)"
ABSENT = r"(not (be )?found|not exist|n't exist|no such|unknown|不存在|未找到)"
NO_SUCH_JOB = re.compile(rf"{JOB}.*{ABSENT}|{ABSENT}.*{JOB}", re.DOTALL)
WRONG = r"(invalid|incorrect|wrong|bad|missing|expired|illegal|no|not a valid|provide an?)"
NO_GOOD_KEY = re.compile(
    rf"{WRONG} ([a-z]+ ){{0,2}}(api ?)?(key|token|credentials?)\b|(key|token|credentials?) (is |was )?{WRONG}"
    r"|unauthori[sz]ed|unauthenticated|authentication|令牌|密钥"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """How a test went: `ok`, one sentence with the cure for an admin, and where it went wrong."""

    ok: bool
    sentence: str
    cause: Cause | None = None
    detail: str = ""


def probe(provider: Provider) -> Probe:
    """Ask the provider about a job that does not exist: the right answer is that it does not know it."""
    try:
        dialect = dialect_of(provider)
    except NotSpoken as error:
        return Probe(False, told(str(error)), Cause.OTHER)
    began = time.monotonic()
    try:
        answer = async_to_sync(_ask)(provider, dialect.query(NOBODYS_JOB))
    except DialectError as error:
        return _failed(error)
    if says_no_such_job(answer):
        return _reached(provider, time.monotonic() - began)
    if says_wrong_key(answer):
        has_key = provider.key or provider.headers
        return Probe(False, _(CURES[Cause.KEY] if has_key else KEY_WANTED), Cause.KEY, _described(dialect, answer))
    return _other(dialect, answer)


def probe_for(provider: Provider, actor: User) -> Probe:
    """The same because somebody asked for it, which is written down: the provider was called with its key."""
    result = probe(provider)
    told = {"works": (None, result.ok)}
    note(actor, gettext_noop("connection tested"), provider.name, told)
    return result


def says_no_such_job(answer: Answer) -> bool:
    """True for what this API's families answer about a job that does not exist, whatever the status."""
    return any(NO_SUCH_JOB.search(said) for said in _said(answer))


def says_wrong_key(answer: Answer) -> bool:
    """True when the key is refused: by the status, or by an error that says so under any other."""
    return answer.status == 401 or any(NO_GOOD_KEY.search(said) for said in _said(answer))


def _said(answer: Answer) -> list[str]:
    """Its error's code and message, as words."""
    return [text.casefold().replace("_", " ") for text in words_of(answer)]


def _other(dialect: Dialect, answer: Answer) -> Probe:
    """What went wrong where the dialect can tell; anything else, also a job in good health, is not like it."""
    try:
        read_snapshot(dialect, answer, NOBODYS_JOB)
    except (NotKnown, Refused) as error:
        if error.cause == Cause.PATH:
            return _failed(error)
    except DialectError as error:
        return _failed(error)
    return Probe(False, _(STRANGE).format(kind=dialect.title), Cause.OTHER, _described(dialect, answer))


def _described(dialect: Dialect, answer: Answer) -> str:
    return blotted(describe(answer), dialect.secrets)


def _failed(error: DialectError) -> Probe:
    return Probe(False, told(CURES.get(error.cause, str(error))), error.cause, error.detail)


def _reached(provider: Provider, seconds: float) -> Probe:
    if provider.key or provider.headers:
        said = _("Address and key work; it answered in {seconds} s.")
    else:
        said = _("The address works, without a key; it answered in {seconds} s.")
    slow = [_("That is slow: more than {seconds} s.").format(seconds=f"{SLOW:.0f}")] if seconds > SLOW else []
    return Probe(True, " ".join([said.format(seconds=f"{seconds:.1f}"), *slow, _("Nothing was spent.")]))


async def _ask(provider: Provider, call: HttpCall) -> Answer:
    async with open_door(provider.base_url, Allowance(provider.origin if provider.allow_private else "")) as door:
        return await door.query(call)

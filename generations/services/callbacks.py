"""Providers that call us: a hint to look, and nothing more.

What a caller says is never believed. It only makes the next look come at once, or names an id to ask about when the
answer to the request was lost; the provider's own answer to our question is what counts. The same call twice changes
nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import timedelta

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from generations.contract import Answer, Dialect, Notice
from generations.dialects import DIALECTS
from generations.models import Provider, Submission, Watch
from generations.services.candidates import keep_called, keep_of_account
from generations.services.kick import kick_engine
from generations.services.public import address
from generations.wire.reading import body_of, named, storable, unwrapped

WINDOW = 300  # seconds a signed call may be old, or early
SALT = "generations.callback"
PAUSE = 1  # seconds between two looks that callers may ask for
SECRET_PREFIX = "whsec_"  # noqa: S105 - how the field's secrets begin


class NotGenuine(Exception):
    """The call is not signed by the account's own secret."""


def callbacks_off(provider: Provider) -> str:
    """Why this provider does not call the portal; "" when it does."""
    kind = DIALECTS.get(provider.dialect)
    if kind is None or kind.notice == Notice.NONE:
        return _("This kind of provider does not call back.")
    if not address(provider):
        return _("The portal has no public address: set PUBLIC_URL, so that the provider can reach it.")
    if not provider.callbacks:
        return _("Switched off.")
    if kind.notice == Notice.PER_ACCOUNT and not provider.webhook_secret:
        return _("The provider's signing secret is not set.")
    return ""


def webhook_address(provider: Provider) -> str:
    """The address to enter in the account's dashboard; "" where there is none."""
    kind = DIALECTS.get(provider.dialect)
    if kind is None or kind.notice != Notice.PER_ACCOUNT or not address(provider):
        return ""
    return address(provider) + reverse("provider-hook", args=[provider.webhook_token])


def notify_url(provider: Provider, dialect: Dialect, submission: Submission) -> str:
    """The address that travels with a request, good for this submission only; "" when none should."""
    if dialect.notice != Notice.PER_JOB or callbacks_off(provider):
        return ""
    return address(provider) + reverse("job-hook", args=[callback_token(submission)])


def callback_token(submission: Submission) -> str:
    """The name under which a provider may call about this submission.

    Nobody guesses it, and it is kept nowhere: whoever copies the database cannot make one without `SECRET_KEY`.
    """
    return f"{submission.pk}-{salted_hmac(SALT, submission.token.hex, algorithm='sha256').hexdigest()}"


def _called(token: str) -> Submission | None:
    """The submission of a token, if it is genuine."""
    pk = token.partition("-")[0]
    rows = Submission.objects.select_related("job", "provider")
    found = rows.filter(pk=int(pk)).first() if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None
    return found if found and constant_time_compare(token, callback_token(found)) else None


def heard_about(token: str, body: bytes = b"") -> bool:
    """Somebody who knows a submission's token called: look at its job now. False when there is no such token.

    The body is not believed. Where the answer to the request was lost, the id it names is kept to be asked about.
    """
    submission = _called(token)
    if submission is None:
        return False
    _look_now(job=submission.job_id)
    if not submission.remote_id and keep_called(submission, _named_in(submission, body)):
        kick_engine()
    return True


def _named_in(submission: Submission, body: bytes) -> str:
    kind = DIALECTS.get(submission.job.dialect)
    said = body_of(Answer(200, {}, body))
    return named(unwrapped(said, *kind.id_paths), *kind.id_paths) if kind else ""


def heard_from(provider: Provider, headers: Mapping[str, str], body: bytes) -> None:
    """A signed call about one of the account's jobs: look at that job, or ask whose it is. Raises NotGenuine."""
    check_signature(headers, body, provider.webhook_secret)
    try:
        remote_id = json.loads(body)["data"]["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    if not isinstance(remote_id, str):
        return
    _look_now(provider=provider.pk, remote_id=storable(remote_id))
    if keep_of_account(provider, storable(remote_id)):
        kick_engine()


def _look_now(**which: object) -> None:
    for pk in Watch.objects.filter(**which).values_list("pk", flat=True):
        # A caller who repeats itself must not make us ask without end.
        wait = 0 if cache.add(f"look-now:{pk}", True, PAUSE) else PAUSE
        at = timezone.now() + timedelta(seconds=wait)
        if Watch.objects.filter(pk=pk, next_poll_at__gt=at).update(next_poll_at=at):
            kick_engine()


def check_signature(headers: Mapping[str, str], body: bytes, secret: str, now: float | None = None) -> None:
    """The scheme of Standard Webhooks: HMAC-SHA256 over id, time and body. Raises NotGenuine."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not (secret and name and stamp.isascii() and stamp.isdecimal() and len(stamp) < 13):
        raise NotGenuine("It is not signed.")
    if abs((time.time() if now is None else now) - int(stamp)) > WINDOW:
        raise NotGenuine("It is too old, or the clocks differ.")
    digest = hmac.new(_key(secret), f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
        raise NotGenuine("It is signed by another secret.")


def _key(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise NotGenuine("The signing secret is damaged. Set it again.") from error
    if not key:
        raise NotGenuine("The signing secret is empty. Set it again.")
    return key

"""Signed calls to webhooks: what is said, how it is signed, and a test of both. The scheme is Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import uuid
from datetime import datetime

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Charged, Job, News, Notice, Webhook
from generations.transport import Allowance, Posted, post

EXCERPT = 80  # characters of a prompt
REASON_MOST = 300
PREFIX = "whsec_"
UNREADABLE = gettext_noop("Its signing secret cannot be read any more. Make a new one.")
TESTED = gettext_noop("Test: {result}")


def excerpt(job: Job) -> str:
    """The beginning of the prompt, on one line."""
    text = " ".join(job.prompt.shown.split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def link(job: Job) -> str:
    return f"{settings.PORTAL_ADDRESS}{job.get_absolute_url()}"


def charged(job: Job) -> Charged:
    """Whether the job's latest submission cost money, as far as is known by now."""
    latest = job.submissions.order_by("-number").values_list("charged", flat=True).first()
    return Charged(latest or Charged.NO)


def body_of(notice: Notice) -> bytes:
    """What a webhook is told of a job's end, or of its clip's review: the verdict is the one that stands by now."""
    job, is_review = notice.job, notice.news == News.REVIEWED
    data = {
        "key": str(job.key),
        "url": link(job),
        "state": job.state if is_review else notice.news,
        "reason": notice.reason[:REASON_MOST],
        "charged": charged(job).value,
        "prompt": excerpt(job),
        "provider": job.provider_name,
        "model": job.model,
        "seconds": job.seconds,
        "aspect_ratio": job.aspect_ratio,
    } | ({"verdict": job.verdict} if is_review else {})
    return _packed(f"job.{notice.news}", notice.made_at, data)


def _packed(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    said = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def signed(secret: str, name: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that say who sent this body, and when. Raises ValueError for a secret that is none."""
    stamp = str(int(now.timestamp()))
    digest = hmac.digest(_key(secret), f"{name}.{stamp}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key or not secret.startswith(PREFIX):
        raise ValueError(UNREADABLE)  # nothing is ever signed with an empty key
    return key


async def tell(hook: Webhook, name: str, body: bytes) -> Posted:
    """Send a body to the hook once, signed. Never raises."""
    try:
        headers = signed(hook.secret, name, body, timezone.now())
    except ValueError as error:
        return Posted(0, str(error))
    return await post(hook.url, body, headers, Allowance(hook.private_origin))


def try_out(hook: Webhook) -> Posted:
    """Send a test that is signed like any other call, and keep what came of it."""
    body = _packed("test", timezone.now(), {"message": "A test from Sora Portal."})
    came = async_to_sync(tell)(hook, f"msg_{uuid.uuid4().hex}", body)
    keep_result(hook, came.ok, TESTED.format(result=came.sentence))
    return came


def keep_result(hook: Webhook, ok: bool, sentence: str, **columns: object) -> None:
    """Remember how the last call went, for whoever looks at the hook's page."""
    said = {"result": sentence[:300], "result_ok": ok, "result_at": timezone.now(), **columns}
    Webhook.objects.filter(pk=hook.pk).update(**said)

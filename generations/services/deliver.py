"""Telling what waits to be told: mails and webhooks, at least once each, tried again ever more seldom."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Delivery, News, State, Webhook
from generations.services.notice_mail import send_mail
from generations.services.notices import GATHERED, hooks_for, mail_column, reviewers_for, spread
from generations.services.quiet import quiet_until
from generations.services.webhooks import body_of, keep_result, tell
from generations.transport import Posted

log = logging.getLogger(__name__)

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
)  # between one try and the next; after the last it is given up
STEP_BACK = timedelta(minutes=1)
LEASE = timedelta(seconds=90)  # longer than the queue lets a task run
PART_SECONDS = 4.0  # after that no new batch, or mail, is begun: a queue that is busy for thirty counts as stuck
AT_ONCE, SPREAD_AT_ONCE = 16, 200
GONE = 410
SWITCHED_OFF = gettext_noop("It was switched off.")
AGAIN = gettext_noop("Try {tries}; it is tried again.")
GIVEN_UP = gettext_noop("Given up after {tries} tries.")


def deliver() -> None:
    """One round: as much as fits into a moment. What is left is due, and the next sweep asks again."""
    spread(SPREAD_AT_ONCE)
    _webhooks(time.monotonic() + PART_SECONDS)
    _mails(time.monotonic() + PART_SECONDS)


def _webhooks(until: float) -> None:
    while time.monotonic() < until and (batch := _taken(_due().exclude(webhook=None)[:AT_ONCE])):
        _tell_all(batch)


def _due(ahead: timedelta = timedelta(0)) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(due_at__lte=timezone.now() + ahead).order_by("due_at", "pk")
    return rows.select_related("notice__job__author", "notice__job__prompt", "webhook", "reader")


def _taken(rows: QuerySet[Delivery]) -> list[Delivery]:
    """Those that this process got hold of and that may be told now."""
    return [row for row in rows if row.take(timezone.now() + LEASE) and _may_be_told(row)]


def _may_be_told(delivery: Delivery) -> bool:
    """Settings may have changed since: what is no longer wanted is dropped, what comes at a quiet time is held."""
    if not _is_wanted(delivery):
        _settle(delivery, due_at=None, trouble=gettext_noop("No longer wanted."))
        return False
    until = quiet_until(delivery.receiver, timezone.now()) if _keeps_quiet(delivery) else None
    if until:
        _settle(delivery, due_at=until)
    return until is None


def _is_wanted(delivery: Delivery) -> bool:
    job = delivery.notice.job
    if delivery.reader_id:
        waits = job.state == State.AWAITING_APPROVAL
        return waits and reviewers_for(job.author).filter(pk=delivery.reader_id).exists()
    if delivery.webhook_id is None:
        return job.author.is_active and bool(getattr(job.author, mail_column(News(delivery.notice.news))))
    return hooks_for(job).filter(pk=delivery.webhook_id).exists()


def _keeps_quiet(delivery: Delivery) -> bool:
    hook = delivery.webhook
    return hook is None or (hook.keeps_quiet and hook.owner_id is not None)


def _mails(until: float) -> None:
    """One after the other; when the mail server takes none, the others wait for the next round."""
    while time.monotonic() < until:
        due = _due().filter(webhook=None)[:1]
        if not due:
            return
        for delivery in _taken(due):
            told = [delivery, *_gathered(delivery)]
            if not _mailed(told, send_mail([each.notice for each in told], delivery.receiver)):
                return


def _gathered(first: Delivery) -> list[Delivery]:
    """What else waits for the same reviewer, due or soon due: one mail tells it all. Longer leases are somebody's."""
    if first.reader_id is None:
        return []
    return _taken(_due(GATHERED).filter(reader=first.reader_id).exclude(pk=first.pk)[:SPREAD_AT_ONCE])


def _mailed(told: Sequence[Delivery], trouble: str) -> bool:
    for delivery in told:
        if trouble:
            _failed(delivery, trouble)
        else:
            _settle(delivery, due_at=None, told_at=timezone.now(), tries=delivery.tries + 1)
    return not trouble


def _tell_all(batch: Sequence[Delivery]) -> None:
    calls = [(row.webhook, str(row), body_of(row.notice)) for row in batch if row.webhook]
    for delivery, came in zip(batch, async_to_sync(_at_once)(calls), strict=True):
        _heard(delivery, came)


async def _at_once(calls: Sequence[tuple[Webhook, str, bytes]]) -> list[Posted]:
    return list(await asyncio.gather(*(tell(*call) for call in calls)))


def _heard(delivery: Delivery, came: Posted) -> None:
    hook = delivery.webhook
    assert hook is not None  # noqa: S101 - the caller asked for those only
    if came.ok:
        _settle(delivery, due_at=None, told_at=timezone.now(), tries=delivery.tries + 1, trouble="")
        keep_result(hook, True, came.sentence)
    elif came.status == GONE:
        keep_result(hook, False, f"{came.sentence} {SWITCHED_OFF}", enabled=False)
        Delivery.objects.filter(webhook=hook, due_at__isnull=False).update(due_at=None, trouble=came.sentence)
    else:
        next_try = _failed(delivery, came.sentence)
        _make_room(hook)
        keep_result(hook, False, f"{came.sentence} {_what_now(delivery, next_try)}")


def _make_room(hook: Webhook) -> None:
    """What else waits for a hook in trouble steps back for a moment, so that others are not held up behind it."""
    now = timezone.now()
    Delivery.objects.filter(webhook=hook, due_at__lte=now).update(due_at=now + STEP_BACK)


def _failed(delivery: Delivery, trouble: str) -> datetime | None:
    """Put it off, or give it up after the last try; when it is tried next."""
    wait = WAITS[delivery.tries] if delivery.tries < len(WAITS) else None
    due_at = timezone.now() + wait if wait else None
    if due_at is None:
        log.warning("a notice was given up after %s tries: %s", delivery.tries + 1, trouble)
    _settle(delivery, due_at=due_at, tries=delivery.tries + 1, trouble=trouble)
    return due_at


def _what_now(delivery: Delivery, next_try: datetime | None) -> str:
    tries = delivery.tries + 1
    return (AGAIN if next_try else GIVEN_UP).format(tries=tries)


def _settle(delivery: Delivery, **columns: object) -> None:
    """Write down what became of it, unless our hold on it ended and somebody else took it."""
    Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at).update(**columns)

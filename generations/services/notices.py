"""The outbox: a notice is written with the move that it tells of, and spread to the ways it is to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from generations.models import Delivery, Ended, Job, Notice, State, User, Visibility, Webhook
from generations.models.notice import WebhookQuerySet
from generations.services.kick import kick_deliver

KEPT = timedelta(days=14)
TOLD = {
    State.DONE: Ended.DONE,
    State.FAILED: Ended.FAILED,
    State.UNKNOWN: Ended.UNKNOWN,
    State.REJECTED: Ended.REJECTED,
}
# One statement that writes nothing where nobody wants to know. The columns are those of the end at hand.
WRITE = """
    INSERT INTO {notices} (job_id, ended, reason, made_at, is_spread) SELECT %s, %s, %s, %s, %s WHERE
    EXISTS (SELECT 1 FROM {users} WHERE id = %s AND is_active AND {mail})
    OR EXISTS (SELECT 1 FROM {hooks} WHERE enabled AND secret <> '' AND {hook}
        AND (owner_id = %s OR (owner_id IS NULL AND {shared})))
"""


def note_end(job: Job, to: State, reason: str, now: datetime) -> None:
    """Write down that the job ended, in the caller's transaction, if its author or the team wants to hear of it."""
    ended = TOLD.get(to)
    if ended is None:
        return
    moment = connection.ops.adapt_datetimefield_value(now)
    values: list[Any] = [job.pk, ended.value, reason, moment, False, job.author_id, job.author_id]
    with connection.cursor() as cursor:
        cursor.execute(_statement(ended, job), values)
        wanted = cursor.rowcount > 0
    if wanted:
        transaction.on_commit(kick_deliver, robust=True)


def _statement(ended: Ended, job: Job) -> str:
    return WRITE.format(
        notices=Notice._meta.db_table,
        users=User._meta.db_table,
        hooks=Webhook._meta.db_table,
        mail=mail_column(ended),
        hook=ended.switch,
        shared="1 = 1" if job.visibility == Visibility.TEAM else "1 = 0",
    )


def mail_column(ended: Ended) -> str:
    """The author's switch for a mail about such an end."""
    return "mail_done" if ended == Ended.DONE else "mail_failed"


def spread(limit: int) -> None:
    """Write a delivery for each way a new notice is to be told, as its author and the team wish by now."""
    rows = Notice.objects.filter(is_spread=False).select_related("job__author").order_by("made_at")
    for notice in rows[:limit]:
        with transaction.atomic():
            if Notice.objects.filter(pk=notice.pk, is_spread=False).update(is_spread=True):
                Delivery.objects.bulk_create(_deliveries(notice))


def _deliveries(notice: Notice) -> Iterator[Delivery]:
    now, author = timezone.now(), notice.job.author
    if author.is_active and getattr(author, mail_column(Ended(notice.ended))):
        yield Delivery(notice=notice, due_at=now)
    for hook in hooks_for(notice.job).filter(**{Ended(notice.ended).switch: True}):
        yield Delivery(notice=notice, webhook=hook, due_at=now)


def hooks_for(job: Job) -> WebhookQuerySet:
    """The webhooks that may hear of this job: its author's own, and the team's unless the job is private.

    One without a signing secret hears nothing.
    """
    whose = Q(owner=job.author_id, owner__is_active=True)
    if job.visibility == Visibility.TEAM:
        whose |= Q(owner=None)
    return Webhook.objects.filter(whose, enabled=True).exclude(secret="")


def something_to_tell() -> bool:
    """True when a kick was lost or a time has come."""
    due = Delivery.objects.filter(due_at__lte=timezone.now())
    return Notice.objects.filter(is_spread=False).exists() or due.exists()


def forget_told() -> None:
    """Remove notices that are two weeks old: by then each was told or given up."""
    Notice.objects.filter(made_at__lt=timezone.now() - KEPT).delete()

"""The outbox: a notice is written with what it tells of, and spread to the ways it is to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generations.models import Delivery, Job, News, Notice, Role, State, User, Visibility, Webhook
from generations.models.notice import WebhookQuerySet
from generations.services.afterwards import afterwards
from generations.services.kick import kick_deliver

KEPT = timedelta(days=14)
GATHERED = timedelta(seconds=45)  # for so long reviewers' mail waits for more to come
TOLD = {
    State.DONE: News.DONE,
    State.FAILED: News.FAILED,
    State.UNKNOWN: News.UNKNOWN,
    State.REJECTED: News.REJECTED,
}
MAIL = {News.DONE: "mail_done", News.REVIEWED: "mail_reviewed"}
# One statement that writes nothing where nobody wants to know. The columns are those of the news at hand.
WRITE = """
    INSERT INTO {notices} (job_id, news, reason, made_at, is_spread) SELECT %s, %s, %s, %s, %s WHERE
    EXISTS (SELECT 1 FROM {users} WHERE id = %s AND is_active AND {mail})
    OR EXISTS (SELECT 1 FROM {hooks} WHERE enabled AND secret <> '' AND {hook}
        AND (owner_id = %s OR (owner_id IS NULL AND {shared})))
"""


def note_end(job: Job, to: State, reason: str, now: datetime) -> None:
    """Write down that the job ended, in the caller's transaction, if its author or the team wants to hear of it."""
    if news := TOLD.get(to):
        _note(job, news, reason, now)


def note_review(job: Job, reason: str, now: datetime) -> None:
    """Write down what a reviewer said of its clip, for the same ears."""
    _note(job, News.REVIEWED, reason, now)


def note_waiting(jobs: Sequence[Job], author: User, now: datetime) -> None:
    """Write down that new jobs await approval, in the transaction that makes them, if a reviewer wants to hear."""
    if reviewers_for(author).exists():
        Notice.objects.bulk_create(Notice(job=job, news=News.WAITING, made_at=now) for job in jobs)
        afterwards(kick_deliver)


def reviewers_for(author: User) -> QuerySet[User]:
    """Who decides about this person's jobs and is mailed when one waits; never himself."""
    staff = User.objects.filter(role__in=(Role.REVIEWER, Role.ADMIN), is_active=True, mail_waiting=True)
    return staff.exclude(pk=author.pk)


def _note(job: Job, news: News, reason: str, now: datetime) -> None:
    moment = connection.ops.adapt_datetimefield_value(now)
    values: list[Any] = [job.pk, news.value, reason, moment, False, job.author_id, job.author_id]
    with connection.cursor() as cursor:
        cursor.execute(_statement(news, job), values)
        wanted = cursor.rowcount > 0
    if wanted:
        afterwards(kick_deliver)


def _statement(news: News, job: Job) -> str:
    return WRITE.format(
        notices=Notice._meta.db_table,
        users=User._meta.db_table,
        hooks=Webhook._meta.db_table,
        mail=mail_column(news),
        hook=news.switch,
        shared="1 = 1" if job.visibility == Visibility.TEAM else "1 = 0",
    )


def mail_column(news: News) -> str:
    """The author's switch for a mail about it."""
    return MAIL.get(news, "mail_failed")


def spread(limit: int) -> None:
    """Write a delivery for each way a new notice is to be told, as its author and the team wish by now."""
    rows = Notice.objects.filter(is_spread=False).select_related("job__author").order_by("made_at")
    for notice in rows[:limit]:
        with transaction.atomic():
            if Notice.objects.filter(pk=notice.pk, is_spread=False).update(is_spread=True):
                Delivery.objects.bulk_create(_deliveries(notice))


def _deliveries(notice: Notice) -> Iterator[Delivery]:
    now, author, news = timezone.now(), notice.job.author, News(notice.news)
    if news == News.WAITING:
        yield from (Delivery(notice=notice, reader=each, due_at=now + GATHERED) for each in reviewers_for(author))
        return
    if author.is_active and getattr(author, mail_column(news)):
        yield Delivery(notice=notice, due_at=now)
    for hook in hooks_for(notice.job).filter(**{news.switch: True}):
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

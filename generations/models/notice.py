"""What is told of a job: the notice, written with what it tells of, and what becomes of each way it is told."""

from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.fields import EncryptedTextField
from generations.models.user import User

SECRET_BYTES = 32


def new_signing_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


class News(models.TextChoices):
    """What is told: a job's ends, what a reviewer said of its clip, and to reviewers that it awaits approval."""

    DONE = "done", _("ready")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("outcome unknown")
    REJECTED = "rejected", _("not approved")
    REVIEWED = "reviewed", _("reviewed")
    WAITING = "waiting", _("awaits approval")

    @property
    def switch(self) -> str:
        """A hook's column that says whether it hears of this: what was not approved counts as failed.

        That a job waits is for reviewers' mail only: no hook has such a column.
        """
        return (News.FAILED if self == News.REJECTED else self).value


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def of_team(self) -> WebhookQuerySet:
        return self.filter(owner=None)


class Webhook(models.Model):
    """An address that is told news of jobs: a member's own, or without an owner the team's.

    The secret signs what is sent. It is shown when it is made and never again.
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook", null=True)
    name = models.CharField(max_length=60, blank=True, default="")
    url = models.CharField(_("address"), max_length=500, validators=[URLValidator(["http", "https"])])
    secret = EncryptedTextField(default="", editable=False)
    allow_private = models.BooleanField(default=False)
    done = models.BooleanField(_("a clip is ready"), default=True)
    failed = models.BooleanField(_("a job failed"), default=True)
    unknown = models.BooleanField(_("an outcome is unknown"), default=True)
    reviewed = models.BooleanField(_("a clip was reviewed"), default=False)
    keeps_quiet = models.BooleanField(_("waits for the end of the owner's quiet hours"), default=False)
    enabled = models.BooleanField(default=True)
    result = models.CharField(max_length=300, blank=True, default="", editable=False)
    result_ok = models.BooleanField(default=True, editable=False)
    result_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name or self.origin

    @property
    def origin(self) -> str:
        """Scheme, host and port of the address; what is behind them may be a secret of the receiver."""
        parts = urlsplit(self.url.lower())
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def private_origin(self) -> str:
        """The one private address it may reach: a team's hook only, and only where an admin said so."""
        return self.origin if self.allow_private and self.owner_id is None else ""


class Notice(models.Model):
    """Something about a job that somebody wants to hear of. Written in the transaction in which it comes about."""

    job = models.ForeignKey("generations.Job", models.CASCADE, related_name="notices")
    news = models.CharField(max_length=10, choices=News)
    reason = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()
    is_spread = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["made_at"], condition=Q(is_spread=False), name="notice_to_spread"),
            models.Index(fields=["made_at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.news}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to(self, user: User) -> DeliveryQuerySet:
        """What goes to this person."""
        return self.filter(Q(reader=user) | Q(reader=None, notice__job__author=user))


class Delivery(models.Model):
    """One way a notice is told: to a webhook, or without one by mail. `key` names every try.

    It goes to `reader`, without one to the job's author.
    """

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", null=True)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", null=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["notice", "webhook"], name="delivery_once_per_hook"),
            models.UniqueConstraint(
                fields=["notice"], condition=Q(webhook=None, reader=None), name="delivery_one_mail"
            ),
            models.UniqueConstraint(fields=["notice", "reader"], name="delivery_once_per_reader"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="delivery_due")]

    def __str__(self) -> str:
        return f"msg_{self.key.hex}"

    @property
    def receiver(self) -> User:
        """Whom it is for; a webhook of the team is nobody's, and goes by the job's author."""
        return self.reader or self.notice.job.author

    def take(self, until: datetime) -> bool:
        """Hold it until then, so that nobody else tries it meanwhile; False when somebody was first."""
        mine = Delivery.objects.filter(pk=self.pk, due_at=self.due_at, tries=self.tries)
        self.due_at = until
        return bool(mine.update(due_at=until))

"""Ids at a provider that may belong to a request whose answer never came."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where an id was heard of."""

    CALLBACK = "callback", _("its own callback")
    WEBHOOK = "webhook", _("a signed webhook of the account")
    LIST = "list", _("the provider's list")


class Candidate(models.Model):
    """An id that may be a submission's; without a submission, an id of the account that may be anybody's.

    A hint, never news: it is adopted only after our own query. `next_try_at` is when to ask about it, None when
    there is nothing to ask: the list told it already, or the provider does not know it.
    """

    provider = models.ForeignKey("generations.Provider", models.CASCADE, related_name="+")
    submission = models.ForeignKey("generations.Submission", models.CASCADE, related_name="candidates", null=True)
    remote_id = models.CharField(max_length=300)
    source = models.CharField(max_length=10, choices=Source)
    heard_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    said = models.TextField(_("what the provider said"), blank=True, default="")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "remote_id"], name="candidate_once_per_submission"),
            models.UniqueConstraint(
                fields=["provider", "remote_id"], condition=Q(submission=None), name="candidate_once_per_account"
            ),
        ]

    def __str__(self) -> str:
        return self.remote_id

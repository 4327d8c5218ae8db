"""One POST to a provider: the intent, and what came of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.states import Charged, Outcome


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def unheard(self) -> SubmissionQuerySet:
        """Those of which nobody knows what the provider made of them."""
        return self.filter(remote_id="", outcome__in=[Outcome.PENDING, Outcome.NEVER_HEARD])

    def second_clips(self) -> SubmissionQuerySet:
        """Accepted after all, though staff had moved the job on; not looked at by anybody yet."""
        return self.filter(left_at__isnull=False, noted_at=None).exclude(remote_id="")


class Submission(models.Model):
    """At most one POST each, at most one live one a job. Committed before the POST leaves.

    `left_at` is when staff moved the job on without knowing what came of this.
    """

    job = models.ForeignKey("generations.Job", models.CASCADE, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey("generations.Provider", models.SET_NULL, related_name="+", null=True)
    lease_until = models.DateTimeField()
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=300, blank=True, default="")
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.PENDING)
    charged = models.CharField(max_length=10, choices=Charged, default=Charged.UNKNOWN)
    cost = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text=_("In the provider's unit, where it says so.")
    )
    detail = models.TextField(blank=True, default="")
    left_at = models.DateTimeField(_("given up on"), null=True, blank=True, db_index=True, editable=False)
    noted_at = models.DateTimeField(_("second clip noted"), null=True, blank=True, editable=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["job", "number"]
        indexes = [
            models.Index(fields=["provider", "sent_at"], name="submission_by_time"),
            models.Index(fields=["job"], condition=Q(charged=Charged.UNKNOWN), name="submission_unsettled"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="submission_number_once"),
            models.UniqueConstraint(
                fields=["provider", "remote_id"], condition=~Q(remote_id=""), name="submission_remote_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

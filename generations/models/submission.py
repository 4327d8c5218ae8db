"""One POST to a provider: the intent, and what came of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from generations.models.states import Charged, Outcome


class Submission(models.Model):
    """At most one POST each, at most one live one a job. Committed before the POST leaves."""

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
    detail = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="submission_number_once"),
            models.UniqueConstraint(
                fields=["provider", "remote_id"], condition=~Q(remote_id=""), name="submission_remote_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

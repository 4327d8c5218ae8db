"""What reviewers say of finished clips. Rows are added, never changed: see services/reviews.py."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from generations.models.job import Job
from generations.models.states import Verdict


class Review(models.Model):
    """One verdict on a job's clip; an empty one takes the one before back. `at` pins the note to a second of the clip.

    The job's own `verdict` is that of its latest review.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    note = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.verdict or '-'}"

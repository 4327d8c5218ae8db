"""Which clip the team goes on with."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from generations.models.job import Job


class Pick(models.Model):
    """A clip that somebody called the winner. There may be several of one prompt: nothing is forced."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="pick")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.job_id}, {self.at:%Y-%m-%d %H:%M:%S}"

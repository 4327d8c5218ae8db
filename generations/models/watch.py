"""The narrow row that exists only while a job is in flight."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Watch(models.Model):
    """When to look at a running job next, who is looking, and how it went so far. Written by the engine in bulk."""

    job = models.OneToOneField("generations.Job", models.CASCADE, primary_key=True, related_name="watch")
    provider = models.ForeignKey("generations.Provider", models.SET_NULL, related_name="+", null=True)
    remote_id = models.CharField(max_length=300)
    # Copies of the job's, so that a look needs no other row.
    dialect = models.CharField(max_length=40, default="")
    origin = models.CharField(max_length=300, blank=True, default="")
    since = models.DateTimeField()
    usual_low = models.FloatField(null=True, help_text=_("Seconds; hardly a job like this one ends sooner."))
    usual_high = models.FloatField(null=True, help_text=_("Seconds; most jobs like this one have ended by then."))
    next_poll_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    looks = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    no_url = models.PositiveIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(null=True)
    word = models.CharField(max_length=60, blank=True, default="")
    trouble = models.TextField(blank=True, default="")
    rev = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("watches")
        indexes = [models.Index(fields=["provider", "next_poll_at"], name="watch_due")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.remote_id}"

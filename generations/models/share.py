"""Links for people outside the team."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from generations.models.job import Job


class ShareQuerySet(models.QuerySet["Share"]):
    def open(self) -> ShareQuerySet:
        """Neither over nor revoked, of a clip that is on the shelf."""
        lasting = Q(revoked_at=None, expires_at__gt=timezone.now())
        return self.filter(lasting, job__trashed_at=None, job__purged_at=None)


class Share(models.Model):
    """One link to one clip. Its token is kept nowhere, only a hash of it: who reads the database can open nothing."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="shares")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    with_prompt = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    opened = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.job_id}, until {self.expires_at:%Y-%m-%d %H:%M}"

    @property
    def is_over(self) -> bool:
        """Its time has run out."""
        return self.expires_at <= timezone.now()

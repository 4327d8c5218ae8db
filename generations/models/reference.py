"""Images that a video starts from."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _


class Fit(models.TextChoices):
    """How an image is brought to the output's shape."""

    CROP = "crop", _("Crop")
    PAD = "pad", _("Pad")


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def visible_to(self, user: models.Model) -> ReferenceQuerySet:
        """The user's own, and those of jobs he may see."""
        from generations.models.job import Job  # the rows name each other

        jobs = Job.objects.visible_to(user).filter(reference=OuterRef("pk"))  # type: ignore[arg-type]
        return self.filter(Q(owner=user) | Exists(jobs))


class Reference(models.Model):
    """One image as it came, checked and stored. Same bytes of the same owner are one row."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="references")
    image = models.FileField()
    thumb = models.FileField(blank=True)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    source_url = models.TextField(blank=True, default="", help_text=_("Where the member found it, if not uploaded."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="reference_once_per_owner")]

    def __str__(self) -> str:
        return str(self.key)

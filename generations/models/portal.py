"""What admins choose for the whole portal."""

from __future__ import annotations

from django.db import models


class Portal(models.Model):
    """One row, number 1, made by the first change. Until then the defaults hold. See services/portal.py."""

    shares_outside = models.BooleanField(default=True)
    approved_only = models.BooleanField(default=False, db_default=False)
    currency = models.CharField(max_length=3, default="USD", db_default="USD")
    approval_days = models.PositiveSmallIntegerField(default=7, db_default=7)

    def __str__(self) -> str:
        return "Portal"

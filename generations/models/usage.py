"""Figures of a day, kept so that no page adds up a million jobs; always counted anew from the rows, never added to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Grain(models.TextChoices):
    """What a cell tells apart. A coarser one is the sum of finer ones: a page reads the coarsest that answers it."""

    DAY = "day", _("all together")
    MEMBER = "member", _("members")
    MODEL = "model", _("providers and their models")
    BOTH = "both", _("members, and providers with their models")


class UsageMark(models.Model):
    """Something of that day has changed since its cells were counted. Added with the change, gone with a count."""

    day = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"{self.day}"


class UsageDay(models.Model):
    """A day whose cells were counted. Its row is held meanwhile, so that the later one of two counts stays."""

    day = models.DateField(primary_key=True)
    counted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.day}"


class UsageCell(models.Model):
    """What was asked for on a day, what became of it and what it cost.

    `dropped` were cancelled or not approved; `seconds` are those of the clips that were made. Money is in millionths of
    the portal's currency: whole numbers, which every database adds exactly. `waits` and `renders` have a letter for
    each clip, its time's class (services/usage/times.py), `causes` one for each failure: so that joined together they
    are those of several days. Empty dimensions are those the grain does not tell apart; a provider that was removed has
    its name only, and a correction that is about no job has neither.
    """

    day = models.ForeignKey(UsageDay, models.CASCADE, related_name="cells", db_column="day")
    grain = models.CharField(max_length=6, choices=Grain)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    provider = models.ForeignKey("generations.Provider", models.SET_NULL, related_name="+", null=True)
    provider_name = models.CharField(max_length=60, blank=True, default="")
    model = models.CharField(max_length=120, blank=True, default="")

    jobs = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    dropped = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    waits = models.TextField(blank=True, default="")
    renders = models.TextField(blank=True, default="")
    causes = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["grain", "day"], name="usage_of_grain"),
            models.Index(fields=["grain", "member", "day"], name="usage_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.grain}"

"""What every submission cost, as a book in which lines are added and never changed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}


def exact(amount: Decimal | None) -> Decimal:
    """A sum or product with the six places that are kept: SQLite adds up in floating point. None counts as nothing."""
    return (amount or Decimal(0)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


class Kind(models.TextChoices):
    """Why money moved in the book."""

    RESERVE = "reserve", _("Reserved")
    SETTLE = "settle", _("Charged")
    RELEASE = "release", _("Released")
    HOLD = "hold", _("Held: nobody knows")
    CORRECTION = "correction", _("Corrected")


class LedgerEntry(models.Model):
    """One movement, in the portal's currency: how much more, or less, is reserved, held and spent by it.

    `number` is that of the submission it is about, which need not have been sent yet. `turn` is 1 but where an answer
    that came late took back what the same kind of entry had said. `month` is the first day of the month that pays, as
    frozen by the reserve, and `day` the day of it in which usage counts the entry: that on which its job was asked for.
    `price` is what the provider takes, in its own `unit`; None where nobody knows.
    """

    at = models.DateTimeField(auto_now_add=True)
    month = models.DateField()
    day = models.DateField()
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    job = models.ForeignKey("generations.Job", models.PROTECT, related_name="entries", null=True)
    number = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind)
    turn = models.PositiveSmallIntegerField(default=1)
    reserved = models.DecimalField(**AMOUNT, default=Decimal(0))
    held = models.DecimalField(**AMOUNT, default=Decimal(0))
    spent = models.DecimalField(**AMOUNT, default=Decimal(0))
    price = models.DecimalField(**AMOUNT, null=True)
    unit = models.CharField(max_length=12, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(
                fields=["job", "number", "kind", "turn"], condition=~Q(kind=Kind.CORRECTION), name="entry_once"
            )
        ]
        indexes = [
            models.Index(fields=["month", "member"], name="entry_of_month"),
            models.Index(fields=["month", "unit"], name="entry_of_unit"),
            models.Index(fields=["day"], name="entry_of_day"),
            models.Index(fields=["-at", "-id"], name="entry_newest"),
            models.Index(fields=["kind", "-at", "-id"], name="entry_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number} {self.kind}"


class MonthTotal(models.Model):
    """What a member's entries of a month come to: kept so that budgets need not add up the book."""

    month = models.DateField()
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reserved = models.DecimalField(**AMOUNT, default=Decimal(0))
    held = models.DecimalField(**AMOUNT, default=Decimal(0))
    spent = models.DecimalField(**AMOUNT, default=Decimal(0))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "member"], name="month_total_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.member_id}"


class ExchangeRate(models.Model):
    """What one unit of a provider's money is in the portal's currency, from a day on, until a later row says else."""

    unit = models.CharField(max_length=12)
    rate = models.DecimalField(max_digits=18, decimal_places=9)
    valid_from = models.DateField()

    class Meta:
        ordering = ["unit", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["unit", "valid_from"], name="rate_once_a_day")]

    def __str__(self) -> str:
        return f"{self.unit} {self.rate}"

"""Approval before money is spent: when a job waits for it, and what exactly was asked."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.money import AMOUNT

WORDS_LIMIT = 4000


class ApprovalRuleQuerySet(models.QuerySet["ApprovalRule"]):
    def over(self, member_pk: int) -> ApprovalRuleQuerySet:
        """Those that are about this member's jobs: everybody's, those of his groups, and his own."""
        whose = Q(group=None, member=None) | Q(member=member_pk) | Q(group__members=member_pk)
        return self.filter(pk__in=ApprovalRule.objects.filter(whose).values("pk")).order_by("pk")


class ApprovalRule(models.Model):
    """A job waits for approval where everything that a rule says fits it. What a rule leaves open fits every job.

    `amount` is of what is asked for at once, in the portal's currency. `words` has one word or phrase a line.
    """

    group = models.ForeignKey("generations.Group", models.PROTECT, related_name="rules", null=True, blank=True)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rules", null=True, blank=True)
    provider = models.ForeignKey("generations.Provider", models.CASCADE, related_name="rules", null=True, blank=True)
    model = models.ForeignKey("generations.VideoModel", models.CASCADE, related_name="rules", null=True, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True, validators=[MinValueValidator(0)])
    is_first = models.BooleanField(_("first job of a new member"), default=False)
    words = models.TextField(max_length=WORDS_LIMIT, blank=True, default="")

    objects = ApprovalRuleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(group=None) | Q(member=None), name="rule_of_one_kind"),
            models.CheckConstraint(condition=Q(provider=None) | Q(model=None), name="rule_of_one_offer"),
        ]

    def __str__(self) -> str:
        return f"Rule {self.pk}"


class Approval(models.Model):
    """What a person is asked to approve, or approved: exactly this request at this price, until then.

    `request` is a hash of all that the provider will be told; `estimate` is in the portal's currency, None where
    nobody knows. Made with the job, in the same transaction.
    """

    job = models.OneToOneField("generations.Job", models.CASCADE, related_name="approval")
    request = models.CharField(max_length=64)
    estimate = models.DecimalField(**AMOUNT, null=True)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)

    def __str__(self) -> str:
        return f"{self.job_id} until {self.expires_at:%Y-%m-%d}"

"""How much may be spent in a month, and by whom."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.money import AMOUNT


class Group(models.Model):
    """A named set of people, for budgets and permissions. It is no role."""

    name = models.CharField(max_length=60, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BudgetQuerySet(models.QuerySet["Budget"]):
    def over(self, member_pk: int) -> BudgetQuerySet:
        """Those that bind this member: everyone's, those of their groups, and their own."""
        whose = Q(group=None, member=None) | Q(member=member_pk) | Q(group__members=member_pk)
        return self.filter(pk__in=Budget.objects.filter(whose).values("pk")).order_by("pk")


class Budget(models.Model):
    """An amount a month in the portal's currency: for everyone together, for a group together, or for one member.

    A hard one refuses what would go beyond it, the other kind says so only.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="budgets", null=True, blank=True)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="budgets", null=True, blank=True)
    amount = models.DecimalField(**AMOUNT, validators=[MinValueValidator(0)])
    is_hard = models.BooleanField(_("stop at the limit"), default=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(group=None) | Q(member=None), name="budget_of_one_kind"),
            models.UniqueConstraint(fields=["group"], name="budget_once_per_group"),
            models.UniqueConstraint(fields=["member"], name="budget_once_per_member"),
            models.UniqueConstraint(
                models.Value(1), condition=Q(group=None, member=None), name="budget_once_for_everyone"
            ),
        ]

    def __str__(self) -> str:
        return str(self.group or self.member or "everyone")

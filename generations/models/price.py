"""What a model costs from a day on, as admins say it: over what its list says."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.money import AMOUNT
from generations.models.provider import VideoModel


class Basis(models.TextChoices):
    """What the amount of a price rule is for."""

    CLIP = "clip", _("Each clip")
    SECOND = "second", _("Each second")
    LIST = "list", _("As listed")


class PriceRuleQuerySet(models.QuerySet["PriceRule"]):
    def begun(self, day: date) -> PriceRuleQuerySet:
        """Those whose first day has come by then: they are never changed any more."""
        return self.filter(valid_from__lte=day)

    def to_come(self, day: date) -> PriceRuleQuerySet:
        return self.filter(valid_from__gt=day)


class PriceRule(models.Model):
    """A price that holds from a day on, until a later rule of the same model and quality.

    Of two from one day the one that was added later holds. An empty `quality` is for every quality that has no rule of
    its own. `LIST` has no amount: what the model's own rows say holds again. `currency` may be a provider's own unit.
    """

    model = models.ForeignKey(VideoModel, models.CASCADE, related_name="price_rules")
    quality = models.CharField(max_length=20, blank=True, default="")
    valid_from = models.DateField()
    basis = models.CharField(max_length=6, choices=Basis)
    amount = models.DecimalField(**AMOUNT, null=True)
    currency = models.CharField(max_length=12, blank=True, default="")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = PriceRuleQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-pk"]
        indexes = [models.Index(fields=["model", "-valid_from", "-id"], name="price_rule_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(basis=Basis.LIST, amount=None) | Q(~Q(currency=""), amount__gte=0), name="price_rule_whole"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_id} {self.quality} {self.valid_from}"

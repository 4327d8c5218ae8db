"""Who may use what, and what each role begins with."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.user import Role, User

TAKES_MOST = 4


class Limited(models.Model):
    """What everyone may use, or only some: where it is limited, its groups, its people, and admins."""

    is_limited = models.BooleanField(default=False, db_default=False, editable=False)
    groups = models.ManyToManyField("generations.Group", related_name="+", blank=True, editable=False)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True, editable=False)

    class Meta:
        abstract = True


Rows = TypeVar("Rows", bound="models.QuerySet[Limited]")


def usable_by(rows: Rows, user: User) -> Rows:
    """Those of them that this user may use. One without anybody left in it is for admins only, never for all."""
    if user.is_admin:
        return rows
    named = rows.model._default_manager.filter(Q(groups__members=user) | Q(people=user)).values("pk")
    return rows.filter(Q(is_limited=False) | Q(pk__in=named))


class RoleDefault(models.Model):
    """What the members of a role begin with in the composer, and how much they ask for at once.

    A row is made by the first change; until then the defaults hold. Viewers ask for nothing.
    """

    role = models.CharField(max_length=10, choices=Role, unique=True)
    takes_most = models.PositiveSmallIntegerField(
        default=TAKES_MOST, validators=[MinValueValidator(1), MaxValueValidator(TAKES_MOST)]
    )
    provider = models.ForeignKey("generations.Provider", models.SET_NULL, related_name="+", null=True, blank=True)
    model = models.ForeignKey("generations.VideoModel", models.SET_NULL, related_name="+", null=True, blank=True)
    needs_approval = models.BooleanField(_("every job needs approval"), default=False)

    class Meta:
        ordering = ["role"]

    def __str__(self) -> str:
        return str(self.get_role_display())

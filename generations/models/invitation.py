"""People who may come in, once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from generations.models.budget import Group
from generations.models.user import Role


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> InvitationQuerySet:
        """Neither used nor revoked; their time may be over."""
        return self.filter(used_at=None, revoked_at=None)

    def open(self) -> InvitationQuerySet:
        """Those whose link works."""
        return self.waiting().filter(expires_at__gt=timezone.now(), by__is_active=True, by__role=Role.ADMIN)


class Invitation(models.Model):
    """One link by which one person makes one account.

    Its token is kept nowhere, only a hash of it: who reads the database can come in by none.
    """

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    group = models.ForeignKey(Group, models.SET_NULL, related_name="+", null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=Q(used_at=None, revoked_at=None), name="invitation_waits_once_per_email"
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_over(self) -> bool:
        """Its time has run out; it may be renewed."""
        return self.expires_at <= timezone.now()

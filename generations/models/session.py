"""Who is signed in, and where."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

DEVICE_LIMIT = 300  # characters of what a browser says of itself


class SessionManager(BaseSessionManager["Session"]):
    def get_queryset(self) -> models.QuerySet[Session]:
        """With the user: whoever reads a session asks next whose it is."""
        return super().get_queryset().select_related("user")

    def live(self) -> models.QuerySet[Session]:
        """Those that have not run out."""
        return self.filter(expire_date__gt=timezone.now())


class Session(AbstractBaseSession):
    """One browser's session; `user` is whose it is once somebody signed in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions", null=True)
    device = models.CharField(max_length=DEVICE_LIMIT, blank=True, default="", db_default="")  # as the browser says it
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    objects: ClassVar[SessionManager] = SessionManager()

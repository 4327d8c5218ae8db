"""Who is signed in, and where."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models


class SessionManager(BaseSessionManager["Session"]):
    def get_queryset(self) -> models.QuerySet[Session]:
        """With the user: whoever reads a session asks next whose it is."""
        return super().get_queryset().select_related("user")


class Session(AbstractBaseSession):
    """One browser's session; `user` is whose it is once somebody signed in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions", null=True)

    objects: ClassVar[SessionManager] = SessionManager()

"""People and what their role lets them do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do; each role includes the one before it."""

    VIEWER = "viewer", _("Viewer: reads the team's jobs and prompts")
    MEMBER = "member", _("Member: also creates, and acts on what is theirs")
    REVIEWER = "reviewer", _("Reviewer: also sees every job and its money")
    ADMIN = "admin", _("Admin: also providers, people and settings")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A saved user; without a password nobody can sign in until one is set by a reset link."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{**fields, "role": Role.ADMIN})

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().casefold()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A person of the team. One installation is one team."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    time_zone = models.CharField(max_length=40, default="UTC")
    language = models.CharField(max_length=10, blank=True, default="")  # "" is what the browser asks for
    mail_done = models.BooleanField(_("mail when a clip is ready"), default=False)
    mail_failed = models.BooleanField(_("mail when a job failed or its outcome is unknown"), default=False)
    mail_reviewed = models.BooleanField(_("mail when a clip was reviewed"), default=False)
    mail_waiting = models.BooleanField(_("mail when a job awaits approval"), default=False)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    is_active = models.BooleanField(_("can sign in"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)  # to within SEEN_EVERY of sessions.py

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique_folded", violation_error_message=_("Someone has this e-mail.")
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = UserManager.normalize_email(self.email)
        super().save(*args, **kwargs)

    @property
    def short_name(self) -> str:
        """What a card says: the first name, or the part of the e-mail before the @."""
        return (self.name.split() or [self.email.split("@")[0]])[0]

    @property
    def last_seen(self) -> datetime | None:
        """When they signed in or opened a page last; None before they ever did."""
        return max(filter(None, (self.last_login, self.seen_at)), default=None)

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return (words[0][:1] + words[-1][:1] if len(words) > 1 else words[0][:2]).upper()

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone; UTC where what is written down is none."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    @property
    def quiet_hours(self) -> str:
        """As a browser reads them, such as 22:00-07:00 Europe/Berlin; "" without any."""
        if not self.quiet_from or not self.quiet_until:
            return ""
        return f"{self.quiet_from:%H:%M}-{self.quiet_until:%H:%M} {self.zone.key}"

    @property
    def can_create(self) -> bool:
        return self.role != Role.VIEWER

    @property
    def is_reviewer(self) -> bool:
        """Staff in the portal's sense: reviewers and admins."""
        return self.role in {Role.REVIEWER, Role.ADMIN}

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    # What Django's admin asks for: it is open to admins, in full.
    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_admin

"""The text a person wrote; it outlives its clips."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from generations.models.user import User

TITLE_LIMIT = 80


def text_hash(text: str) -> str:
    """What makes two texts the same prompt: SHA-256 of the text as sent."""
    return hashlib.sha256(text.encode()).hexdigest()


class PromptQuerySet(models.QuerySet["Prompt"]):
    def visible_to(self, user: User) -> PromptQuerySet:
        """Shared prompts, and the user's own private ones."""
        # Not as an OR: SQLite would answer that from the index of owners, and then sort nearly every prompt there is.
        return self.filter(~(Q(owner__isnull=False) & ~Q(owner=user)))

    def listed(self) -> PromptQuerySet:
        """Those that were run, or saved without being run."""
        return self.filter(Q(runs__gt=0) | Q(saved_at__isnull=False))


class Prompt(models.Model):
    """One text: shared ones are a row per text, private ones a row per owner and text.

    The figures from `runs` to `ratings` are written by services/figures.py only. A shared row's count shared runs.
    """

    text = models.TextField()
    text_hash = models.CharField(max_length=64, editable=False)
    title = models.CharField(max_length=TITLE_LIMIT, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="private_prompts", null=True, blank=True
    )
    # What it was forked from, or edited from. Set once, when the row is made, so that there is never a circle.
    parent = models.ForeignKey("self", models.SET_NULL, related_name="children", null=True, blank=True)
    is_template = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_run_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)

    runs = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    failed = models.PositiveIntegerField(default=0, editable=False)
    typical_seconds = models.FloatField(null=True, editable=False)
    typical_cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    typical_currency = models.CharField(max_length=3, blank=True, default="", editable=False)
    success = models.FloatField(default=0.0, editable=False)
    rating = models.FloatField(default=0.0, editable=False)
    ratings = models.PositiveIntegerField(default=0, editable=False)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-last_run_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["text_hash"], condition=Q(owner=None), name="prompt_once_shared"),
            models.UniqueConstraint(fields=["owner", "text_hash"], name="prompt_once_per_owner"),
        ]
        indexes = [
            models.Index(fields=["-last_run_at", "-id"], name="prompt_by_run"),
            models.Index(fields=["-last_run_at", "-id"], condition=Q(is_template=True), name="prompt_templates"),
            models.Index(fields=["-runs", "-id"], name="prompt_by_runs"),
            models.Index(fields=["-rating", "-id"], name="prompt_by_rating"),
            models.Index(fields=["-success", "-id"], name="prompt_by_success"),
            models.Index(fields=["-pinned_at"], condition=Q(pinned_at__isnull=False), name="prompt_pinned"),
        ]

    def __str__(self) -> str:
        return self.shown[:80]

    def get_absolute_url(self) -> str:
        return reverse("prompt", args=[self.pk])

    @property
    def shown(self) -> str:
        """Its text, or that it was erased."""
        return _("Erased") if self.erased_at else self.text

    @property
    def named(self) -> str:
        """Its title, else its text."""
        return self.title or self.shown

    @property
    def ended(self) -> int:
        """Runs of which the end is known, good or bad."""
        return self.done + self.failed

    def is_visible_to(self, user: User) -> bool:
        """The rule of `PromptQuerySet.visible_to` for a prompt at hand."""
        return self.owner_id in (None, user.pk)

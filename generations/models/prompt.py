"""The text a person wrote; it outlives its clips."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from generations.models.user import User


def text_hash(text: str) -> str:
    """What makes two texts the same prompt: SHA-256 of the text as sent."""
    return hashlib.sha256(text.encode()).hexdigest()


class PromptQuerySet(models.QuerySet["Prompt"]):
    def visible_to(self, user: User) -> PromptQuerySet:
        """Shared prompts, and the user's own private ones."""
        return self.filter(Q(owner=None) | Q(owner=user))


class Prompt(models.Model):
    """One text: shared ones are a row per text, private ones a row per owner and text."""

    text = models.TextField()
    text_hash = models.CharField(max_length=64, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="private_prompts", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_run_at = models.DateTimeField(db_index=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-last_run_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["text_hash"], condition=Q(owner=None), name="prompt_once_shared"),
            models.UniqueConstraint(fields=["owner", "text_hash"], name="prompt_once_per_owner"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

"""Signs of life that the supervisor reads."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """The last time a part of the portal was seen alive: `engine`, or `canary:<cluster>` after an acknowledged task."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})

    @classmethod
    def last(cls, name: str) -> datetime | None:
        return cls.objects.filter(name=name).values_list("at", flat=True).first()

"""Signs of life that the supervisor reads."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

GONE = timedelta(days=1)


class Heartbeat(models.Model):
    """The last time a part of one instance was seen alive.

    Named `<part>@<instance>`; the part is `engine`, `archive`, or `canary:<cluster>` after an acknowledged task. A name
    without an instance is a chore of all of them, and when it was last done.
    """

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, part: str) -> None:
        """This instance's part is alive."""
        cls.objects.update_or_create(name=_here(part), defaults={"at": timezone.now()})

    @classmethod
    def last(cls, part: str) -> datetime | None:
        """When this part of any instance was last seen."""
        rows = cls.objects.filter(name__startswith=f"{part}@").order_by("-at")
        return rows.values_list("at", flat=True).first()

    @classmethod
    def last_here(cls, part: str) -> datetime | None:
        """When this part of our own instance was last seen."""
        return cls.objects.filter(name=_here(part)).values_list("at", flat=True).first()

    @classmethod
    def stop(cls, part: str) -> None:
        """This instance's part says no more."""
        cls.objects.filter(name=_here(part)).delete()

    @classmethod
    def take_turn(cls, chore: str, every: timedelta, *, at_once: bool = False) -> bool:
        """True for one caller of all instances, once in so long. The first time is now, or one round later."""
        now = timezone.now()
        if cls.objects.filter(name=chore, at__lt=now - every).update(at=now):
            return True
        _, is_new = cls.objects.get_or_create(name=chore, defaults={"at": now})
        return is_new and at_once

    @classmethod
    def forget_gone(cls) -> set[str]:
        """Remove what has been silent for a day; the names of instances of which nothing is left."""
        silent = cls.objects.filter(name__contains="@", at__lt=timezone.now() - GONE)
        gone = {name.partition("@")[2] for name in silent.values_list("name", flat=True)} - {""}
        silent.delete()
        return gone - {name.partition("@")[2] for name in cls.objects.values_list("name", flat=True)}


def _here(part: str) -> str:
    return f"{part}@{settings.INSTANCE}"
